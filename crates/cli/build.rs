//! How the program is linked, where the C library of this machine is GNU's: so that it is quick to start, which each command
//! does anew. Elsewhere it is linked as Rust programs are.
//!
//! - The unwinder becomes part of the program: one library less to find, load and relocate.
//! - The program's relocations, some ten thousand, are packed, where the system's loader can unpack them (from glibc 2.36
//!   on): forty times less to read.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that a C library names whose loader knows packed relocations.
const UNPACKS: &[u8] = b"GLIBC_ABI_DT_RELR";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CC");
    if !is_for_this_machine() {
        return;
    }
    if let Some(dir) = compilers("libgcc_eh.a").as_deref().and_then(Path::parent) {
        println!("cargo:rustc-link-search=native={}", dir.display());
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    let library = compilers("libc.so.6").and_then(|path| fs::read(path).ok());
    if library.is_some_and(|bytes| bytes.windows(UNPACKS.len()).any(|part| part == UNPACKS)) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether the program is made for Linux with GNU's C library, here, and loads that library.
fn is_for_this_machine() -> bool {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    variable("HOST") == variable("TARGET")
        && variable("CARGO_CFG_TARGET_OS") == "linux"
        && variable("CARGO_CFG_TARGET_ENV") == "gnu"
        && !variable("CARGO_CFG_TARGET_FEATURE").contains("crt-static")
}

/// Where the C compiler finds a file of this name.
fn compilers(name: &str) -> Option<PathBuf> {
    let compiler = env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
    let asked = Command::new(compiler)
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    (path.is_absolute() && path.is_file()).then_some(path)
}
