//! Proves that answers are in git: in a commit that the ledger branch reaches, and which remotes have it.

mod known;
mod unlisted;

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;
use pawtrail_event::decision::{self, Log, Row, RowPayload, Status};
use pawtrail_event::{CommitHash, DecisionId, EventId, MissionId, MissionSlug};
use serde::Serialize;

use super::{Journal, brought, durable, history, read};
use crate::error::Result;
use crate::mission::{self, Mission};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::reach;
use crate::references::short;
use crate::shell::{quoted, quoted_path};
use known::{Known, Left};

/// What is proved of one mission, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The answers that are in a commit of their ledger branch.
    pub answers: Vec<Verified>,
    /// The answers that are in none.
    pub missing: Vec<Missing>,
    /// The ledger branches that are gone, or lack what they had.
    pub lost: Vec<Lost>,
    /// The decisions that have different answers.
    pub contested: Vec<Contested>,
    /// How many of `answers` each remote has, as far as this clone knows from its last fetch or push.
    pub remotes: BTreeMap<String, usize>,
}

/// An answer that is in git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The mission.
    pub mission_id: MissionId,
    /// The decision.
    pub decision_id: DecisionId,
    /// The event.
    pub event_id: EventId,
    /// The commit that brought it.
    pub commit: CommitHash,
    /// The remotes whose branches reach the commit.
    pub remotes: Vec<String>,
}

/// An answer that is in no commit of its ledger branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The mission.
    pub mission_id: MissionId,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The decision.
    pub decision_id: DecisionId,
    /// The event.
    pub event_id: EventId,
    /// Where it is instead, and why.
    pub reason: String,
    /// The commit that holds it, which its ledger branch doesn't reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitHash>,
}

/// A ledger branch that was deleted, or moved back, and took events out of reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The mission.
    pub mission_id: MissionId,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The branch's full name.
    pub ledger_ref: String,
    /// The latest commit known that has what it lacks; none where no such commit is left.
    pub commit: Option<CommitHash>,
    /// What is wrong, for a person.
    pub reason: String,
    /// The command that brings it back, or looks for it.
    pub restore: String,
}

/// A decision with different answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contested {
    /// The mission.
    pub mission_id: MissionId,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The decision.
    pub decision_id: DecisionId,
    /// The answers; the first one counts.
    pub answers: Vec<String>,
}

/// Proves the answers of these missions. It reads and never writes.
///
/// # Errors
/// When git's data or a file can't be read.
pub fn verify(project: &Project, missions: &[Mission]) -> Result<Proof> {
    let known = Known::read(project)?;
    let mut proof = begun(project);
    for mission in missions {
        of_mission(project, &known, mission, &mut proof)?;
    }
    Ok(proof)
}

/// Proves the answers of all missions: those that are found here, and those that this clone only remembers.
///
/// # Errors
/// As [`verify`].
pub fn verify_all(project: &Project) -> Result<Proof> {
    let missions = mission::list(project)?.missions;
    let known = Known::read(project)?;
    let mut proof = begun(project);
    for mission in &missions {
        of_mission(project, &known, mission, &mut proof)?;
    }
    unlisted::verify(project, &known, &missions, &mut proof)?;
    Ok(proof)
}

fn begun(project: &Project) -> Proof {
    let mut proof = Proof::default();
    for name in project.git().remote_names() {
        proof.remotes.insert(name.to_string(), 0);
    }
    proof
}

fn of_mission(
    project: &Project,
    known: &Known,
    mission: &Mission,
    proof: &mut Proof,
) -> Result<()> {
    let place = placement::placement(project, mission)?;
    let path = mission.path(decision::FILE);
    let mut rows = read::rows(project, mission, &place)?;
    let tips = match place.tip {
        Some(tip) => vec![tip],
        // A branch that was merged and deleted: whatever holds its log stands for it.
        None => known.holders(project, place.base, &path)?,
    };
    let mut seen: HashSet<EventId> = rows.iter().map(|row| row.event_id.clone()).collect();
    let mut commits = HashMap::new();
    for tip in &tips {
        for (event, commit) in brought::commits(project, Some(*tip), &path)? {
            commits.entry(event).or_insert(commit);
        }
        if place.tip.is_none() && place.base != Some(*tip) {
            for left in Known::logs(project, &[*tip], &path)? {
                let fresh = left.rows.into_iter();
                rows.extend(fresh.filter(|row| seen.insert(row.event_id.clone())));
            }
        }
    }
    contested(mission, &rows, proof);
    let unpushed = unpushed(project, &tips, proof.remotes.keys())?;
    let mut elsewhere = None;
    for row in &rows {
        let Some(decision_id) = answered(row) else {
            continue;
        };
        let Some(commit) = commits.get(&row.event_id) else {
            let known = match &mut elsewhere {
                Some(known) => known,
                none @ None => none.insert(Elsewhere::read(project, mission)?),
            };
            proof.missing.push(Missing {
                mission_id: mission.mission_id.clone(),
                mission_slug: mission.mission_slug.clone(),
                decision_id: decision_id.clone(),
                event_id: row.event_id.clone(),
                reason: known.reason(&row.event_id, &place),
                commit: None,
            });
            continue;
        };
        let remotes: Vec<String> = unpushed
            .iter()
            .filter(|(_, local)| !local.contains(commit))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &remotes {
            *proof.remotes.entry(name.clone()).or_default() += 1;
        }
        proof.answers.push(Verified {
            mission_id: mission.mission_id.clone(),
            decision_id: decision_id.clone(),
            event_id: row.event_id.clone(),
            commit: project::hash(*commit),
            remotes,
        });
    }
    let lost = known.lost(project, &place.ledger_ref, place.tip)?;
    let left = Known::logs(project, &lost, &path)?;
    let names = Names::of(mission, &place.ledger_ref);
    if let Some(commit) = out_of_reach(&names, left, &mut seen, proof) {
        let restore = restore(project, &place, commit)?;
        let branch = short(&place.ledger_ref);
        let what = match place.tip {
            Some(_) => "was moved back: it doesn't reach",
            None => "is gone, and nothing reaches",
        };
        let reason = format!(
            "the ledger branch {branch} {what} commit {}, which it had",
            commit.to_hex_with_len(10)
        );
        proof.lost.push(names.lost(Some(commit), reason, restore));
    }
    Ok(())
}

fn contested(mission: &Mission, rows: &[Row], proof: &mut Proof) {
    for decision in decision::fold(rows) {
        if decision.status() == Status::Contested {
            let answers = decision.answers.into_iter().map(|given| given.answer);
            proof.contested.push(Contested {
                mission_id: mission.mission_id.clone(),
                mission_slug: mission.mission_slug.clone(),
                answers: answers.collect(),
                decision_id: decision.decision_id,
            });
        }
    }
}

/// Whose ledger branch is spoken of.
struct Names<'a> {
    mission_id: &'a MissionId,
    mission_slug: &'a MissionSlug,
    ledger_ref: &'a str,
}

impl<'a> Names<'a> {
    fn of(mission: &'a Mission, ledger_ref: &'a str) -> Self {
        Self {
            mission_id: &mission.mission_id,
            mission_slug: &mission.mission_slug,
            ledger_ref,
        }
    }

    fn lost(&self, commit: Option<ObjectId>, reason: String, restore: String) -> Lost {
        Lost {
            mission_id: self.mission_id.clone(),
            mission_slug: self.mission_slug.clone(),
            ledger_ref: self.ledger_ref.to_owned(),
            commit: commit.map(project::hash),
            reason,
            restore,
        }
    }
}

/// Notes the answers that only commits hold which the branch doesn't reach. Returns the first of these that has one.
fn out_of_reach(
    names: &Names<'_>,
    left: Vec<Left>,
    seen: &mut HashSet<EventId>,
    proof: &mut Proof,
) -> Option<ObjectId> {
    let mut first = None;
    for Left { commit, rows } in left {
        for row in rows {
            let Some(decision_id) = answered(&row) else {
                continue;
            };
            if !seen.insert(row.event_id.clone()) {
                continue;
            }
            first.get_or_insert(commit);
            proof.missing.push(Missing {
                mission_id: names.mission_id.clone(),
                mission_slug: names.mission_slug.clone(),
                decision_id: decision_id.clone(),
                event_id: row.event_id.clone(),
                reason: format!(
                    "commit {} holds it, which {} doesn't reach",
                    commit.to_hex_with_len(10),
                    short(names.ledger_ref)
                ),
                commit: Some(project::hash(commit)),
            });
        }
    }
    first
}

/// The command that lets a ledger branch reach this commit again, and keeps what it has.
fn restore(project: &Project, place: &Placement, commit: ObjectId) -> Result<String> {
    let branch = quoted(short(&place.ledger_ref));
    let Some(tip) = place.tip else {
        return Ok(format!("git branch {branch} {commit}"));
    };
    if let Some(checkout) = place.checkouts.first() {
        let root = quoted_path(&checkout.root);
        return Ok(format!("git -C {root} merge {commit}"));
    }
    if history::is_reached(project, tip, &[commit])? {
        return Ok(format!("git branch --force {branch} {commit}"));
    }
    Ok(format!("git switch {branch} && git merge {commit}"))
}

fn answered(row: &Row) -> Option<&DecisionId> {
    match &row.payload {
        RowPayload::Answered(answered) => Some(&answered.decision_id),
        RowPayload::Requested(_) | RowPayload::Other(_) => None,
    }
}

/// For each remote, the commits of these tips that none of its branches reaches.
fn unpushed<'a>(
    project: &Project,
    visible: &[ObjectId],
    remotes: impl Iterator<Item = &'a String>,
) -> Result<Vec<(String, HashSet<ObjectId>)>> {
    let mut found = Vec::new();
    for name in remotes {
        let tips: Vec<ObjectId> = history::branches(project, &format!("refs/remotes/{name}/"))?
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        let local = reach::only_from(project.git(), visible, &tips)?;
        found.push((name.clone(), local.into_keys().collect()));
    }
    Ok(found)
}

/// Where events are that no commit holds.
struct Elsewhere {
    spooled: HashSet<EventId>,
    files: HashMap<EventId, String>,
}

impl Elsewhere {
    fn read(project: &Project, mission: &Mission) -> Result<Self> {
        let journal = Journal::of(project, &mission.mission_id, decision::FILE);
        let spooled = Log::read(journal.spooled()?.join("\n").as_bytes());
        let mut files = HashMap::new();
        for root in project.roots() {
            let path = root.join(mission.path(decision::FILE));
            let content = durable::read(&path)?.unwrap_or_default();
            for row in Log::read(&content).rows {
                files
                    .entry(row.event_id)
                    .or_insert_with(|| path.display().to_string());
            }
        }
        Ok(Self {
            spooled: spooled.rows.into_iter().map(|row| row.event_id).collect(),
            files,
        })
    }

    fn reason(&self, event_id: &EventId, place: &Placement) -> String {
        let branch = &place.ledger_ref;
        if self.spooled.contains(event_id) {
            return match &place.busy {
                Some((root, operation)) => format!(
                    "it waits in the spool: a {operation} of {branch} is in progress in {}",
                    root.display()
                ),
                None => format!("it waits in the spool for the next commit to {branch}"),
            };
        }
        match self.files.get(event_id) {
            Some(file) => format!("only {file} holds it"),
            None => format!("{branch} doesn't reach it"),
        }
    }
}
