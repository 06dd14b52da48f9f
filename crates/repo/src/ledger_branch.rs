//! Moving a mission's ledger to another branch: first every line is there, then the choice is recorded.
//!
//! A death in between leaves the lines on both branches and the old choice in force; the command can be repeated, and
//! the union counts an event once. Lines in the spool stay there: they go to whatever branch is recorded.

use std::collections::BTreeSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::{decision, merge};

use crate::error::{Error, GitContext, Result};
use crate::ledger::{self, Change, Content, Ledger, Outcome};
use crate::mission::{META, Mission};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::protection::Facts;
use crate::receipt::Receipt;
use crate::record::{self, ChosenBy, Record};
use crate::references::{self, short};
use crate::{adopt, choices, durable, history, lines, program, sync_state};

/// The longest name of a branch that is taken, in bytes; file systems end there.
const MAX_NAME_BYTES: usize = 200;
const HEADS: &str = "refs/heads/";

/// What a change of the ledger branch did.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Where the mission's files live now.
    pub placement: Placement,
    /// The full name of the branch before.
    pub previous_ref: String,
    /// What is true now.
    pub receipt: Receipt,
    /// What did not work beside it, for a person.
    pub warnings: Vec<String>,
}

/// Makes `branch` the mission's ledger branch in this clone; what the branch before holds is in it when this returns.
///
/// # Errors
/// [`Error::Invalid`] for a name that can't be a branch's, [`Error::Protected`], [`Error::EventConflict`] when both
/// branches have an event with different content, [`Error::LedgerNotMoved`] when the branch can't be written now. Then
/// the choice is what it was.
pub fn set(project: &Project, mission: &Mission, branch: &str) -> Result<Moved> {
    let full = checked(branch)?;
    if let Some(rule) = Facts::of(project)?.rule(&full) {
        let own = mission.own_branch();
        return Err(Error::Protected {
            branch: short(&full).to_owned(),
            rule,
            next: format!(
                "pawtrail mission ledger {} --set {}",
                mission.mission_slug,
                short(&own)
            ),
        });
    }
    let mut held = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let mut warnings = adopt::adopt(project, &held)?;
    let old = placement::placement(project, mission)?;
    let new = placement::on_branch(project, mission, &full, old.tip.or(old.base))?;
    if new.base.is_none() {
        return Err(references::nothing_to_start_from(project)?);
    }
    let before = record::read(project, &mission.mission_id)?;
    let told = if old.ledger_ref == full {
        None
    } else {
        let told = choices::announce(project, mission, &full)?;
        if told.is_none() {
            warnings.push(format!(
                "other clones won't learn of it: something in the name {} is private",
                short(&full)
            ));
        }
        told
    };
    let left = left_behind(project, mission, &full)?;
    let commit = if old.ledger_ref == full && left.is_empty() {
        new.tip
    } else {
        in_nobodys_way(project, &full)?;
        // While git is at work, others may write to the branch before.
        let both = || {
            let old = placement::placement(project, mission)?;
            let new = placement::on_branch(project, mission, &full, old.tip.or(old.base))?;
            Ok::<_, Error>((old, new))
        };
        let again = || Ok(both()?.1);
        let changes = || {
            let (old, new) = both()?;
            let mut sources = vec![old];
            for branch in &left {
                sources.push(placement::on_branch(project, mission, branch, None)?);
            }
            let mut changes = changes(project, mission, &sources, new.base)?;
            if let Some(told) = &told {
                add_line(&mut changes, mission.path(choices::FILE), &told.line);
            }
            Ok(Some(changes))
        };
        let message = format!(
            "chore(missions): keep the ledger of {} here [skip ci]",
            mission.mission_slug
        );
        match ledger::commit(project, &mut held, &new, &message, again, changes)? {
            Outcome::Committed(done) => {
                warnings.extend(done.not_recorded());
                warnings.extend(done.shaky.map(|reason| {
                    format!("it is committed, but might not survive a power loss: {reason}")
                }));
                Some(done.commit)
            }
            Outcome::Elsewhere(tip) => Some(tip),
            Outcome::Deferred(reason) | Outcome::Locked(reason) => {
                return Err(Error::LedgerNotMoved { reason });
            }
            Outcome::Taken(path) => {
                return Err(Error::PathTaken {
                    path,
                    branch: short(&full).to_owned(),
                });
            }
        }
    };
    let record = Record {
        mission_slug: mission.mission_slug.clone(),
        ledger_ref: full,
        chosen_by: ChosenBy::Command,
        told_by: told.map(|told| told.said.event_id).or(old.basis.told_by),
        seen: old.basis.seen,
        left: vec![old.ledger_ref.clone()],
    };
    record::write(project, &mission.mission_id, &record.after(before))?;
    drop(held);
    if let Err(error) = sync_state::record(project) {
        warnings.push(format!(
            "the hub's list of commits was not updated: {error}"
        ));
    }
    let placement = placement::placement(project, mission)?;
    Ok(Moved {
        receipt: Receipt::here(
            None,
            Some(mission.mission_id.clone()),
            mission.path(decision::FILE),
            &placement.ledger_ref,
            commit.map(project::hash),
        ),
        previous_ref: old.ledger_ref,
        placement,
        warnings,
    })
}

/// Returns the full name of the branch that a user's word means.
fn checked(branch: &str) -> Result<String> {
    let refuse = |why: &str| {
        let shown: String = branch.chars().take(80).collect();
        Error::invalid("--set", format!("`{shown}` {why}"))
    };
    let name = short(branch);
    if name.starts_with("refs/") {
        return Err(refuse("is no branch of this clone; name one"));
    }
    let full = format!("{HEADS}{name}");
    let sound = !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.starts_with('-')
        && name != "HEAD"
        && gix::validate::reference::name(full.as_str().into()).is_ok();
    if sound {
        Ok(full)
    } else {
        Err(refuse("can't be the name of a branch"))
    }
}

/// A branch can't be named as a directory of others, nor below another one.
fn in_nobodys_way(project: &Project, full: &str) -> Result<()> {
    let mut other = history::branches(project, &format!("{full}/"))?
        .into_iter()
        .map(|(name, _)| name)
        .next();
    for (at, _) in full.match_indices('/').filter(|(at, _)| *at >= HEADS.len()) {
        if history::tip(project, &full[..at])?.is_some() {
            other = Some(full[..at].to_owned());
        }
    }
    match other {
        None => Ok(()),
        Some(other) => Err(Error::invalid(
            "--set",
            format!(
                "git can't have {} beside the branch {}",
                short(full),
                short(&other)
            ),
        )),
    }
}

/// The branches that the ledger was on in this clone and that have events which `full` lacks.
///
/// A clone that learns late of another branch has gone on with the one before.
pub(crate) fn left_behind(project: &Project, mission: &Mission, full: &str) -> Result<Vec<String>> {
    let Some(record) = record::read(project, &mission.mission_id)? else {
        return Ok(Vec::new());
    };
    let here = placement::on_branch(project, mission, full, None)?;
    let mut found = Vec::new();
    let known: BTreeSet<String> = record.left.into_iter().chain([record.ledger_ref]).collect();
    for branch in known.into_iter().filter(|branch| branch != full) {
        if has_more(project, mission, &branch, here.tip.or(here.base))? {
            found.push(branch);
        }
    }
    Ok(found)
}

/// Says whether a branch has events of the mission that a commit lacks.
pub(crate) fn has_more(
    project: &Project,
    mission: &Mission,
    branch: &str,
    here: Option<ObjectId>,
) -> Result<bool> {
    let Some(tip) = history::tip(project, branch)? else {
        return Ok(false);
    };
    for path in files(project, mission, Some(tip))? {
        if !ledger::is_event_file(&path) {
            continue;
        }
        let there = at(project, Some(tip), &path)?.unwrap_or_default();
        let known = at(project, here, &path)?.unwrap_or_default();
        if !lines::foreign_lines(&there, &known, &[]).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What `base` lacks of the mission: its `meta.json`, and the lines of its event files on any of the sources, those that
/// only files hold too.
fn changes(
    project: &Project,
    mission: &Mission,
    sources: &[Placement],
    base: Option<ObjectId>,
) -> Result<Vec<Change>> {
    let mut all = Vec::new();
    for source in sources {
        for change in changes_of(project, mission, source, base)? {
            if let Content::Lines(lines) = &change.content {
                for line in lines {
                    add_line(&mut all, change.path.clone(), line);
                }
            } else if all.iter().all(|known: &Change| known.path != change.path) {
                // Of several the first source's counts.
                all.push(change);
            }
        }
    }
    let log = mission.path(pawtrail_event::status::FILE);
    if let Some(source) = sources.first()
        && all.iter().any(|change| change.path == log)
    {
        all.push(crate::status::derived_for(project, mission, source)?);
    }
    Ok(all)
}

fn add_line(changes: &mut Vec<Change>, path: String, line: &str) {
    for change in changes.iter_mut().filter(|change| change.path == path) {
        if let Content::Lines(lines) = &mut change.content {
            lines.push(line.to_owned());
            return;
        }
    }
    changes.push(Change {
        path,
        content: Content::Lines(vec![line.to_owned()]),
    });
}

fn changes_of(
    project: &Project,
    mission: &Mission,
    old: &Placement,
    base: Option<ObjectId>,
) -> Result<Vec<Change>> {
    let source = old.tip.or(old.base);
    let mut changes = Vec::new();
    for path in files(project, mission, source)? {
        let there = at(project, source, &path)?;
        let here = at(project, base, &path)?;
        if path == mission.path(META) {
            if let (Some(content), None) = (there, here) {
                changes.push(Change {
                    path,
                    content: Content::New(content),
                });
            }
            continue;
        }
        let (there, here) = (there.unwrap_or_default(), here.unwrap_or_default());
        let conflicts = merge::merge(b"", &here, &there).conflicts;
        if !conflicts.is_empty() {
            return Err(Error::EventConflict { path, conflicts });
        }
        let mut lines: Vec<String> = match std::str::from_utf8(&there) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) => {
                return Err(Error::Damaged {
                    path: path.into(),
                    message: format!(
                        "on {}: {error}; `pawtrail doctor --fix` keeps such bytes aside",
                        short(&old.ledger_ref)
                    ),
                });
            }
        };
        lines.retain(|line| !line.is_empty());
        let mut roots: BTreeSet<_> = project.roots().map(std::path::Path::to_owned).collect();
        roots.extend(old.checkouts.iter().map(|checkout| checkout.root.clone()));
        // What waits in the spool stands in files too, and stays in the spool.
        let mut known =
            crate::journal::Journal::of(project, &mission.mission_id, decision::FILE).spooled()?;
        for root in roots {
            let content = durable::read(&root.join(&path))?.unwrap_or_default();
            let foreign = lines::foreign_lines(&content, &there, &known);
            known.extend(foreign.iter().cloned());
            lines.extend(foreign);
        }
        if !lines.is_empty() {
            changes.push(Change {
                path,
                content: Content::Lines(lines),
            });
        }
    }
    Ok(changes)
}

/// The mission's `meta.json` and event files, in a commit; the decisions' always.
fn files(
    project: &Project,
    mission: &Mission,
    commit: Option<ObjectId>,
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::from([mission.path(META), mission.path(decision::FILE)]);
    let Some(commit) = commit else {
        return Ok(found);
    };
    let Some(dir) = history::entry_at(project, commit, &mission.dir)? else {
        return Ok(found);
    };
    let Ok(tree) = program::tree(project.git(), dir) else {
        return Ok(found);
    };
    for entry in tree.iter() {
        let entry = entry.git("reading a tree")?;
        if let Ok(name) = entry.filename().to_str()
            && entry.mode().is_blob()
            && ledger::is_event_file(&mission.path(name))
        {
            found.insert(mission.path(name));
        }
    }
    Ok(found)
}

fn at(project: &Project, commit: Option<ObjectId>, path: &str) -> Result<Option<Vec<u8>>> {
    match commit {
        Some(commit) => history::file_at(project, commit, path),
        None => Ok(None),
    }
}
