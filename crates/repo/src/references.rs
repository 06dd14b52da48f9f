//! Reading references: by the library, or through git where branches are stored in a form that the library can't read.

use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::durable;
use crate::error::{Error, GitContext, Result};
use crate::mission::BRANCH_PREFIX;
use crate::program::Git;
use crate::project::Project;

/// What the names of remote-tracking branches begin with.
const REMOTES: &str = "refs/remotes/";
/// What the names of local ones begin with.
const HEADS: &str = "refs/heads/";

/// Returns a branch's name as people know it; another name stays as it is.
pub(crate) fn short(full_name: &str) -> &str {
    full_name.strip_prefix("refs/heads/").unwrap_or(full_name)
}

/// Returns the commit that a full reference name points to; `None` when there is no such reference.
pub(crate) fn tip(project: &Project, full_name: &str) -> Result<Option<ObjectId>> {
    if project.refs_by_git() {
        let all = listed(project, full_name)?;
        return Ok(all
            .into_iter()
            .find(|found| found.name == full_name)
            .map(|found| found.id));
    }
    let found = project
        .git()
        .try_find_reference(full_name)
        .git("reading a branch")?;
    let Some(mut reference) = found else {
        return Ok(None);
    };
    let id = reference.peel_to_id().git("following a branch")?;
    Ok(Some(id.detach()))
}

/// Lists the branches whose full name begins with `prefix`, with their commits; symbolic ones only repeat others.
pub(crate) fn branches(project: &Project, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
    if project.refs_by_git() {
        // Git matches whole parts of a name.
        let dir = prefix.rfind('/').map_or("", |at| &prefix[..at]);
        return Ok(listed(project, dir)?
            .into_iter()
            .filter(|found| found.target.is_empty() && found.name.starts_with(prefix))
            .map(|found| (found.name, found.id))
            .collect());
    }
    let platform = project.git().references().git("listing branches")?;
    let mut found = Vec::new();
    for reference in platform.prefixed(prefix).git("listing branches")? {
        let mut reference = reference.git("listing branches")?;
        let Ok(name) = reference.name().as_bstr().to_str().map(str::to_owned) else {
            continue;
        };
        if reference.target().try_name().is_some() {
            continue;
        }
        // One whose object is gone names no commit; git passes it over as well.
        if let Ok(id) = reference.peel_to_id() {
            found.push((name, id.detach()));
        }
    }
    Ok(found)
}

/// Lists the remote-tracking branches as they are noted, in the order of names. Whether their objects are here is not
/// looked at, which would cost more than all else where there are thousands.
pub(crate) fn noted_of_remotes(project: &Project) -> Result<Vec<(String, ObjectId)>> {
    if project.refs_by_git() {
        return branches(project, REMOTES);
    }
    let mut found = Vec::new();
    let platform = project.git().references().git("listing branches")?;
    for reference in platform.prefixed(REMOTES).git("listing branches")? {
        let reference = reference.git("listing branches")?.inner;
        if let (Ok(name), Some(id)) = (reference.name.as_bstr().to_str(), reference.target.try_id())
        {
            let id = reference.peeled.unwrap_or_else(|| id.to_owned());
            found.push((name.to_owned(), id));
        }
    }
    Ok(found)
}

/// Says whether there is any remote-tracking branch.
pub(crate) fn has_remotes(project: &Project) -> Result<bool> {
    if project.refs_by_git() {
        return Ok(!branches(project, REMOTES)?.is_empty());
    }
    let platform = project.git().references().git("listing branches")?;
    let mut found = platform.prefixed(REMOTES).git("listing branches")?;
    Ok(found.any(|reference| reference.is_ok_and(|found| found.inner.target.try_id().is_some())))
}

/// Returns the full name that a symbolic reference points to.
pub(crate) fn target(project: &Project, full_name: &str) -> Result<Option<String>> {
    if project.refs_by_git() {
        return symbolic(project, project.common_dir(), full_name);
    }
    let found = project
        .git()
        .try_find_reference(full_name)
        .git("reading a branch")?;
    Ok(found.and_then(|reference| Some(reference.target().try_name()?.as_bstr().to_string())))
}

/// Returns the full name of the branch that HEAD of this worktree names; none where HEAD is detached.
pub(crate) fn head_branch(project: &Project) -> Result<Option<String>> {
    if project.refs_by_git() {
        return symbolic(project, project.git_dir(), "HEAD");
    }
    let name = project.git().head_name().git("reading HEAD")?;
    name.map(|name| meant(project, &name.as_bstr().to_string()))
        .transpose()
}

/// Returns the branch that a full reference name means: itself, or what a symbolic reference of that name leads to.
pub(crate) fn meant(project: &Project, full_name: &str) -> Result<String> {
    // What git wouldn't take for a name leads nowhere.
    if gix::validate::reference::name(full_name.into()).is_err() {
        return Ok(full_name.to_owned());
    }
    followed(project, full_name).map(|(name, _)| name)
}

/// Returns the branch that a full reference name means, with its commit.
pub(crate) fn meant_tip(project: &Project, full_name: &str) -> Result<(String, Option<ObjectId>)> {
    if project.refs_by_git() {
        let all = listed(project, full_name)?;
        return Ok(
            match all.into_iter().find(|found| found.name == full_name) {
                None => (full_name.to_owned(), None),
                Some(found) if found.target.is_empty() => (found.name, Some(found.id)),
                Some(found) => (found.target, Some(found.id)),
            },
        );
    }
    let (name, found) = followed(project, full_name)?;
    let tip = found.map(|mut found| found.peel_to_id().map(|id| id.detach()));
    Ok((name, tip.transpose().git("following a branch")?))
}

/// Follows symbolic references from a full name, as the library reads them; the last one need not be there.
fn followed<'a>(
    project: &'a Project,
    full_name: &str,
) -> Result<(String, Option<gix::Reference<'a>>)> {
    let mut name = full_name.to_owned();
    // As many steps as git takes.
    for _ in 0..=5 {
        let found = project
            .git()
            .try_find_reference(&name)
            .git("reading a branch")?;
        let next = found
            .as_ref()
            .and_then(|found| Some(found.target().try_name()?.as_bstr().to_string()));
        match next {
            Some(next) => name = next,
            None => return Ok((name, found)),
        }
    }
    Err(Error::Git {
        action: format!("following {full_name}"),
        message: "symbolic references lead on and on".to_owned(),
    })
}

/// Returns the commit that HEAD of this worktree names; none before the first one.
pub(crate) fn head_commit(project: &Project) -> Result<Option<ObjectId>> {
    if project.refs_by_git() {
        return named(project, "HEAD");
    }
    let mut head = project.git().head().git("reading HEAD")?;
    if head.is_unborn() {
        return Ok(None);
    }
    let commit = head.try_peel_to_id().git("reading HEAD")?;
    Ok(commit.map(|id| id.detach()))
}

/// Says why no branch can start from HEAD, which has no commit.
pub(crate) fn nothing_to_start_from(project: &Project) -> Result<Error> {
    let others = branches(project, HEADS)?;
    let named = |wanted: &str| others.iter().find(|(name, _)| short(name) == wanted);
    let other = named("main")
        .or_else(|| named("master"))
        .or_else(|| {
            others
                .iter()
                .find(|(name, _)| !name.starts_with(BRANCH_PREFIX))
        })
        .or_else(|| others.first());
    Ok(match (head_branch(project)?, other) {
        (Some(branch), Some((other, _))) => Error::Unborn {
            branch: short(&branch).to_owned(),
            other: short(other).to_owned(),
        },
        (Some(_) | None, _) => Error::NoCommits,
    })
}

/// Returns the branch that HEAD of the worktree with this git directory names, where git has to be asked.
pub(crate) fn branch_of_worktree(project: &Project, git_dir: &Path) -> Result<Option<String>> {
    symbolic(project, git_dir, "HEAD")
}

/// Returns the commit that a revision of the user's names.
pub(crate) fn named(project: &Project, revision: &str) -> Result<Option<ObjectId>> {
    if !project.refs_by_git() {
        let named = project
            .git()
            .rev_parse_single(revision)
            .ok()
            .and_then(|id| id.object().ok())
            .and_then(|object| object.peel_to_commit().ok());
        return Ok(named.map(|commit| commit.id));
    }
    named_in(project, project.git_dir(), revision)
}

/// Says whether git's note of this name, such as `CHERRY_PICK_HEAD`, stands in the worktree with this git directory: as a
/// file, or where branches are stored in another form, wherever git keeps it.
pub(crate) fn is_noted(project: &Project, git_dir: &Path, name: &str) -> Result<bool> {
    Ok(git_dir.join(name).exists()
        || (project.refs_by_git() && named_in(project, git_dir, name)?.is_some()))
}

fn named_in(project: &Project, git_dir: &Path, revision: &str) -> Result<Option<ObjectId>> {
    let answer = Git::in_dir(project, git_dir)
        .args(["rev-parse", "--quiet", "--verify", "--end-of-options"])
        .arg(format!("{revision}^{{commit}}"))
        .run(b"")?;
    if !answer.succeeded {
        return Ok(None);
    }
    ObjectId::from_hex(answer.output.trim_ascii())
        .git("reading the name of a commit")
        .map(Some)
}

/// An entry of a reflog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    /// Where the reference was; none where that isn't told.
    pub(crate) old: Option<ObjectId>,
    /// Where it was moved to.
    pub(crate) new: ObjectId,
    /// Git's word for it.
    pub(crate) message: String,
}

/// Returns the latest entries of the reflog of a reference, at most so many, the last one first. `git_dir` is the clone's,
/// or for HEAD the worktree's. Where git keeps no log, or has removed it with the reference, there are none.
pub(crate) fn logged(
    project: &Project,
    git_dir: &Path,
    full_name: &str,
    most: usize,
) -> Result<Vec<Logged>> {
    if gix::validate::reference::name(full_name.into()).is_err() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Logged> = Vec::new();
    if project.refs_by_git() {
        let answer = Git::in_dir(project, git_dir)
            .args(["reflog", "show", "--format=%H %gs"])
            .arg(format!("--max-count={most}"))
            .args([full_name, "--"])
            .run(b"")?;
        // It fails where there is no such reference.
        for line in answer.output.lines() {
            let (hex, message) = line.split_once_str(" ").unwrap_or((line, b""));
            let Ok(new) = ObjectId::from_hex(hex) else {
                continue;
            };
            if let Some(later) = found.last_mut() {
                later.old = Some(new);
            }
            found.push(Logged {
                old: None,
                new,
                message: message.to_str_lossy().into_owned(),
            });
        }
        return Ok(found);
    }
    let log = durable::read(&git_dir.join("logs").join(full_name))?.unwrap_or_default();
    for line in log.rsplit(|byte| *byte == b'\n').take(most) {
        // Where it was and where it was moved to, who did it, and behind a tab why.
        let (head, message) = line.split_once_str("\t").unwrap_or((line, b""));
        let mut ids = head.split(|byte| *byte == b' ').map(ObjectId::from_hex);
        if let (Some(Ok(old)), Some(Ok(new))) = (ids.next(), ids.next()) {
            found.push(Logged {
                old: (!old.is_null()).then_some(old),
                new,
                message: message.to_str_lossy().into_owned(),
            });
        }
    }
    Ok(found)
}

fn symbolic(project: &Project, git_dir: &Path, name: &str) -> Result<Option<String>> {
    let answer = Git::in_dir(project, git_dir)
        .args(["symbolic-ref", "--quiet", name])
        .run(b"")?;
    let target = String::from_utf8_lossy(&answer.output).trim().to_owned();
    Ok((answer.succeeded && !target.is_empty()).then_some(target))
}

struct Found {
    name: String,
    id: ObjectId,
    /// What a symbolic reference points to; else empty.
    target: String,
}

/// The references below a name, or of that name.
fn listed(project: &Project, pattern: &str) -> Result<Vec<Found>> {
    let output = Git::new(project)
        .args([
            "for-each-ref",
            "--format=%(objectname)%00%(symref)%00%(refname)",
        ])
        .args((!pattern.is_empty()).then_some(pattern))
        .expect(b"")?;
    let mut found = Vec::new();
    for line in output.lines() {
        let mut fields = line.splitn(3, |byte| *byte == 0);
        let (Some(id), Some(target), Some(name)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (Ok(target), Ok(name)) = (target.to_str(), name.to_str()) else {
            continue;
        };
        found.push(Found {
            name: name.to_owned(),
            id: ObjectId::from_hex(id).git("listing branches")?,
            target: target.to_owned(),
        });
    }
    Ok(found)
}
