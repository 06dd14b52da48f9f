//! Runs the git executable where only git itself knows how.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, IoContext, Result};

/// The most that is repeated of what git said, in characters.
const MAX_WORDS: usize = 4_000;

/// Runs git in `dir` to its end, without a terminal.
pub(crate) fn run<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Output> {
    Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .at("run git in", dir)
}

/// Runs git in `dir` and returns what it printed, without white space at the end.
pub(crate) fn read<S: AsRef<OsStr>>(dir: &Path, action: &str, arguments: &[S]) -> Result<String> {
    let output = run(dir, arguments)?;
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.trim_end().to_owned());
    }
    Err(Error::Git {
        action: action.to_owned(),
        message: words(&output),
    })
}

/// Returns what git said on standard error.
pub(crate) fn words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().chars().take(MAX_WORDS).collect()
}
