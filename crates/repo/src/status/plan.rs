//! From a request to rows: each is checked against what is known, and against the rows before it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pawtrail_event::status::{
    self, Actor, Annotation, Approval, Context, Evidence, Lane, Lifecycle, LifecycleEvent, Log,
    ReasonSource, Refusal, ReviewResult, Rule, Snapshot, Transition, Verdict,
};
use pawtrail_event::{EventId, Sanitized, WorkPackageId, time};

use super::task_files::TaskFiles;
use super::{Moved, Remark, Step, next_id};
use crate::error::{Error, Result};
use crate::mission::Mission;
use crate::placement::Placement;
use crate::project::Project;

/// Who acts where nobody is named.
pub(super) const NOBODY: &str = "user";
/// Why a package that was written down is put on the board; the Python tool's words.
const SEEDED: &str = "canonical bootstrap";
/// The most bytes of a name or reference.
const MAX_NAME_BYTES: usize = 2_000;
/// The most bytes of a reason or note.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// What a request came to.
pub(super) struct Planned {
    /// The rows to append.
    pub(super) rows: Vec<Sanitized>,
    /// The transitions, those that were written before included.
    pub(super) moved: Vec<Moved>,
    /// The last event of the request.
    pub(super) last: EventId,
    /// What a person might not have meant.
    pub(super) warnings: Vec<String>,
}

/// Turns requests into rows.
pub(super) struct Planner<'a> {
    project: &'a Project,
    mission: &'a Mission,
    place: &'a Placement,
    snapshot: &'a Snapshot,
    /// Where the rows so far have moved packages.
    lanes: BTreeMap<WorkPackageId, Lane>,
    files: Option<TaskFiles>,
    now: Timestamp,
    next: EventId,
    last: Option<EventId>,
    /// How many of the first requests were written before.
    skip: usize,
    rows: Vec<Sanitized>,
    moved: Vec<Moved>,
    warnings: Vec<String>,
}

impl<'a> Planner<'a> {
    /// Begins with what is known; `first` becomes the first row's identity.
    pub(super) fn new(
        project: &'a Project,
        mission: &'a Mission,
        place: &'a Placement,
        snapshot: &'a Snapshot,
        first: EventId,
    ) -> Self {
        Self {
            project,
            mission,
            place,
            snapshot,
            lanes: BTreeMap::new(),
            files: None,
            now: project.now(),
            next: first,
            last: None,
            skip: 0,
            rows: Vec::new(),
            moved: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Passes over what an earlier run of the same request wrote.
    pub(super) fn resume(&mut self, log: &Log<'_>) -> Result<()> {
        loop {
            let id = self.next.as_str();
            if !log.rows().any(|(_, row)| row.event_id() == Some(id)) {
                return Ok(());
            }
            if let Some(row) = log.transitions().find(|row| row.event_id == id) {
                self.moved.push(Moved {
                    wp_id: row.wp_id.parse()?,
                    from_lane: row.from_lane.as_str(),
                    to_lane: row.to_lane.as_str(),
                    event_id: self.next.clone(),
                });
            }
            self.skip += 1;
            self.take_id()?;
        }
    }

    /// Where a package stands now.
    pub(super) fn lane(&self, wp_id: &WorkPackageId) -> Lane {
        let moved = self.lanes.get(wp_id).copied();
        moved.unwrap_or_else(|| self.snapshot.lane(wp_id))
    }

    /// Plans a transition.
    pub(super) fn step(&mut self, step: &Step) -> Result<()> {
        if self.is_written() {
            return Ok(());
        }
        checked_step(step)?;
        let from_lane = self.lane(&step.wp_id);
        let nobody = if step.force { "" } else { NOBODY };
        let actor = step.actor.as_deref().unwrap_or(nobody);
        let (evidence, review_result) = review(step, from_lane);
        // Forward the review stands in the evidence; the reference alone asks for changes.
        let forward = matches!(step.to_lane, Lane::Approved | Lane::Done);
        let transition = Transition {
            event_id: self.next.clone(),
            at: self.at(Some(&step.wp_id)),
            mission_slug: self.mission.mission_slug.clone(),
            mission_id: Some(self.mission.mission_id.clone()),
            wp_id: step.wp_id.clone(),
            from_lane,
            to_lane: step.to_lane,
            actor: Actor::name(actor.to_owned()),
            force: step.force,
            execution_mode: step.execution_mode,
            reason: step.reason.clone(),
            reason_source: (step.to_lane == Lane::Canceled && step.reason.is_some())
                .then_some(ReasonSource::Operator),
            review_ref: step.review_ref.clone().filter(|_| !forward),
            evidence,
            review_result,
            policy_metadata: None,
        };
        let context = Context {
            workspace: Some(self.workspace(step)),
            open_subtasks: self.open_subtasks(step, from_lane)?,
            has_implementation: from_lane != Lane::Genesis,
        };
        status::check(&transition, &context).map_err(|refusal| Error::MoveRefused {
            refusal: Box::new(refusal),
            mission: self.mission.mission_slug.clone(),
        })?;
        self.rows.push(transition.row(self.project.sanitizer()));
        self.moved.push(Moved {
            wp_id: step.wp_id.clone(),
            from_lane: from_lane.as_str(),
            to_lane: step.to_lane.as_str(),
            event_id: self.next.clone(),
        });
        self.lanes.insert(step.wp_id.clone(), step.to_lane);
        self.take_id()
    }

    /// Plans a row of the mission's life.
    pub(super) fn lifecycle(&mut self, event: LifecycleEvent) -> Result<()> {
        if self.is_written() {
            return Ok(());
        }
        let identity = self.project.identity()?;
        let row = Lifecycle {
            event_id: self.next.clone(),
            at: self.now,
            mission_slug: self.mission.mission_slug.clone(),
            project: identity.map(|identity| (identity.uuid, identity.slug)),
            event,
        };
        let step = SignedDuration::from_micros(1);
        self.now = self.now.checked_add(step).unwrap_or(self.now);
        self.rows.push(row.row(self.project.sanitizer()));
        self.take_id()
    }

    /// When the next row is written.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Plans an annotation.
    pub(super) fn remark(&mut self, remark: &Remark) -> Result<()> {
        if self.is_written() {
            return Ok(());
        }
        let actor = remark.actor.as_deref().unwrap_or(NOBODY);
        checked("--actor", actor, MAX_NAME_BYTES)?;
        if let Some(note) = &remark.delta.note {
            checked("TEXT", note, MAX_TEXT_BYTES)?;
        }
        for id in remark.delta.subtasks.iter().flat_map(BTreeMap::keys) {
            checked("SUBTASK", id, MAX_NAME_BYTES)?;
        }
        let annotation = Annotation {
            event_id: self.next.clone(),
            at: self.at(None),
            wp_id: remark.wp_id.clone(),
            actor: Actor::name(actor.to_owned()),
            delta: remark.delta.clone(),
        };
        let row = annotation
            .row(self.project.sanitizer())
            .ok_or_else(|| Error::invalid("WP", "that changes nothing"))?;
        self.rows.push(row);
        if !self.is_known(&remark.wp_id)? {
            self.warnings.push(format!(
                "nothing was known of {} before: it has no row and no file",
                remark.wp_id
            ));
        }
        self.take_id()
    }

    /// Whether a package has a row or a file.
    fn is_known(&mut self, wp_id: &WorkPackageId) -> Result<bool> {
        let has_row = self.snapshot.work_packages.contains_key(wp_id.as_str());
        Ok(has_row || self.files()?.packages.contains_key(wp_id))
    }

    /// Ends the request.
    pub(super) fn finish(self, most: usize) -> Result<Planned> {
        if self.rows.len() > most {
            return Err(Error::invalid(
                "WP",
                format!("at most {most} rows are written at once"),
            ));
        }
        Ok(Planned {
            rows: self.rows,
            moved: self.moved,
            last: self.last.unwrap_or(self.next),
            warnings: self.warnings,
        })
    }

    fn is_written(&mut self) -> bool {
        let written = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        written
    }

    fn take_id(&mut self) -> Result<()> {
        let next = next_id(&self.next)?;
        self.last = Some(std::mem::replace(&mut self.next, next));
        Ok(())
    }

    /// The time of the next row: now, and in the order of the fold behind what the package went through before, though
    /// another machine's clock was ahead.
    fn at(&mut self, wp_id: Option<&WorkPackageId>) -> String {
        let step = SignedDuration::from_micros(1);
        let now = self.now;
        self.now = now.checked_add(step).unwrap_or(now);
        let at = time::iso(now);
        let before = wp_id
            .and_then(|wp_id| self.snapshot.work_packages.get(wp_id.as_str()))
            .and_then(|package| package.last_transition_at.as_deref());
        let Some(before) = before.filter(|before| at.as_str() <= *before) else {
            return at;
        };
        let after = before
            .get(..19)
            .and_then(|whole| format!("{whole}Z").parse::<Timestamp>().ok())
            .and_then(|whole| {
                // Behind a text without a zone that is understood, the next second in any case.
                let exact: Option<Timestamp> = before.parse().ok();
                let near = exact.and_then(|exact| exact.checked_add(step).ok());
                let far = whole.checked_add(SignedDuration::from_secs(1)).ok();
                near.into_iter()
                    .chain(far)
                    .find(|after| time::iso(*after).as_str() > before)
            });
        match after {
            Some(after) => {
                self.now = after.checked_add(step).unwrap_or(after);
                time::iso(after)
            }
            None => at,
        }
    }

    fn workspace(&self, step: &Step) -> String {
        let root = self.project.checkout().unwrap_or(self.project.common_dir());
        format!("{}:{}", step.execution_mode.as_str(), root.display())
    }

    /// The files that describe packages, read once.
    fn files(&mut self) -> Result<&TaskFiles> {
        Ok(match &mut self.files {
            Some(files) => files,
            none @ None => none.insert(TaskFiles::of(self.project, self.mission, self.place)?),
        })
    }

    /// The subtasks that keep a package from its review.
    fn open_subtasks(&mut self, step: &Step, from_lane: Lane) -> Result<Vec<String>> {
        if step.force || (from_lane, step.to_lane) != (Lane::InProgress, Lane::ForReview) {
            return Ok(Vec::new());
        }
        let roster = self.files()?.roster(&step.wp_id).map(<[String]>::to_vec);
        let roster = roster.map_err(|reason| Error::MoveRefused {
            refusal: Box::new(Refusal {
                wp_id: step.wp_id.clone(),
                from_lane,
                to_lane: step.to_lane,
                rule: Rule::SubtasksUnknown(reason),
            }),
            mission: self.mission.mission_slug.clone(),
        })?;
        Ok(match self.snapshot.work_packages.get(step.wp_id.as_str()) {
            Some(package) => package.open_subtasks(&roster),
            None => roster,
        })
    }
}

/// What a request says of a review, in the two places that a row has for it.
fn review(step: &Step, from_lane: Lane) -> (Option<Evidence>, Option<ReviewResult>) {
    if step.reviewer.is_none() && step.review_ref.is_none() && step.verdict.is_none() {
        return (None, None);
    }
    let forward = matches!(step.to_lane, Lane::Approved | Lane::Done);
    let verdict = step.verdict.unwrap_or(if forward {
        Verdict::Approved
    } else {
        Verdict::ChangesRequested
    });
    let reviewer = step.reviewer.clone().unwrap_or_default();
    let reference = step.review_ref.clone().unwrap_or_default();
    let evidence = forward.then(|| Evidence {
        review: Approval {
            reviewer: reviewer.clone(),
            verdict,
            reference: reference.clone(),
        },
        repos: Vec::new(),
        verification: Vec::new(),
    });
    let result = (from_lane == Lane::InReview).then_some(ReviewResult {
        reviewer,
        verdict,
        reference,
        feedback_path: None,
    });
    (evidence, result)
}

/// The requests that put packages on the board.
pub(super) fn seeds(packages: &[WorkPackageId], actor: Option<&str>) -> Vec<Step> {
    packages
        .iter()
        .map(|wp_id| Step {
            wp_id: wp_id.clone(),
            to_lane: Lane::Planned,
            actor: actor.map(str::to_owned),
            reason: Some(SEEDED.to_owned()),
            force: false,
            review_ref: None,
            reviewer: None,
            verdict: None,
            execution_mode: status::ExecutionMode::default(),
        })
        .collect()
}

fn checked_step(step: &Step) -> Result<()> {
    for (what, text, most) in [
        ("--actor", &step.actor, MAX_NAME_BYTES),
        ("--reason", &step.reason, MAX_TEXT_BYTES),
        ("--review-ref", &step.review_ref, MAX_NAME_BYTES),
        ("--reviewer", &step.reviewer, MAX_NAME_BYTES),
    ] {
        if let Some(text) = text {
            checked(what, text, most)?;
        }
    }
    Ok(())
}

fn checked(what: &'static str, text: &str, most: usize) -> Result<()> {
    if text.trim().is_empty() || text.len() > most {
        return Err(Error::invalid(
            what,
            format!("give 1 to {most} bytes of text"),
        ));
    }
    Ok(())
}
