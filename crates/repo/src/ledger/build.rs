//! The files of a coming commit: the union of what the branch has, what is to be added, and what checked-out files hold.

use std::borrow::Cow;
use std::mem;
use std::path::PathBuf;

use gix::ObjectId;
use pawtrail_event::merge as merge_events;

use super::engine::Engine;
use super::index::{Added, Staged};
use super::{Change, Content, derived};
use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::placement::Placement;
use crate::project::Project;
use crate::{beyond, durable, glossary, lines, sparse};

/// A file of the coming commit.
pub(super) struct File {
    /// Its path, relative to the repository root.
    pub(super) path: String,
    before: Option<ObjectId>,
    /// What it will be.
    pub(super) after: ObjectId,
    /// Its content then.
    pub(super) content: Vec<u8>,
    added: Added,
}

impl File {
    /// Says whether there was a file before, which had another content.
    pub(super) fn replaces(&self) -> bool {
        self.before.is_some()
    }

    /// Returns what an index has to know of it.
    pub(super) fn staged(&self, base: Option<ObjectId>) -> Staged<'_> {
        Staged {
            path: &self.path,
            base,
            before: self.before,
            after: self.after,
            content: &self.content,
            added: &self.added,
        }
    }
}

/// What there is to commit.
pub(super) enum Built {
    /// These files.
    Files(Vec<File>),
    /// Nothing: this commit has all of it.
    Nothing(ObjectId),
    /// Another file is at this path.
    Taken(String),
    /// Git would store the file at this path in another form.
    Rewritten(String),
    /// A path leads out of the branch or of a worktree, as this says.
    Beyond(String),
}

/// Builds the files of a commit on `base`; lines that only a checked-out file holds come along.
pub(super) fn build(
    project: &Project,
    engine: &dyn Engine,
    placement: &Placement,
    base: Option<ObjectId>,
    changes: &[Change],
) -> Result<Built> {
    let mut files = Vec::new();
    // A file that was made before its turn.
    let mut ahead = None;
    for (at, change) in changes.iter().enumerate() {
        let before = match base {
            Some(base) => engine.entry(base, &change.path)?,
            None => None,
        };
        let made_on = base.filter(|_| before.is_none());
        if let Some(reason) = beyond(project, placement, made_on, &change.path)? {
            return Ok(Built::Beyond(reason));
        }
        let mut old = match before {
            Some(before) => engine.content(before)?,
            None => Vec::new(),
        };
        let (content, added) = match &change.content {
            Content::Lines(lines) => {
                let mut lines = lines.clone();
                for checkout in &placement.checkouts {
                    let file = checkout.root.join(&change.path);
                    let foreign = lines::foreign_in(&file, &old, &lines)?;
                    // What another tool wrote came before what is written now.
                    lines.splice(0..0, foreign);
                }
                // Whoever wrote them.
                let lines = sanitized(project, &change.path, lines)?;
                // A log may be large: it is added to where it is.
                if !lines::extend(&mut old, &lines) && before.is_some() {
                    continue;
                }
                (mem::take(&mut old), Added::Lines(lines))
            }
            Content::New(content) if before.is_some() && *content != old => {
                return Ok(Built::Taken(change.path.clone()));
            }
            Content::New(content) => (content.clone(), Added::Whole),
            Content::Seed(scope, terms) => {
                let known = before.is_some().then_some(old.as_slice());
                let added = Added::Terms(*scope, terms.clone());
                (glossary::set(*scope, known, terms)?, added)
            }
            Content::Folded(aside) => {
                let folded = merge_events::fold(&old);
                let side = &aside.beside;
                if !folded.unreadable.is_empty()
                    && aside.may_be_committed(project, &folded.unreadable)?
                {
                    let Ok(after) = engine.blob(base, side, &folded.unreadable)? else {
                        return Ok(Built::Rewritten(side.clone()));
                    };
                    files.push(File {
                        path: side.clone(),
                        before: None,
                        after,
                        content: folded.unreadable,
                        added: Added::Whole,
                    });
                }
                (folded.merged.content, Added::Whole)
            }
            Content::Derived(derived) => {
                let content = match ahead.take() {
                    Some(content) => content,
                    None => {
                        let log = files.iter().find(|file| file.path == derived.from);
                        let changed = log.map(|log| log.content.as_slice());
                        derived::made(engine, base, changed, derived)?
                    }
                };
                (content, Added::Derived)
            }
        };
        if before.is_some() && content == old {
            continue;
        }
        let next = changes.get(at + 1);
        let (stored, made) = derived::store(engine, base, &change.path, &content, next)?;
        let Ok(after) = stored else {
            return Ok(Built::Rewritten(change.path.clone()));
        };
        ahead = made;
        files.push(File {
            path: change.path.clone(),
            before,
            after,
            content,
            added,
        });
    }
    match (files.is_empty(), base) {
        (true, Some(base)) => Ok(Built::Nothing(base)),
        (true, None) | (false, _) => Ok(Built::Files(files)),
    }
}

/// Says what the path leads beyond: in a worktree, or in the commit that a file is to be made on.
fn beyond(
    project: &Project,
    placement: &Placement,
    made_on: Option<ObjectId>,
    path: &str,
) -> Result<Option<String>> {
    if let Some(made_on) = made_on
        && let Some(reason) = beyond::in_commit(project, made_on, path)?
    {
        return Ok(Some(reason));
    }
    for checkout in &placement.checkouts {
        if let Some(reason) = beyond::on_disk(&checkout.root, path)? {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// Takes what is private out of lines that are about to be committed.
fn sanitized(project: &Project, path: &str, lines: Vec<String>) -> Result<Vec<String>> {
    let clean = |line: String| match project.sanitizer().line(&line) {
        Ok(Cow::Borrowed(_)) => Ok(line),
        Ok(Cow::Owned(clean)) => Ok(clean),
        Err(refusal) => Err(Error::Damaged {
            path: PathBuf::from(path),
            message: refusal.to_string(),
        }),
    };
    lines.into_iter().map(clean).collect()
}

/// Brings a worktree's files up to the coming commit: logs by append, new files where there is none, derived ones
/// replaced.
pub(super) fn project_files(project: &Project, checkout: &Checkout, files: &[File]) -> Result<()> {
    for file in files {
        if sparse::leaves_out(project, checkout, &file.path)? {
            continue;
        }
        let path = checkout.root.join(&file.path);
        match &file.added {
            Added::Lines(_) => lines::project_into(&path, &file.content)?,
            Added::Derived => {
                if durable::read(&path)?.as_ref() != Some(&file.content) {
                    durable::replace_cache(&path, &file.content)?;
                }
            }
            // A seed file is a user's file; whoever commits to it has edited it already.
            Added::Terms(..) => {}
            Added::Whole => {
                durable::create_new(&path, &file.content, durable::Access::Shared)?;
            }
        }
    }
    Ok(())
}

/// Says why a file can't be committed whose stored form would be another one.
pub(super) fn rewritten(path: &str) -> String {
    format!(
        "git's attributes would store {path} in another form, and event files must be readable as they are; \
         add `/kitty-specs/** -filter -ident -working-tree-encoding` to .gitattributes of the branch"
    )
}
