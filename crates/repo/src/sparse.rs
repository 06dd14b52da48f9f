//! Which files a sparse checkout leaves out, and so are not to appear in it.

use crate::checkout::Checkout;
use crate::error::Result;
use crate::program::Git;
use crate::project::Project;

/// Says whether a worktree is sparse and leaves the path out. A file that is there all the same counts as in.
///
/// Only a worktree that has, or had, rules for it costs anything.
pub(crate) fn leaves_out(project: &Project, checkout: &Checkout, path: &str) -> Result<bool> {
    let rules = checkout.git_dir.join("info").join("sparse-checkout");
    if !rules.exists() || checkout.root.join(path).symlink_metadata().is_ok() {
        return Ok(false);
    }
    let setting = Git::at(project, checkout)
        .args(["config", "--type=bool", "--get", "core.sparseCheckout"])
        .run(b"")?;
    if setting.output.trim_ascii() != b"true" {
        return Ok(false);
    }
    let kept = Git::at(project, checkout)
        .args(["sparse-checkout", "check-rules", "-z"])
        .expect(format!("{path}\0").as_bytes())?;
    Ok(kept.is_empty())
}
