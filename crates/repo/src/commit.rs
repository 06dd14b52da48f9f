//! Safe commit: exactly the named paths, to exactly the current branch, everything else as it was.
//!
//! The git executable makes the commit, because a user's own commit runs hooks, filters and signing, which git alone
//! knows. `git commit --only` leaves other staged content staged and works under git's own locks.

mod landed;

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gix::bstr::BStr;

use crate::error::{Error, GitContext, IoContext, Result};
use crate::ledger::{Ledger, NOBODY};
use crate::mission::{self, SPECS_DIR};
use crate::project::{self, Project};
use crate::protection::Facts;
use crate::receipt::Receipt;
use crate::references;
use crate::sync_state;

const MAX_PATHS: usize = 10_000;
/// How much of what git says is handed on. In characters.
const MAX_WORDS: usize = 4_000;

/// What a safe commit did.
#[derive(Debug, Clone)]
pub struct Committed {
    /// What is true now.
    pub receipt: Receipt,
    /// The paths, relative to the repository root.
    pub paths: Vec<String>,
    /// What did not work beside the commit itself, for a person.
    pub warnings: Vec<String>,
}

/// Commits `paths`, which are relative to `cwd`, to the branch that is checked out; `branch` names it for certainty.
///
/// New, changed and deleted files count; a file that git ignores counts when it is named itself.
///
/// # Errors
/// [`Error::Protected`], [`Error::OtherBranch`], [`Error::Detached`], [`Error::NothingToCommit`], [`Error::Invalid`]
/// for a path that isn't there or is outside; [`Error::CommitRefused`] with git's words when a hook or git refuses.
pub fn commit(
    project: &Project,
    cwd: &Path,
    message: &str,
    paths: &[PathBuf],
    branch: Option<&str>,
) -> Result<Committed> {
    let root = project.checkout().ok_or_else(|| Error::Unsupported {
        what: "a commit of files in a bare repository".to_owned(),
    })?;
    if message.trim().is_empty() {
        return Err(Error::invalid("--message", "it is empty"));
    }
    project.check_clock()?;
    let head = current_branch(project, branch)?;
    if let Some(rule) = Facts::of(project)?.rule(&head) {
        let short = references::short(&head);
        return Err(Error::Protected {
            branch: short.to_owned(),
            rule,
            next: format!("git switch -c {}", free_name(project)?),
        });
    }
    let paths = relative(root, cwd, paths)?;
    let git = Git { project, root };
    let changed = git.list(
        &["status", "--porcelain=v2", "-z", "--untracked-files=all"],
        &paths,
    )?;
    let untracked = git.untracked(&paths)?;
    if changed.is_empty() && untracked.is_empty() {
        return Err(Error::NothingToCommit);
    }
    // Whatever can fail without the commit fails before it.
    let specs = format!("{SPECS_DIR}/");
    let in_specs = paths.iter().find(|path| path.starts_with(&specs));
    let mission_id = match in_specs.and_then(|path| path[specs.len()..].split('/').next()) {
        Some(dir) => mission::list(project)?
            .missions
            .into_iter()
            .find(|mission| mission.mission_slug.as_str() == dir)
            .map(|mission| mission.mission_id),
        None => None,
    };
    sync_state::first_sight(project)?;
    // Whoever gets this lock clears away what a dead command left in git's way.
    drop(Ledger::lock(project)?);
    let said = git.commit(message, &paths, &untracked)?;
    let commit = landed::commit(project, &said)?;
    landed::stays(project, &head, commit, &paths)?;
    // Git prints no more than a hook that lets it pass says, or what it sees to beside it.
    let words = text(&said.stderr);
    let mut warnings: Vec<String> = (!words.is_empty()).then_some(words).into_iter().collect();
    if (in_specs.is_some() || paths.iter().any(|path| path == SPECS_DIR || path == "."))
        && let Err(error) = sync_state::record(project)
    {
        warnings.push(format!(
            "the hub's list of commits was not updated: {error}"
        ));
    }
    Ok(Committed {
        receipt: Receipt::here(
            None,
            mission_id,
            in_specs.or(paths.first()).cloned().unwrap_or_default(),
            &head,
            Some(project::hash(commit)),
        ),
        paths,
        warnings,
    })
}

/// Returns a name that no branch has yet.
fn free_name(project: &Project) -> Result<String> {
    let mut name = "my-branch".to_owned();
    for at in 2.. {
        if references::tip(project, &format!("refs/heads/{name}"))?.is_none() {
            break;
        }
        name = format!("my-branch-{at}");
    }
    Ok(name)
}

/// Returns the full name of the branch that HEAD names, which must be `wanted` where that is given.
fn current_branch(project: &Project, wanted: Option<&str>) -> Result<String> {
    let Some(head) = references::head_branch(project)? else {
        return Err(Error::Detached);
    };
    let short = references::short(&head);
    match wanted {
        Some(wanted) if wanted != short && wanted != head => {
            let wanted = references::short(wanted);
            if references::tip(project, &format!("refs/heads/{wanted}"))?.is_none() {
                let message = format!("there is no branch `{wanted}`; {short} is checked out here");
                return Err(Error::invalid("--branch", message));
            }
            Err(Error::OtherBranch {
                expected: wanted.to_owned(),
                actual: short.to_owned(),
            })
        }
        Some(_) | None => Ok(head),
    }
}

/// Makes the paths relative to the repository root, with `/`.
pub(crate) fn relative(root: &Path, cwd: &Path, paths: &[PathBuf]) -> Result<Vec<String>> {
    if paths.is_empty() || paths.len() > MAX_PATHS {
        return Err(Error::invalid(
            "PATH",
            format!("name 1 to {MAX_PATHS} paths"),
        ));
    }
    let root = std::fs::canonicalize(root).at("resolve", root)?;
    let cwd = std::fs::canonicalize(cwd).at("resolve", cwd)?;
    let mut found = Vec::new();
    for path in paths {
        let absolute = tidy(&cwd.join(path));
        // A link is committed as a link, so only the directory that holds it is resolved.
        let resolved = match (absolute.parent(), absolute.file_name()) {
            (Some(dir), Some(name)) => {
                std::fs::canonicalize(dir).map_or_else(|_| absolute.clone(), |dir| dir.join(name))
            }
            (None, _) | (_, None) => absolute.clone(),
        };
        let inside = resolved.strip_prefix(&root).map_err(|_| {
            Error::invalid(
                "PATH",
                format!("{} is outside the repository", path.display()),
            )
        })?;
        let mut parts = Vec::new();
        for part in inside.components() {
            let part = part
                .as_os_str()
                .to_str()
                .ok_or_else(|| Error::invalid("PATH", format!("{} is no UTF-8", path.display())))?;
            parts.push(part);
        }
        let joined = parts.join("/");
        if parts.first() == Some(&".git") || parts.first() == Some(&".worktrees") {
            return Err(Error::invalid(
                "PATH",
                format!("{joined} belongs to git, not to the project"),
            ));
        }
        found.push(if joined.is_empty() {
            ".".to_owned()
        } else {
            joined
        });
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Resolves `.` and `..` by name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => tidy.push(part),
        }
    }
    tidy
}

struct Git<'a> {
    project: &'a Project,
    root: &'a Path,
}

impl Git<'_> {
    /// Commits; a failure leaves the index as it was. Returns what git said.
    fn commit(&self, message: &str, paths: &[String], untracked: &[String]) -> Result<Output> {
        if !untracked.is_empty() {
            // `--only` takes paths that git knows; this makes them known, without content.
            let added = self.run(
                &["add", "--intent-to-add", "--force", "--sparse"],
                untracked,
            )?;
            if !added.status.success() {
                return Err(refused(&added));
            }
        }
        let arguments = ["-c", "core.fsync=all", "commit", "--only", "-m", message];
        let output = self.run(&arguments, paths);
        let failed = match output {
            Ok(output) if output.status.success() => return Ok(output),
            Ok(output) => refused(&output),
            Err(error) => error,
        };
        if !untracked.is_empty() {
            self.run(
                &["rm", "--cached", "--quiet", "--force", "--sparse"],
                untracked,
            )?;
        }
        Err(failed)
    }

    /// Returns the files under `paths` that git doesn't know yet and that are to be committed.
    fn untracked(&self, paths: &[String]) -> Result<Vec<String>> {
        let index = self
            .project
            .git()
            .index_or_empty()
            .git("reading the index")?;
        let mut found = Vec::new();
        for path in paths {
            let on_disk = self.root.join(path);
            // In conflict it has no plain entry, and adding it anew would lose the versions in conflict.
            let tracked = index.entry_range(BStr::new(path)).is_some()
                || index.path_is_directory(BStr::new(path))
                || path == ".";
            if on_disk.is_dir() && !on_disk.is_symlink() {
                let arguments = ["ls-files", "--others", "--exclude-standard", "-z"];
                found.extend(self.list(&arguments, std::slice::from_ref(path))?);
            } else if !tracked && on_disk.symlink_metadata().is_ok() {
                found.push(path.clone());
            } else if !tracked {
                return Err(Error::invalid("PATH", format!("there is no {path}")));
            }
        }
        Ok(found)
    }

    /// Runs a command that prints NUL-terminated text about `paths`.
    fn list(&self, arguments: &[&str], paths: &[String]) -> Result<Vec<String>> {
        let output = self.run(arguments, paths)?;
        if !output.status.success() {
            return Err(refused(&output));
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect())
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: &[&str], paths: &[S]) -> Result<Output> {
        Command::new("git")
            .arg("--literal-pathspecs")
            .args(arguments)
            .arg("--")
            .args(paths)
            .envs(missing_identity(self.project))
            .current_dir(self.root)
            .stdin(Stdio::null())
            .output()
            .at("run git in", self.root)
    }
}

/// Git refuses to commit for nobody, or makes somebody up from login and host; neither is wanted.
fn missing_identity(project: &Project) -> Vec<(&'static str, &'static str)> {
    let git = project.git();
    let mut missing = Vec::new();
    if git.author().is_none() {
        missing.extend([
            ("GIT_AUTHOR_NAME", NOBODY.0),
            ("GIT_AUTHOR_EMAIL", NOBODY.1),
        ]);
    }
    if git.committer().is_none() {
        missing.extend([
            ("GIT_COMMITTER_NAME", NOBODY.0),
            ("GIT_COMMITTER_EMAIL", NOBODY.1),
        ]);
    }
    missing
}

/// What git printed, as far as a person wants to read it.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim().chars().take(MAX_WORDS).collect()
}

fn refused(output: &Output) -> Error {
    let said = [text(&output.stderr), text(&output.stdout)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    Error::CommitRefused {
        message: said.chars().take(MAX_WORDS).collect(),
    }
}
