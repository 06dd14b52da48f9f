//! A small library in C that is loaded into every process of a test (Linux).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// Builds the library with the C compiler that links Rust programs, in a new directory; returns its path.
///
/// # Panics
/// When there is no compiler, or the source is no C.
pub(crate) fn library(dir: &Path, source: &str) -> PathBuf {
    std::fs::create_dir(dir).expect("directory");
    let (text, library) = (dir.join("library.c"), dir.join("library.so"));
    std::fs::write(&text, source).expect("source");
    let built = process::run(
        Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"])
            .arg(&library)
            .arg(&text)
            .arg("-ldl"),
    );
    built.expect_status(0);
    library
}
