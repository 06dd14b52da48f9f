//! Where a mission's files live: the one answer to that question, for everybody.

use std::path::PathBuf;

use gix::ObjectId;
use pawtrail_event::EventId;

use crate::checkout::Checkout;
use crate::checkouts;
use crate::choices;
use crate::error::{Error, Result};
use crate::history;
use crate::mission::{BRANCH_PREFIX, Mission};
use crate::project::Project;
use crate::protection::Facts;
use crate::record::{self, Record};
use crate::references;
use crate::shell::quoted;

pub use crate::record::ChosenBy;

/// Where a mission's files live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The branch that holds the mission's events, by its full name.
    pub ledger_ref: String,
    /// Who chose it.
    pub chosen_by: ChosenBy,
    /// Whether the choice is recorded in this clone.
    pub recorded: bool,
    /// The branch's commit; `None` when it doesn't exist yet.
    pub tip: Option<ObjectId>,
    /// The commit that the branch starts from when it is created.
    pub base: Option<ObjectId>,
    /// The worktrees that have it checked out.
    pub checkouts: Vec<Checkout>,
    /// The operation that keeps the branch busy, and where.
    pub busy: Option<(PathBuf, &'static str)>,
    /// The mission's directory, relative to the repository root.
    pub dir: String,
    /// What the record is to say beside the branch.
    pub(crate) basis: Basis,
    /// Whether the Python tool, which reads the primary checkout, sees what is written there.
    pub seen_by_python: bool,
}

/// What a choice was made on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The event that tells of it.
    pub(crate) told_by: Option<EventId>,
    /// What remotes had.
    pub(crate) seen: Option<String>,
    /// Whether the record knows that.
    known: bool,
}

/// Says where a mission's files live. It reads and never writes.
///
/// # Errors
/// [`Error::NoCommits`] or [`Error::Unborn`] when a branch would have to be created and there is no commit to start from.
pub fn placement(project: &Project, mission: &Mission) -> Result<Placement> {
    let facts = Facts::of(project)?;
    let worktrees = checkouts::all(project)?;
    let record = record::read(project, &mission.mission_id)?;
    let choice = choose(project, mission, &facts, &worktrees, record)?;
    place(project, mission, worktrees, choice)
}

/// Says where a mission's files would live if this clone remembered nothing of it.
pub(crate) fn unrecorded(project: &Project, mission: &Mission) -> Result<Placement> {
    let facts = Facts::of(project)?;
    let worktrees = checkouts::all(project)?;
    let choice = choose(project, mission, &facts, &worktrees, None)?;
    place(project, mission, worktrees, choice)
}

/// Says where a mission's files would live on the branch of this full name, which otherwise starts from `start`.
pub(crate) fn on_branch(
    project: &Project,
    mission: &Mission,
    full: &str,
    start: Option<ObjectId>,
) -> Result<Placement> {
    let choice = Choice {
        ledger_ref: full.to_owned(),
        chosen_by: ChosenBy::Command,
        recorded: false,
        base: remote_tip(project, full)?.or(start),
        basis: Basis::default(),
    };
    place(project, mission, checkouts::all(project)?, choice)
}

fn place(
    project: &Project,
    mission: &Mission,
    worktrees: Vec<Checkout>,
    choice: Choice,
) -> Result<Placement> {
    let (ledger_ref, tip) = references::meant_tip(project, &choice.ledger_ref)?;
    if ledger_ref != choice.ledger_ref
        && let Some(rule) = Facts::of(project)?.rule(&ledger_ref)
    {
        return Err(Error::Protected {
            branch: ledger_ref,
            rule,
            next: format!("git symbolic-ref --delete {}", quoted(&choice.ledger_ref)),
        });
    }
    let base = match (tip, choice.base) {
        (Some(tip), _) => Some(tip),
        (None, Some(base)) => Some(base),
        (None, None) => references::head_commit(project)?,
    };
    let busy = worktrees.iter().find_map(|checkout| {
        let operation = checkout.keeps_busy(&ledger_ref)?;
        Some((checkout.root.clone(), operation))
    });
    let checkouts = checkouts_of(worktrees, &ledger_ref);
    Ok(Placement {
        seen_by_python: checkouts
            .iter()
            .any(|checkout| Some(checkout.root.as_path()) == project.primary()),
        ledger_ref,
        chosen_by: choice.chosen_by,
        recorded: choice.recorded,
        tip,
        base,
        checkouts,
        busy,
        dir: mission.dir.clone(),
        basis: choice.basis,
    })
}

/// Returns those of the worktrees that have a branch checked out.
pub(crate) fn checkouts_of(worktrees: Vec<Checkout>, branch: &str) -> Vec<Checkout> {
    worktrees
        .into_iter()
        .filter(|checkout| checkout.branch.as_deref() == Some(branch))
        .collect()
}

/// Records the choice of a mission's ledger branch for all time, unless one is recorded, and gives it back.
///
/// # Errors
/// [`Error::NoCommits`] or [`Error::Unborn`] when the branch would have to be created and there is no commit to start from.
pub(crate) fn choose_for_good(
    project: &Project,
    mission: &Mission,
    mut chosen: Placement,
) -> Result<Placement> {
    if chosen.tip.is_none() && chosen.base.is_none() {
        return Err(references::nothing_to_start_from(project)?);
    }
    if chosen.recorded && chosen.basis.known {
        return Ok(chosen);
    }
    let record = Record {
        mission_slug: mission.mission_slug.clone(),
        ledger_ref: chosen.ledger_ref.clone(),
        chosen_by: chosen.chosen_by,
        told_by: chosen.basis.told_by.clone(),
        seen: chosen.basis.seen.clone(),
        left: Vec::new(),
    };
    let before = record::read(project, &mission.mission_id)?;
    record::write(project, &mission.mission_id, &record.after(before))?;
    chosen.recorded = true;
    chosen.basis.known = true;
    Ok(chosen)
}

struct Choice {
    ledger_ref: String,
    chosen_by: ChosenBy,
    recorded: bool,
    base: Option<ObjectId>,
    basis: Basis,
}

/// The record, unless a branch tells of a later choice; without either, the rules.
fn choose(
    project: &Project,
    mission: &Mission,
    facts: &Facts,
    worktrees: &[Checkout],
    record: Option<Record>,
) -> Result<Choice> {
    let record = record.filter(|record| facts.rule(&record.ledger_ref).is_none());
    let seen = choices::seen(project)?;
    let known = record
        .as_ref()
        .is_some_and(|record| record.seen.as_ref() == Some(&seen));
    let said = if known {
        None
    } else {
        choices::latest(project, mission)?.filter(|said| facts.rule(&said.ledger_ref).is_none())
    };
    let basis = |told_by| Basis {
        told_by,
        seen: Some(seen.clone()),
        known,
    };
    match (record, said) {
        (Some(record), said)
            if said.as_ref().is_none_or(|said| {
                said.ledger_ref == record.ledger_ref
                    || Some(&said.event_id) < record.told_by.as_ref()
            }) =>
        {
            Ok(Choice {
                base: remote_tip(project, &record.ledger_ref)?,
                basis: basis(record.told_by),
                ledger_ref: record.ledger_ref,
                chosen_by: record.chosen_by,
                recorded: true,
            })
        }
        (_, Some(said)) => Ok(Choice {
            base: remote_tip(project, &said.ledger_ref)?,
            basis: basis(Some(said.event_id)),
            ledger_ref: said.ledger_ref,
            chosen_by: ChosenBy::AnotherClone,
            recorded: false,
        }),
        (_, None) => by_rules(project, mission, facts, worktrees).map(|choice| Choice {
            basis: basis(None),
            ..choice
        }),
    }
}

/// The rules, in order: `meta.json`, the mission's branch here or on a remote, the primary checkout's unprotected
/// branch, a branch of its own.
fn by_rules(
    project: &Project,
    mission: &Mission,
    facts: &Facts,
    worktrees: &[Checkout],
) -> Result<Choice> {
    let own = mission.own_branch();
    let choice = |ledger_ref: String, chosen_by, base| Choice {
        ledger_ref,
        chosen_by,
        recorded: false,
        base,
        basis: Basis::default(),
    };
    if let Some(branch) = &mission.coordination_branch {
        let full = if branch.starts_with("refs/heads/") {
            branch.clone()
        } else {
            format!("refs/heads/{branch}")
        };
        let sound = gix::validate::reference::name(full.as_str().into()).is_ok();
        if sound && facts.rule(&full).is_none() {
            let base = remote_tip(project, &full)?;
            return Ok(choice(full, ChosenBy::Meta, base));
        }
    }
    if history::tip(project, &own)?.is_some() {
        return Ok(choice(own, ChosenBy::ExistingBranch, None));
    }
    if let Some(base) = remote_tip(project, &own)? {
        return Ok(choice(own, ChosenBy::RemoteBranch, Some(base)));
    }
    let primary = project.primary();
    let current = worktrees
        .iter()
        .find(|checkout| Some(checkout.root.as_path()) == primary)
        .and_then(|checkout| checkout.branch.clone());
    if let Some(current) = current
        && facts.rule(&current).is_none()
        && !current.starts_with(BRANCH_PREFIX)
        && history::tip(project, &current)?.is_some()
    {
        return Ok(choice(current, ChosenBy::CurrentBranch, None));
    }
    Ok(choice(own, ChosenBy::OwnBranch, None))
}

/// The commit of a remote-tracking branch of the same name.
fn remote_tip(project: &Project, full: &str) -> Result<Option<ObjectId>> {
    let Some(short) = full.strip_prefix("refs/heads/") else {
        return Ok(None);
    };
    for remote in project.git().remote_names() {
        let name = format!("refs/remotes/{remote}/{short}");
        if let Some(tip) = history::tip(project, &name)? {
            return Ok(Some(tip));
        }
    }
    Ok(None)
}
