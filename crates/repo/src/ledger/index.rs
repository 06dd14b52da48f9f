//! The index of a worktree that has the ledger branch checked out: prepared before the branch moves.

mod plain;

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use gix::ObjectId;
use gix::bstr::BStr;
use gix::index::entry::{Flags, Mode, Stage, Stat};
use pawtrail_event::glossary::{Scope, Term};

use super::held::Held;
use super::loose::Loose;
use super::objects;
use crate::checkout::Checkout;
use crate::error::{GitContext, IoContext, Result};
use crate::project::Project;
use crate::{durable, engine, glossary, lines, sparse};
use plain::Plain;

/// How much of an index is written at once, in bytes.
const WRITE_BYTES: usize = 256 * 1024;

/// What a file of the coming commit adds to what a user may have staged of it.
pub(super) enum Added {
    /// The lines of a log.
    Lines(Vec<String>),
    /// The terms of a seed file.
    Terms(Scope, Vec<Term>),
    /// It is made from a log: what is staged of it can be made again, and gives way.
    Derived,
    /// It is a file as a whole, and what the user staged stays.
    Whole,
}

/// One file of the coming commit, as an index needs to know it.
pub(super) struct Staged<'a> {
    /// Its path, relative to the repository root.
    pub(super) path: &'a str,
    /// The commit that the coming one is built on.
    pub(super) base: Option<ObjectId>,
    /// What the branch has now.
    pub(super) before: Option<ObjectId>,
    /// What it will have.
    pub(super) after: ObjectId,
    /// The content of `after`.
    pub(super) content: &'a [u8],
    /// What `after` adds.
    pub(super) added: &'a Added,
}

impl Staged<'_> {
    /// What the index is to have of a file of which it has something else than the branch; none where that stays.
    ///
    /// The beginning of a log is what a git leaves that read the index before our last commit and wrote it
    /// afterwards: to keep it would let the user's next commit take lines out. Anything else the user has staged; it
    /// is kept, with what is ours added to it.
    pub(super) fn with_staged(&self, staged: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.added {
            Added::Lines(_) if self.content.starts_with(staged) => Ok(Some(self.content.to_vec())),
            Added::Lines(lines) => Ok(Some(lines::union(staged, lines))),
            Added::Terms(scope, terms) => glossary::set(*scope, Some(staged), terms).map(Some),
            Added::Derived => Ok(Some(self.content.to_vec())),
            Added::Whole => Ok(None),
        }
    }
}

/// What keeps a file out of a branch or an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It has a form that this engine would not keep.
    Form(&'static str),
    /// The path is in conflict.
    Conflict,
    /// Git's attributes would store the file in another form.
    Rewritten,
}

/// Writes the index as it will be into its lock file; everything but the given paths stays as it is.
pub(super) fn prepare(
    project: &Project,
    loose: &Loose<'_>,
    checkout: &Checkout,
    held: &Held,
    files: &[Staged<'_>],
) -> Result<Result<(), Obstacle>> {
    let path = checkout.git_dir.join("index");
    if engine::is_split(&checkout.git_dir)? {
        return Ok(Err(Obstacle::Form("split")));
    }
    let written = last_written(&path)?;
    if let Some(written) = written
        && let Some((content, racy)) = in_place(project, loose, checkout, files, &path, written)?
    {
        return write(held, &path, racy.then_some(written), |out| {
            out.write_all(&content).at("write", &path)
        })
        .map(Ok);
    }
    let mut index = engine::read_index(project, checkout)?;
    if let Some(form) = engine::unwritable_form(&index) {
        return Ok(Err(Obstacle::Form(form)));
    }
    for file in files {
        if let Err(obstacle) = stage(project, loose, checkout, &mut index, file)? {
            return Ok(Err(obstacle));
        }
    }
    // The cached trees would be stale, and git would commit what they say.
    index.remove_tree();
    let time = written.filter(|written| {
        index.entries().iter().any(|entry| {
            let time = &entry.stat.mtime;
            let ours = || files.iter().any(|file| entry.path(&index) == file.path);
            (u64::from(time.secs), time.nsecs) >= *written && !ours()
        })
    });
    write(held, &path, time, |out| {
        let mut out = BufWriter::with_capacity(WRITE_BYTES, out);
        index
            .write_to(&mut out, gix::index::write::Options::default())
            .git("writing the index")?;
        out.flush().at("write", &path)
    })
    .map(Ok)
}

/// When a file was last written, in seconds and nanoseconds since 1970; `None` where there is no file.
fn last_written(path: &Path) -> Result<Option<(u64, u32)>> {
    let known = match fs::metadata(path) {
        Ok(known) => known,
        Err(error) if durable::is_absent(&error) => return Ok(None),
        Err(error) => return Err(error).at("inspect", path),
    };
    let since = known
        .modified()
        .at("inspect", path)?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(Some((since.as_secs(), since.subsec_nanos())))
}

/// Writes into the lock. With `time` the index keeps that time, so that git goes on doubting the files that it doubts.
fn write(
    held: &Held,
    path: &Path,
    time: Option<(u64, u32)>,
    content: impl FnOnce(&mut File) -> Result<()>,
) -> Result<()> {
    held.rewrite(|file| {
        content(file)?;
        match time {
            Some((seconds, nanoseconds)) => file
                .set_modified(UNIX_EPOCH + Duration::new(seconds, nanoseconds))
                .at("keep the time of", path),
            None => Ok(()),
        }
    })
}

/// The next index by changes in its bytes, and whether it has to keep its time; `None` where that can't be done.
fn in_place(
    project: &Project,
    loose: &Loose<'_>,
    checkout: &Checkout,
    files: &[Staged<'_>],
    path: &Path,
    written: (u64, u32),
) -> Result<Option<(Vec<u8>, bool)>> {
    let Some(bytes) = durable::read(path)? else {
        return Ok(None);
    };
    let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
    let Some(mut plain) = Plain::read(bytes, project.git().object_hash(), &paths, written) else {
        return Ok(None);
    };
    for (at, file) in files.iter().enumerate() {
        let Some((id, content)) = next(project, loose, plain.object(at), file)? else {
            continue;
        };
        let stat = stat_if_equal(&checkout.root.join(file.path), &content);
        if !plain.replace(at, file.path, id, &stat) {
            return Ok(None);
        }
    }
    let racy = plain.is_racy();
    Ok(plain.finish().map(|content| (content, racy)))
}

/// What an index is to have of a file, with the content; `None` where it stays as it is.
fn next<'a>(
    project: &Project,
    loose: &Loose<'_>,
    known: Option<ObjectId>,
    file: &Staged<'a>,
) -> Result<Option<(ObjectId, Cow<'a, [u8]>)>> {
    match (known, file.before) {
        // The user has taken the file out of the index; that stays so.
        (None, Some(_)) => Ok(None),
        (None, None) => Ok(Some((file.after, file.content.into()))),
        (Some(id), Some(before)) if id == before => Ok(Some((file.after, file.content.into()))),
        (Some(id), _) => {
            let staged = project.git().find_object(id).git("reading a staged file")?;
            let Some(content) = file.with_staged(&staged.data)? else {
                return Ok(None);
            };
            Ok(Some((objects::blob(loose, &content)?, content.into())))
        }
    }
}

fn stage(
    project: &Project,
    loose: &Loose<'_>,
    checkout: &Checkout,
    index: &mut gix::index::File,
    file: &Staged<'_>,
) -> Result<Result<(), Obstacle>> {
    let path: &BStr = file.path.into();
    let conflicted = [Stage::Base, Stage::Ours, Stage::Theirs]
        .into_iter()
        .any(|stage| index.entry_by_path_and_stage(path, stage).is_some());
    if conflicted {
        return Ok(Err(Obstacle::Conflict));
    }
    let known = index.entry_by_path(path).map(|entry| entry.id);
    let Some((id, content)) = next(project, loose, known, file)? else {
        return Ok(Ok(()));
    };
    let stat = stat_if_equal(&checkout.root.join(file.path), &content);
    if let Some(entry) = index.entry_mut_by_path_and_stage(path, Stage::Unconflicted) {
        entry.id = id;
        entry.stat = stat;
        entry.flags.remove(Flags::INTENT_TO_ADD);
        if !matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
            // It was a symbolic link or a submodule; the commit has a file.
            entry.mode = Mode::FILE;
        }
    } else {
        let flags = if sparse::leaves_out(project, checkout, file.path)? {
            Flags::SKIP_WORKTREE | Flags::EXTENDED
        } else {
            Flags::empty()
        };
        index.dangerously_push_entry(stat, id, flags, Mode::FILE, path);
        index.sort_entries();
    }
    Ok(Ok(()))
}

/// The file's stat data where it holds exactly this content; else none, and git will look for itself.
fn stat_if_equal(file: &Path, content: &[u8]) -> Stat {
    let stat = || {
        let before = gix::index::fs::Metadata::from_path_no_follow(file).ok()?;
        let equal = durable::beginning_of(file, content).ok()? == Some(content.len());
        equal.then(|| Stat::from_fs(&before).ok()).flatten()
    };
    stat().unwrap_or_default()
}
