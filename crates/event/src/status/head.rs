//! What stands at the top of a row, and the family that it makes the row one of.

use std::borrow::Cow;

use super::actor::Actor;
use super::delta::ReadDelta;
use super::lane::Lane;
use super::loose::Loose;
use super::row::{AnnotationRow, Claim, RetrospectiveRow, Row, TransitionRow, TypedRow};
use super::{DECISION_POINT, LIFECYCLE_TYPES, RETROSPECTIVE, RETROSPECTIVE_TYPES};

/// The keys of a review's outcome, in their order; before them, where it is known, [`FEEDBACK_PATH`].
pub(crate) const REVIEW_RESULT: [&str; 3] = ["reference", "reviewer", "verdict"];
const FEEDBACK_PATH: &str = "feedback_path";

/// What may stand at the top of a row.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Head<'a> {
    actor: Option<Loose<'a>>,
    at: Option<Loose<'a>>,
    pub(super) claim: Claim<'a>,
    delta: Option<Loose<'a>>,
    event_id: Option<Loose<'a>>,
    event_name: Option<Loose<'a>>,
    event_type: Option<Loose<'a>>,
    execution_mode: Option<Loose<'a>>,
    feature_slug: Option<Loose<'a>>,
    force: Option<Loose<'a>>,
    from_lane: Option<Loose<'a>>,
    kind: Option<Loose<'a>>,
    mission_id: Option<Loose<'a>>,
    mission_slug: Option<Loose<'a>>,
    pub(super) payload: Payload<'a>,
    reason: Option<Loose<'a>>,
    reason_source: Option<Loose<'a>>,
    review_ref: Option<Loose<'a>>,
    review_result: Option<Loose<'a>>,
    timestamp: Option<Loose<'a>>,
    to_lane: Option<Loose<'a>>,
    r#type: Option<Loose<'a>>,
    wp_id: Option<Loose<'a>>,
}

impl<'a> Head<'a> {
    /// Returns the place of a key that is kept whole. By length first: every key of every row comes through here.
    pub(super) fn slot(&mut self, key: &str) -> Option<&mut Option<Loose<'a>>> {
        let slot = match key.len() {
            2 if key == "at" => &mut self.at,
            4 => match key {
                "kind" => &mut self.kind,
                "type" => &mut self.r#type,
                _ => return None,
            },
            5 => match key {
                "actor" => &mut self.actor,
                "delta" => &mut self.delta,
                "force" => &mut self.force,
                "wp_id" => &mut self.wp_id,
                _ => return None,
            },
            6 if key == "reason" => &mut self.reason,
            7 if key == "to_lane" => &mut self.to_lane,
            8 if key == "event_id" => &mut self.event_id,
            9 => match key {
                "from_lane" => &mut self.from_lane,
                "timestamp" => &mut self.timestamp,
                _ => return None,
            },
            10 => match key {
                "event_name" => &mut self.event_name,
                "event_type" => &mut self.event_type,
                "mission_id" => &mut self.mission_id,
                "review_ref" => &mut self.review_ref,
                _ => return None,
            },
            12 => match key {
                "feature_slug" => &mut self.feature_slug,
                "mission_slug" => &mut self.mission_slug,
                _ => return None,
            },
            13 => match key {
                "reason_source" => &mut self.reason_source,
                "review_result" => &mut self.review_result,
                _ => return None,
            },
            14 if key == "execution_mode" => &mut self.execution_mode,
            _ => return None,
        };
        Some(slot)
    }

    /// Whether a number that comes out of a fold might have been read as another one.
    pub(super) fn has_float(&self) -> bool {
        [
            &self.delta,
            &self.review_result,
            &self.claim.shell_pid,
            &self.claim.shell_pid_created_at,
            &self.claim.agent,
            &self.payload.mode,
            &self.payload.record_path,
        ]
        .into_iter()
        .flatten()
        .any(Loose::has_float)
    }

    /// Tells the families apart as the Python tool does, and takes the row out. The head is large, and is moved nowhere.
    pub(super) fn take_row(&mut self) -> Result<Row<'a>, String> {
        match &self.kind {
            None | Some(Loose::Null) => {}
            Some(Loose::Text(kind)) if kind == "annotation" => {
                return self
                    .take_annotation()
                    .map(|row| Row::Annotation(Box::new(row)));
            }
            Some(_) => return Ok(Row::Other(self.take_typed())),
        }
        let is_named = text(&self.event_name).is_some_and(|name| name.starts_with(RETROSPECTIVE));
        let is_typed = text(&self.r#type).is_some_and(|name| RETROSPECTIVE_TYPES.contains(&name));
        if is_named || is_typed {
            let mode = self.payload.mode.take();
            let record_path = self.payload.record_path.take();
            let name = if is_named {
                own(self.event_name.clone())
            } else {
                own(self.r#type.clone())
            };
            return Ok(Row::Retrospective(Box::new(RetrospectiveRow {
                is_named,
                mode,
                record_path,
                head: TypedRow {
                    event_type: name,
                    ..self.take_typed()
                },
            })));
        }
        if let Some(event_type) = &self.event_type {
            let name = event_type.text().unwrap_or_default();
            let family = if LIFECYCLE_TYPES.contains(&name) {
                Row::Lifecycle
            } else if name.starts_with(DECISION_POINT) {
                Row::DecisionPoint
            } else {
                Row::Other
            };
            return Ok(family(self.take_typed()));
        }
        if self.from_lane.is_none() && self.to_lane.is_none() {
            if text(&self.event_name).or(text(&self.r#type)).is_some() {
                return Ok(Row::Other(self.take_typed()));
            }
            return Err("the row says neither what it is nor which lanes it is about".to_owned());
        }
        self.take_transition().map(Row::Transition)
    }

    fn take_typed(&mut self) -> TypedRow<'a> {
        TypedRow {
            event_type: own(self.event_type.take())
                .or_else(|| own(self.r#type.take()))
                .or_else(|| own(self.event_name.take()))
                .or_else(|| own(self.kind.take())),
            event_id: own(self.event_id.take()),
            at: own(self.at.take()).or_else(|| own(self.timestamp.take())),
            wp_id: own(self.wp_id.take()),
        }
    }

    fn take_annotation(&mut self) -> Result<AnnotationRow<'a>, String> {
        let event_id = required("event_id", self.event_id.take())?;
        if !is_ulid(&event_id) {
            return Err("`event_id` of an annotation is no ULID".to_owned());
        }
        Ok(AnnotationRow {
            event_id,
            wp_id: as_text("wp_id", self.wp_id.take())?,
            at: as_text("at", self.at.take())?,
            actor: Actor::read(self.actor.take().ok_or("the row has no `actor`")?)?,
            delta: ReadDelta::read(self.delta.take().ok_or("the annotation has no `delta`")?)?,
        })
    }

    fn take_transition(&mut self) -> Result<TransitionRow<'a>, String> {
        let slug = self.mission_slug.take().filter(Loose::is_truthy);
        let mut row = TransitionRow {
            event_id: required("event_id", self.event_id.take())?,
            mission_slug: optional("mission_slug", slug.or(self.feature_slug.take()))?,
            mission_id: optional("mission_id", self.mission_id.take())?,
            wp_id: required("wp_id", self.wp_id.take())?,
            from_lane: lane("from_lane", self.from_lane.take())?,
            to_lane: lane("to_lane", self.to_lane.take())?,
            at: required("at", self.at.take())?,
            actor: Actor::read(self.actor.take().ok_or("the row has no `actor`")?)?,
            force: match self.force.take() {
                Some(Loose::Bool(force)) => force,
                Some(_) => return Err("`force` is neither true nor false".to_owned()),
                None => return Err("the row has no `force`".to_owned()),
            },
            execution_mode: required("execution_mode", self.execution_mode.take())?,
            reason: optional("reason", self.reason.take())?,
            reason_source: optional("reason_source", self.reason_source.take())?,
            review_ref: optional("review_ref", self.review_ref.take())?,
            review_result: self
                .review_result
                .as_ref()
                .and_then(review_result)
                .transpose()?
                .map(Box::new),
            claim: None,
        };
        // Only this step takes a claim into the snapshot.
        if row.from_lane == Lane::Planned && row.to_lane == Lane::Claimed {
            row.claim = Some(Box::new(std::mem::take(&mut self.claim)));
        }
        Ok(row)
    }
}

fn own(value: Option<Loose<'_>>) -> Option<Cow<'_, str>> {
    match value {
        Some(Loose::Text(text)) => Some(text),
        Some(_) | None => None,
    }
}

fn text<'r>(value: &'r Option<Loose<'_>>) -> Option<&'r str> {
    value.as_ref().and_then(Loose::text)
}

/// A field that must be text.
fn required<'a>(name: &str, value: Option<Loose<'a>>) -> Result<Cow<'a, str>, String> {
    match value {
        Some(Loose::Text(text)) => Ok(text),
        Some(_) => Err(format!("`{name}` is no text")),
        None => Err(format!("the row has no `{name}`")),
    }
}

/// A field that the Python tool makes text of, whatever it is.
fn as_text<'a>(name: &str, value: Option<Loose<'a>>) -> Result<Cow<'a, str>, String> {
    value
        .ok_or_else(|| format!("the row has no `{name}`"))?
        .to_text()
        .ok_or_else(|| format!("`{name}` is no text"))
}

/// A field that may be missing or null.
fn optional<'a>(name: &str, value: Option<Loose<'a>>) -> Result<Option<Cow<'a, str>>, String> {
    match value {
        Some(Loose::Text(text)) => Ok(Some(text)),
        Some(Loose::Null) | None => Ok(None),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

fn lane(name: &str, value: Option<Loose<'_>>) -> Result<Lane, String> {
    let text = required(name, value)?;
    Lane::parse(&text).ok_or_else(|| {
        let text: String = text.chars().take(80).collect();
        format!("`{name}` is `{text}`, which is no lane")
    })
}

/// The outcome of a review with the keys that the snapshot shows; nothing where it is empty.
fn review_result<'a>(value: &Loose<'a>) -> Option<Result<Loose<'a>, String>> {
    if !value.is_truthy() {
        return None;
    }
    let mut kept = Vec::with_capacity(REVIEW_RESULT.len() + 1);
    if let Some(path) = value.get(FEEDBACK_PATH)
        && *path != Loose::Null
    {
        kept.push((Cow::Borrowed(FEEDBACK_PATH), path.clone()));
    }
    for key in REVIEW_RESULT {
        match value.get(key) {
            Some(part) => kept.push((Cow::Borrowed(key), part.clone())),
            None => return Some(Err(format!("`review_result` has no `{key}`"))),
        }
    }
    Some(Ok(Loose::Map(kept)))
}

/// Crockford's alphabet; the Python tool allows any first character of it.
fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z') && !b"ILOU".contains(&byte))
}

/// The keys of a payload that a retrospective's snapshot shows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload<'a> {
    mode: Option<Loose<'a>>,
    record_path: Option<Loose<'a>>,
}

/// An object of which a few keys count.
pub(super) trait Pick<'a>: Default {
    /// Returns the place of a key that counts.
    fn slot(&mut self, key: &str) -> Option<&mut Option<Loose<'a>>>;
}

impl<'a> Pick<'a> for Claim<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Option<Loose<'a>>> {
        match key {
            "shell_pid" => Some(&mut self.shell_pid),
            "shell_pid_created_at" => Some(&mut self.shell_pid_created_at),
            "agent" => Some(&mut self.agent),
            _ => None,
        }
    }
}

impl<'a> Pick<'a> for Payload<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Option<Loose<'a>>> {
        match key {
            "mode" => Some(&mut self.mode),
            "record_path" => Some(&mut self.record_path),
            _ => None,
        }
    }
}
