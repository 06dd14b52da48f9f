//! Proves that answers are in git: in a commit that the ledger branch reaches, and which remotes have it.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;
use pawtrail_event::decision::{self, Log, Row, RowPayload, Status};
use pawtrail_event::{CommitHash, DecisionId, EventId, MissionId, MissionSlug};
use serde::Serialize;

use super::{Journal, brought, durable, history, read};
use crate::error::Result;
use crate::mission::Mission;
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::reach;

/// What is proved of one mission, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The answers that are in a commit of their ledger branch.
    pub answers: Vec<Verified>,
    /// The answers that are in none.
    pub missing: Vec<Missing>,
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
    let mut proof = Proof::default();
    for name in project.git().remote_names() {
        proof.remotes.insert(name.to_string(), 0);
    }
    for mission in missions {
        of_mission(project, mission, &mut proof)?;
    }
    Ok(proof)
}

fn of_mission(project: &Project, mission: &Mission, proof: &mut Proof) -> Result<()> {
    let place = placement::placement(project, mission)?;
    let rows = read::rows(project, mission, &place)?;
    for decision in decision::fold(&rows) {
        if decision.status() == Status::Contested {
            proof.contested.push(Contested {
                mission_id: mission.mission_id.clone(),
                mission_slug: mission.mission_slug.clone(),
                answers: decision
                    .answers
                    .into_iter()
                    .map(|given| given.answer)
                    .collect(),
                decision_id: decision.decision_id,
            });
        }
    }
    let tip = place.tip.or(place.base);
    let commits = brought::commits(project, tip, &mission.path(decision::FILE))?;
    let unpushed = unpushed(project, tip, proof.remotes.keys())?;
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
    Ok(())
}

fn answered(row: &Row) -> Option<&DecisionId> {
    match &row.payload {
        RowPayload::Answered(answered) => Some(&answered.decision_id),
        RowPayload::Requested(_) | RowPayload::Other(_) => None,
    }
}

/// For each remote, the commits of the branch that none of its branches reaches.
fn unpushed<'a>(
    project: &Project,
    tip: Option<ObjectId>,
    remotes: impl Iterator<Item = &'a String>,
) -> Result<Vec<(String, HashSet<ObjectId>)>> {
    let mut found = Vec::new();
    for name in remotes {
        let tips: Vec<ObjectId> = history::branches(project, &format!("refs/remotes/{name}/"))?
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        let visible: Vec<ObjectId> = tip.into_iter().collect();
        let local = reach::only_from(project.git(), &visible, &tips)?;
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
