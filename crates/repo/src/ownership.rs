//! Whose repositories git works in.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{IoContext, Result};
use crate::variables;

/// Says whether git itself works in a directory, whoever owns it. What the library knows of `safe.directory` is less: git
/// takes it from its command line and environment too.
pub(crate) fn trusts(dir: &Path) -> Result<bool> {
    let mut command = Command::new("git");
    for name in variables::FOREIGN {
        if !name.starts_with("GIT_CONFIG") {
            command.env_remove(name);
        }
    }
    let said = command
        .args(["rev-parse", "--git-dir"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .at("run", Path::new("git"))?;
    Ok(said.status.success())
}
