//! What a run is folded from: its rows, the decisions, the template; and what of it can't be read.

use pawtrail_event::decision::{Actor, Decision};
use pawtrail_event::run::{Payload, Row, RowPayload, Started};
use pawtrail_event::{RunId, TemplateHash};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::runs::{self, Stored};
use pawtrail_repo::{Project, decisions};

use crate::discovery;
use crate::error::{Error, Result};
use crate::plan::{Circumstances, Plan, plan};
use crate::run::{Run, fold};
use crate::template::{self, Template};

/// More names than this are no names.
const MAX_NAME_BYTES: usize = 200;

/// What a run is folded from.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) run_id: RunId,
    pub(super) rows: Vec<Row>,
    pub(super) decisions: Vec<Decision>,
    pub(super) template: Template,
    pub(super) live: Option<TemplateHash>,
}

impl Known {
    /// Reads what a stored run is folded from.
    pub(super) fn of(
        project: &Project,
        mission: &Mission,
        stored: &Stored,
        decisions: Vec<Decision>,
    ) -> Result<Self> {
        let begun = begun(&stored.log.rows);
        let key = begun.map_or("", |begun| begun.mission_type.as_str());
        let text = String::from_utf8_lossy(&stored.template);
        let template = template::parse_in(&text, key).map_err(|problems| Error::Frozen {
            path: stored.dir.join(runs::TEMPLATE),
            problems,
            mission: mission.mission_slug.to_string(),
        })?;
        Self::by(project, template, stored, decisions)
    }

    /// As [`Known::of`], by another template than the run goes by.
    pub(super) fn by(
        project: &Project,
        template: Template,
        stored: &Stored,
        decisions: Vec<Decision>,
    ) -> Result<Self> {
        let live = match place(&stored.log.rows) {
            Some(path) => discovery::live(project, path)?,
            None => None,
        };
        Ok(Self {
            run_id: stored.run_id.clone(),
            rows: stored.log.rows.clone(),
            decisions,
            template,
            live: live.map(|text| template::hash(text.as_bytes())),
        })
    }

    pub(super) fn fold(&self) -> Run {
        fold(&self.run_id, &self.rows, &self.decisions, &self.template)
    }

    pub(super) fn plan(&self, project: &Project, run: &Run) -> Plan {
        let given = Circumstances {
            now: project.now(),
            live_template: self.live.as_ref(),
        };
        plan(&self.template, run, given)
    }
}

/// The row that began a run.
pub(super) fn begun(rows: &[Row]) -> Option<&Started> {
    rows.iter().find_map(|row| match &row.payload {
        RowPayload::Run(Payload::Started(started)) => Some(started.as_ref()),
        RowPayload::Run(_) | RowPayload::Other(_) => None,
    })
}

/// Where the template of a run is found: as it began, or as it was adopted last.
fn place(rows: &[Row]) -> Option<&str> {
    let adopted = rows.iter().rev().find_map(|row| match &row.payload {
        RowPayload::Run(Payload::TemplateAdopted(adopted)) => Some(adopted.template_path.as_str()),
        RowPayload::Run(_) | RowPayload::Other(_) => None,
    });
    adopted.or_else(|| begun(rows).and_then(|begun| begun.template_path.as_deref()))
}

/// Reads the decisions of a mission; damaged lines become warnings.
pub(super) fn decided(
    project: &Project,
    mission: &Mission,
    warnings: &mut Vec<String>,
) -> Result<Vec<Decision>> {
    let folded = decisions::folded(project, mission)?;
    warnings.extend(
        folded
            .damaged
            .iter()
            .map(|(file, line)| format!("{file}, line {}: skipped: {}", line.line, line.reason)),
    );
    Ok(folded.decisions)
}

/// Says which lines of a run's log were skipped.
pub(super) fn skipped(stored: &Stored, warnings: &mut Vec<String>) {
    let file = stored.dir.join(runs::LOG);
    warnings.extend(stored.log.damaged.iter().map(|line| {
        format!(
            "{}, line {}: skipped: {}",
            file.display(),
            line.line,
            line.reason
        )
    }));
}

/// Returns a name as it may be written.
pub(super) fn name(project: &Project, what: &'static str, name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Error::Invalid {
            what,
            message: format!("give 1 to {MAX_NAME_BYTES} bytes on one line"),
        });
    }
    Ok(project.sanitizer().text(name).into_owned())
}

/// Returns an actor as it may be written.
pub(super) fn actor(project: &Project, what: &'static str, given: &Actor) -> Result<Actor> {
    Ok(Actor {
        actor_id: name(project, what, &given.actor_id)?,
        ..given.clone()
    })
}

/// Whether git knows of a run that this clone has nothing of.
pub(super) fn knows_something(run: &Run) -> bool {
    !(run.answered.is_empty() && run.pending.is_empty() && run.assumed.is_empty())
}

/// Says what a run is continued from.
pub(super) fn recovery(run: &Run, lost: bool) -> String {
    let what = match lost {
        true => "the run's directory is gone",
        false => "this clone has no run of the mission",
    };
    let answered = match run.answered.len() {
        0 => "no answer".to_owned(),
        1 => "1 answer".to_owned(),
        many => format!("{many} answers"),
    };
    let assumed: Vec<&str> = run.assumed.iter().map(|step| step.as_str()).collect();
    let steps = match assumed.is_empty() {
        true => "no step is known to be complete".to_owned(),
        false => format!("assumed complete: {}", assumed.join(", ")),
    };
    format!("{what}; it continues from what git knows: {answered}; {steps}")
}
