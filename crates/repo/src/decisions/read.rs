//! Reading decisions: the union of the ledger branch, the spool and checked-out files.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::{ByteSlice, Finder};
use memchr::memchr;
use pawtrail_event::decision::{self, ActorType, Damaged, Decision, Log, Row, RowPayload, Status};
use pawtrail_event::{CommitHash, DecisionId, EventId, MissionId, MissionSlug};
use serde::Serialize;

use super::{Journal, brought, durable, history};
use crate::error::{Error, Result};
use crate::lines;
use crate::mission::{self, Mission};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::Receipt;
use crate::references;
use crate::sandbox;

/// A decision as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its identity in its mission.
    pub decision_id: DecisionId,
    /// The mission.
    pub mission_id: MissionId,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The question.
    pub question: String,
    /// Proposed answers.
    pub options: Vec<String>,
    /// The answer that counts.
    pub answer: Option<String>,
    /// How far it is.
    pub status: Status,
    /// When it was asked for.
    pub requested_at: String,
    /// When the answer that counts was given.
    pub answered_at: Option<String>,
    /// Who gave it.
    pub answered_by: Option<GivenBy>,
    /// The commit that holds the answer that counts; none while it is open or only recorded.
    pub commit: Option<CommitHash>,
    /// The step that asked.
    pub step_id: String,
    /// The input that the answer fills.
    pub input_key: Option<String>,
    /// The run that asked.
    pub run_id: String,
    /// Every different answer, the one that counts first.
    pub answers: Vec<String>,
}

/// Who gave an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenBy {
    /// The name that the caller gave.
    pub actor_id: String,
    /// What kind of actor it is.
    pub actor_type: ActorType,
}

/// The decisions of a mission, with what could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// In order of request.
    pub decisions: Vec<Entry>,
    /// Damaged lines, with the file they stand in.
    pub damaged: Vec<(String, Damaged)>,
}

/// The decisions of a mission as its rows tell them, whatever commit holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// In order of request.
    pub decisions: Vec<Decision>,
    /// Damaged lines, with the file they stand in.
    pub damaged: Vec<(String, Damaged)>,
}

/// Folds a mission's decisions: what [`list`] shows, without asking git for commits.
///
/// # Errors
/// As [`list`].
pub fn folded(project: &Project, mission: &Mission) -> Result<Folded> {
    let place = placement::placement(project, mission)?;
    let (rows, damaged, _) = union(project, mission, &place, None)?;
    Ok(Folded {
        decisions: decision::fold(&rows),
        damaged,
    })
}

/// Lists a mission's decisions.
///
/// # Errors
/// When git's data or a file can't be read. Damaged lines are reported, not an error.
pub fn list(project: &Project, mission: &Mission) -> Result<Reading> {
    let place = placement::placement(project, mission)?;
    let (log, damaged, _) = union(project, mission, &place, None)?;
    let commits = brought::commits(
        project,
        place.tip.or(place.base),
        &mission.path(decision::FILE),
    )?;
    Ok(Reading {
        decisions: entries(mission, &log, &commits),
        damaged,
    })
}

/// Reads a mission's decisions from git alone: from `rev`, or from the ledger branch.
///
/// # Errors
/// [`Error::Invalid`] when `rev` names no commit.
pub fn log(project: &Project, mission: &Mission, rev: Option<&str>) -> Result<Reading> {
    let path = mission.path(decision::FILE);
    let tip = match rev {
        Some(rev) => Some(commit_named(project, rev)?),
        None => {
            let place = placement::placement(project, mission)?;
            place.tip.or(place.base)
        }
    };
    let content = match tip {
        Some(tip) => history::file_at(project, tip, &path)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let read = Log::read(&content);
    let commits = brought::commits(project, tip, &path)?;
    Ok(Reading {
        decisions: entries(mission, &read.rows, &commits),
        damaged: read
            .damaged
            .into_iter()
            .map(|line| (path.clone(), line))
            .collect(),
    })
}

/// Finds the mission that has a decision of this id.
///
/// # Errors
/// [`Error::DecisionNotFound`] when none has it, [`Error::AmbiguousDecision`] when several have.
pub fn find(project: &Project, id: &DecisionId) -> Result<Mission> {
    let id = &super::written_id(project, id);
    let mut hits = Vec::new();
    for mission in mission::list(project)?.missions {
        let place = placement::placement(project, &mission)?;
        let rows = rows_about(project, &mission, &place, id)?;
        if decision::fold(&rows)
            .iter()
            .any(|known| known.decision_id == *id)
        {
            hits.push(mission);
        }
    }
    match (hits.pop(), hits.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Error::DecisionNotFound {
            id: id.to_string(),
            mission: None,
        }),
        (Some(last), false) => {
            hits.push(last);
            Err(Error::AmbiguousDecision {
                id: id.to_string(),
                missions: hits.iter().map(|m| m.mission_slug.to_string()).collect(),
            })
        }
    }
}

/// Returns the union of all rows of a mission.
pub(super) fn rows(project: &Project, mission: &Mission, place: &Placement) -> Result<Vec<Row>> {
    union(project, mission, place, None).map(|(rows, ..)| rows)
}

/// Returns the union of all rows of a mission that are about one decision. Some others may be among them.
pub(super) fn rows_about(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    about: &DecisionId,
) -> Result<Vec<Row>> {
    union(project, mission, place, Some(about)).map(|(rows, ..)| rows)
}

/// As [`rows_about`], with the lines among them that neither the ledger branch nor the spool has: a file of this or the
/// primary checkout alone does, where another tool wrote them, or another branch is checked out.
pub(super) fn rows_and_found(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    about: &DecisionId,
) -> Result<(Vec<Row>, Vec<String>)> {
    let (rows, _, mut found) = union(project, mission, place, Some(about))?;
    found.retain(
        |line| match decision::parse_row(line).map(|row| row.payload) {
            Ok(RowPayload::Requested(asked)) => asked.decision_id == *about,
            Ok(RowPayload::Answered(given)) => given.decision_id == *about,
            Ok(RowPayload::Other(_)) | Err(_) => false,
        },
    );
    Ok((rows, found))
}

/// Returns the lines that may be about a decision: those with its id, and those in which it may be spelled otherwise.
///
/// To find them takes a fraction of the time that it takes to read all of them.
fn lines_about(content: &[u8], id: &DecisionId) -> Vec<u8> {
    let id = Finder::new(id.as_str());
    let mut found = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let line;
        (line, rest) = rest.split_at(end);
        if id.find(line).is_some() || memchr(b'\\', line).is_some() {
            found.extend_from_slice(line);
        }
    }
    found
}

/// Returns the receipt of an event that was written before.
pub(super) fn receipt(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    event_id: &EventId,
) -> Result<Receipt> {
    let found = brought::commits(project, place.tip, &mission.path(decision::FILE))?
        .get(event_id)
        .copied();
    let mut receipt = super::receipt(mission, place, event_id.clone(), found);
    if let Some(commit) = found {
        receipt.pushed = history::is_pushed(project, commit)?;
        if crate::sync_state::is_acknowledged(project, &project::hash(commit))? {
            receipt.delivery = crate::receipt::Delivery::Acknowledged;
        }
    }
    Ok(receipt)
}

/// All rows, the damaged lines with the file that each stands in, and, of one decision, the lines that files alone hold.
type Union = (Vec<Row>, Vec<(String, Damaged)>, Vec<String>);

/// The ledger branch first, then what waits, then what only files hold.
///
/// With `about`, lines that can't be about that decision are passed over.
fn union(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    about: Option<&DecisionId>,
) -> Result<Union> {
    let read = |content: &[u8]| match about {
        Some(id) => Log::read(&lines_about(content, id)),
        None => Log::read(content),
    };
    let path = mission.path(decision::FILE);
    let committed = match place.tip.or(place.base) {
        Some(tip) => history::file_at(project, tip, &path)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let mut whole = read(&committed);
    let mut damaged: Vec<(String, Damaged)> = std::mem::take(&mut whole.damaged)
        .into_iter()
        .map(|line| (format!("{}:{path}", place.ledger_ref), line))
        .collect();
    let spooled = Journal::of(project, &mission.mission_id, decision::FILE).spooled()?;
    whole = whole.union(read(spooled.join("\n").as_bytes()));
    let left = sandbox::lines(project, &mission.mission_id)?;
    let mut found: Vec<String> = Vec::new();
    whole = whole.union(read(left.join("\n").as_bytes()));
    for root in project.roots() {
        let file = root.join(&path);
        if durable::beginning_of(&file, &committed)? == Some(committed.len()) {
            continue;
        }
        let Some(content) = durable::read(&file)? else {
            continue;
        };
        // A last line without its end may still be in the making; it isn't read yet.
        let end = content
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        if let Some(id) = about {
            let waiting = [spooled.as_slice(), &found].concat();
            let foreign =
                lines::foreign_lines(&lines_about(&content[..end], id), &committed, &waiting);
            found.extend(foreign);
        }
        let mut read = read(&content[..end]);
        let lines = std::mem::take(&mut read.damaged);
        damaged.extend(
            lines
                .into_iter()
                .map(|line| (file.display().to_string(), line)),
        );
        whole = whole.union(read);
    }
    whole.damaged.clear();
    Ok((whole.rows, damaged, found))
}

fn entries(mission: &Mission, rows: &[Row], commits: &HashMap<EventId, ObjectId>) -> Vec<Entry> {
    decision::fold(rows)
        .into_iter()
        .map(|decision| entry(mission, decision, commits))
        .collect()
}

fn entry(mission: &Mission, decision: Decision, commits: &HashMap<EventId, ObjectId>) -> Entry {
    let status = decision.status();
    let given = decision.answer();
    Entry {
        mission_id: mission.mission_id.clone(),
        mission_slug: mission.mission_slug.clone(),
        answer: given.map(|given| given.answer.clone()),
        answered_at: given.map(|given| given.at.clone()),
        answered_by: given.map(|given| GivenBy {
            actor_id: given.actor.actor_id.clone(),
            actor_type: given.actor.actor_type,
        }),
        commit: given
            .and_then(|given| commits.get(&given.event_id))
            .map(|commit| project::hash(*commit)),
        status,
        answers: decision
            .answers
            .iter()
            .map(|given| given.answer.clone())
            .collect(),
        decision_id: decision.decision_id,
        question: decision.question,
        options: decision.options,
        requested_at: decision.requested_at,
        step_id: decision.step_id,
        input_key: decision.input_key,
        run_id: decision.run_id,
    }
}

fn commit_named(project: &Project, rev: &str) -> Result<ObjectId> {
    references::named(project, rev)?.ok_or_else(|| Error::Invalid {
        what: "--ref",
        message: format!("`{rev}` names no commit"),
    })
}

/// Says which commit brought an event that a commit has: it, or the oldest in one line of parents that all have it.
pub(super) fn brought(
    project: &Project,
    mission: &Mission,
    has_it: ObjectId,
    event_id: &EventId,
) -> Result<ObjectId> {
    let path = mission.path(decision::FILE);
    let mut found = has_it;
    'older: loop {
        for parent in history::parents(project, found)? {
            // A shallow clone ends before its history does.
            if project.git().has_object(parent)
                && let Some(content) = history::file_at(project, parent, &path)?
                && content.find(event_id.as_str()).is_some()
            {
                found = parent;
                continue 'older;
            }
        }
        return Ok(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_may_be_about_a_decision_are_found_however_they_spell_it() {
        let id: DecisionId = "input:db.engine".parse().unwrap();
        let about = [
            r#"{"decision_id":"input:db.engine"}"#,
            r#"{"decision_id": "input:db\u002eengine"}"#,
            r#"{"torn":"input:db.engine"#,
        ];
        let other = r#"{"decision_id":"input:db.other"}"#;
        let content = format!(
            "{}\n{other}\n\n{}\r\n{other}\n{}",
            about[0], about[1], about[2]
        );
        let expected = format!("{}\n{}\r\n{}", about[0], about[1], about[2]);
        assert_eq!(lines_about(content.as_bytes(), &id), expected.as_bytes());
    }
}
