//! Git objects, written and flushed.

use std::collections::BTreeSet;

use gix::ObjectId;
use gix::bstr::BString;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;
use jiff::Timestamp;

use super::loose::{self, Loose};
use crate::error::{GitContext, IoContext, Result};
use crate::failpoint;
use crate::program::Git;
use crate::project::Project;

/// Name and address of who commits where no identity is configured.
pub(crate) const NOBODY: (&str, &str) = ("pawtrail", "pawtrail@localhost");

/// Who commits, in the form of a commit header.
pub(super) struct Person {
    name: String,
    email: String,
    seconds: i64,
}

impl Person {
    /// Returns the identity that git would use, or Pawtrail's own when none is configured; the time is UTC.
    ///
    /// The library would also work out the local time zone, at the cost of reading the zone database.
    pub(super) fn of(project: &Project, role: Role, at: Timestamp) -> Self {
        let config = project.git().config_snapshot();
        let variable = |name: String| std::env::var(name).ok();
        let setting = |key: String| config.string(key.as_str()).map(|value| value.to_string());
        let upper = role.upper();
        let lower = upper.to_lowercase();
        let name = variable(format!("GIT_{upper}_NAME"))
            .or_else(|| setting(format!("{lower}.name")))
            .or_else(|| setting("user.name".to_owned()));
        let email = variable(format!("GIT_{upper}_EMAIL"))
            .or_else(|| setting(format!("{lower}.email")))
            .or_else(|| setting("user.email".to_owned()))
            .or_else(|| variable("EMAIL".to_owned()));
        let (name, email) = match (name.as_deref().map(clean), email.as_deref().map(clean)) {
            (Some(name), Some(email)) if !name.is_empty() => (name, email),
            (Some(_) | None, _) => (NOBODY.0.to_owned(), NOBODY.1.to_owned()),
        };
        Self {
            name,
            email,
            seconds: at.as_second(),
        }
    }

    /// Returns `name <email> seconds zone`.
    pub(super) fn header(&self) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, self.seconds)
    }

    /// Lets git use this identity and time.
    pub(super) fn tell(&self, git: &mut Git, role: Role) {
        let upper = role.upper();
        git.env(&format!("GIT_{upper}_NAME"), &self.name)
            .env(&format!("GIT_{upper}_EMAIL"), &self.email)
            .env(
                &format!("GIT_{upper}_DATE"),
                format!("{} +0000", self.seconds),
            );
    }

    fn signature(&self) -> gix::actor::Signature {
        gix::actor::Signature {
            name: BString::from(self.name.as_str()),
            email: BString::from(self.email.as_str()),
            time: gix::date::Time::new(self.seconds, 0),
        }
    }
}

/// Takes out what would end a name or an e-mail address in a commit header, as git does.
fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect();
    kept.trim().to_owned()
}

/// A commit to make.
pub(super) struct NewCommit<'a> {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Without the line end that closes it.
    pub(super) message: &'a str,
    pub(super) at: Timestamp,
}

/// Which of a commit's two people.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Author,
    Committer,
}

impl Role {
    /// As git's environment variables name it.
    fn upper(self) -> &'static str {
        match self {
            Self::Author => "AUTHOR",
            Self::Committer => "COMMITTER",
        }
    }
}

/// Writes a blob.
pub(super) fn blob(loose: &Loose<'_>, content: &[u8]) -> Result<ObjectId> {
    loose.write(Kind::Blob, content)
}

/// Writes the tree of `parent` with files replaced or added, and the directories on the way.
pub(super) fn tree(
    project: &Project,
    loose: &Loose<'_>,
    parent: Option<ObjectId>,
    files: &[(String, ObjectId)],
) -> Result<ObjectId> {
    let git = project.git();
    let base = match parent {
        Some(parent) => git
            .find_commit(parent)
            .git("reading a commit")?
            .tree_id()
            .git("reading a commit")?
            .detach(),
        None => ObjectId::empty_tree(git.object_hash()),
    };
    let mut editor = git.edit_tree(base).git("editing a tree")?;
    for (path, id) in files {
        editor
            .upsert(path.as_str(), EntryKind::Blob, *id)
            .git("editing a tree")?;
    }
    edited(loose, editor)
}

/// Writes the trees that were edited; returns the root.
pub(super) fn edited(loose: &Loose<'_>, editor: gix::object::tree::Editor<'_>) -> Result<ObjectId> {
    editor.detach().write(|tree| loose.write_as(tree))
}

/// Writes a commit, without a signature.
pub(super) fn commit(
    project: &Project,
    loose: &Loose<'_>,
    new: &NewCommit<'_>,
) -> Result<ObjectId> {
    let commit = gix::objs::Commit {
        tree: new.tree,
        parents: new.parents.iter().copied().collect(),
        author: Person::of(project, Role::Author, new.at).signature(),
        committer: Person::of(project, Role::Committer, new.at).signature(),
        encoding: None,
        message: BString::from(format!("{}\n", new.message)),
        extra_headers: Vec::new(),
    };
    loose.write_as(&commit)
}

/// Flushes what a commit needs so that these files can be read from it, whoever wrote it. A parent, or a file beside
/// them, is its writer's concern.
pub(super) fn flush_paths(project: &Project, commit: ObjectId, paths: &[&str]) -> Result<()> {
    let git = project.git();
    let root = git
        .find_commit(commit)
        .git("reading a commit")?
        .tree_id()
        .git("reading a commit")?
        .detach();
    let mut ids = vec![commit, root];
    let prefixes: BTreeSet<&str> = paths
        .iter()
        .flat_map(|path| {
            let dirs = path.match_indices('/').map(|(at, _)| &path[..at]);
            dirs.chain([*path])
        })
        .collect();
    for path in prefixes {
        let entry = git
            .find_tree(root)
            .git("reading a tree")?
            .lookup_entry_by_path(path)
            .git("looking up a path")?;
        ids.extend(entry.map(|entry| entry.object_id()));
    }
    loose::flush(project, &ids)?;
    failpoint::reached("ledger::tip-flushed").at("flush", project.common_dir())
}
