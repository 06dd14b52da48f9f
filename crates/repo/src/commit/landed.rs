//! Where a commit that git made for a user has come to: on the branch that was asked for, or on no branch.
//!
//! Git commits to whatever HEAD names when it gets there. Where somebody switches the worktree in between to a branch
//! that is at the same commit, it notices nothing.

use std::process::Output;

use gix::ObjectId;

use crate::error::{Error, Result};
use crate::history;
use crate::program::Git;
use crate::project::{self, Project};
use crate::references;

/// The least digits of an abbreviated name.
const MIN_DIGITS: usize = 4;

/// Reads which commit git says that it made: `[branch 1a2b3c4] subject`.
pub(super) fn commit(project: &Project, said: &Output) -> Result<ObjectId> {
    let words = String::from_utf8_lossy(&said.stdout);
    let named = match name(&words) {
        Some(name) => references::named(project, name)?,
        None => references::head_commit(project)?,
    };
    named.ok_or(Error::NoCommits)
}

fn name(words: &str) -> Option<&str> {
    // No branch has a space in its name.
    words.lines().next()?.split(' ').find_map(|word| {
        let digits = word.strip_suffix(']')?;
        let is_name = digits.len() >= MIN_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_name.then_some(digits)
    })
}

/// Sees to it that the commit is on the branch. One that came to another branch is taken back, unless that has moved on.
///
/// # Errors
/// [`Error::OtherBranch`] when nothing is committed, [`Error::CommitRefused`] when the commit stays on another branch.
pub(super) fn stays(
    project: &Project,
    branch: &str,
    commit: ObjectId,
    paths: &[String],
) -> Result<()> {
    let tip = references::tip(project, branch)?;
    if history::is_reached(project, commit, tip.as_slice())? {
        return Ok(());
    }
    let short = |name: &str| references::short(name).to_owned();
    let other = references::head_branch(project)?;
    let name = other.as_deref().unwrap_or("HEAD");
    if let Some(parent) = history::parents(project, commit)?.first() {
        let (old, new) = (commit.to_string(), parent.to_string());
        let taken_back = Git::in_dir(project, project.git_dir())
            .args(["update-ref", "--no-deref", "-m", "commit: taken back"])
            .args([name, &new, &old])
            .run(b"")?;
        if taken_back.succeeded {
            if let Some(root) = project.checkout() {
                let mut unstage = Git::here(project, root);
                unstage.args(["reset", "--quiet", "--"]).args(paths);
                unstage.run(b"")?;
            }
            return Err(Error::OtherBranch {
                expected: short(branch),
                actual: short(name),
            });
        }
    }
    Err(Error::CommitRefused {
        message: format!(
            "the worktree was switched to {} meanwhile, which has the commit {} now",
            short(name),
            project::hash(commit).as_str()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_name_is_read_whatever_the_branch_is_called() {
        for (said, known) in [
            ("[work 1a2b3c4] subject\n 1 file changed", "1a2b3c4"),
            ("[main (root-commit) 1a2b3c4] [x] beef]", "1a2b3c4"),
            ("[a]b]beef] 00ff] s", "00ff"),
            ("[HEAD losgelöst 1a2b] s", "1a2b"),
        ] {
            assert_eq!(name(said), Some(known), "{said}");
        }
        assert_eq!(name("nothing of that kind"), None);
        assert_eq!(name(""), None);
    }
}
