//! What an annotation changes: read with patience, written with types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::lane::Lane;
use super::loose::Loose;
use super::slot::Slot;

/// What an annotation changes of a work package; a field that is `None` leaves things as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// The process that holds the package.
    pub shell_pid: Option<i64>,
    /// When that process began, as the Python tool writes it: seconds since 1970, as text.
    pub shell_pid_created_at: Option<String>,
    /// Subtasks by id; those that aren't named stay.
    pub subtasks: Option<BTreeMap<String, Lane>>,
    /// A note that is added.
    pub note: Option<String>,
    /// References that are added.
    pub tracker_refs: Option<Vec<String>>,
    /// References that take the place of all others.
    pub tracker_refs_replace: Option<Vec<String>>,
    /// The agent that works on it.
    pub agent: Option<String>,
    /// The person it is assigned to.
    pub assignee: Option<String>,
    /// An arbiter's word over a review; see [`Override::released`].
    pub review: Option<Override>,
    /// The role of the agent.
    pub role: Option<String>,
    /// The profile of the agent.
    pub agent_profile: Option<String>,
    /// The version of that profile.
    pub agent_profile_version: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Who provides the model.
    pub provider: Option<String>,
    /// Whether agent and process let go of the package.
    pub release_runtime_claim: bool,
}

/// An arbiter's word over a review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Override {
    /// When.
    pub at: String,
    /// Who.
    pub actor: String,
    /// The work package.
    pub wp_id: String,
    /// Why.
    pub reason: String,
}

impl Override {
    /// Returns the empty word that takes an earlier one back.
    pub fn released() -> Self {
        Self::default()
    }
}

impl Delta {
    /// Whether it changes nothing. Blank texts change nothing.
    pub fn is_empty(&self) -> bool {
        self.to_map().is_empty()
    }

    /// Returns the delta as rows have it: only what it changes.
    pub(super) fn to_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        put("shell_pid", self.shell_pid.map(Value::from));
        put(
            "subtasks",
            self.subtasks.as_ref().map(|subtasks| {
                subtasks
                    .iter()
                    .map(|(id, lane)| (id.clone(), Value::from(lane.as_str())))
                    .collect::<Map<_, _>>()
                    .into()
            }),
        );
        put("note", self.note.as_deref().map(Value::from));
        put("tracker_refs", self.tracker_refs.clone().map(Value::from));
        put(
            "tracker_refs_replace",
            self.tracker_refs_replace.clone().map(Value::from),
        );
        put(
            "review",
            self.review.as_ref().map(|review| {
                json!({
                    "at": review.at,
                    "actor": review.actor,
                    "wp_id": review.wp_id,
                    "reason": review.reason,
                })
            }),
        );
        for (key, text) in [
            ("shell_pid_created_at", &self.shell_pid_created_at),
            ("agent", &self.agent),
            ("assignee", &self.assignee),
            ("role", &self.role),
            ("agent_profile", &self.agent_profile),
            ("agent_profile_version", &self.agent_profile_version),
            ("model", &self.model),
            ("provider", &self.provider),
        ] {
            let text = text.as_deref().filter(|text| !text.is_empty());
            put(key, text.map(Value::from));
        }
        put(
            "release_runtime_claim",
            self.release_runtime_claim.then_some(Value::Bool(true)),
        );
        map
    }
}

/// A delta as it was read, ready to be folded.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ReadDelta<'a> {
    pub(super) release: bool,
    /// Slots that are replaced.
    pub(super) replaced: Vec<(Slot, Loose<'a>)>,
    pub(super) subtasks: Option<Vec<(Cow<'a, str>, Lane)>>,
    pub(super) note: Option<Loose<'a>>,
    pub(super) tracker_refs: Option<Vec<Loose<'a>>>,
    pub(super) tracker_refs_replace: Option<Vec<Loose<'a>>>,
    /// At, actor, work package and reason.
    pub(super) review: Option<[Cow<'a, str>; 4]>,
}

/// The keys of an [`Override`], in the order of [`ReadDelta::review`].
pub(crate) const REVIEW: [&str; 4] = ["at", "actor", "wp_id", "reason"];

impl<'a> ReadDelta<'a> {
    /// Reads a delta. Keys that aren't known are passed over, as the Python tool does.
    pub(super) fn read(value: Loose<'a>) -> Result<Self, String> {
        let Loose::Map(entries) = value else {
            return Err("`delta` is no object".to_owned());
        };
        let mut delta = Self::default();
        for (key, value) in last_of_each(entries) {
            if matches!(value, Loose::Null) {
                continue;
            }
            match key.as_ref() {
                "release_runtime_claim" => delta.release = value.is_truthy(),
                "subtasks" => delta.subtasks = Some(subtasks(value)?),
                "note" => delta.note = Some(value),
                "tracker_refs" => delta.tracker_refs = Some(list(&key, value)?),
                "tracker_refs_replace" => delta.tracker_refs_replace = Some(list(&key, value)?),
                "review" => delta.review = Some(review(&value)?),
                "shell_pid" => delta.replaced.push((Slot::ShellPid, integer(&value)?)),
                other => {
                    if let Some(slot) = Slot::replaceable(other)
                        && !matches!(&value, Loose::Text(text) if text.is_empty())
                    {
                        delta.replaced.push((slot, value));
                    }
                }
            }
        }
        Ok(delta)
    }
}

/// Of a key that is repeated, the last value counts.
fn last_of_each<'a>(mut entries: Vec<(Cow<'a, str>, Loose<'a>)>) -> Vec<(Cow<'a, str>, Loose<'a>)> {
    let mut at = 0;
    while at < entries.len() {
        let (seen, rest) = entries.split_at(at + 1);
        if rest.iter().any(|(key, _)| *key == seen[at].0) {
            entries.remove(at);
        } else {
            at += 1;
        }
    }
    entries
}

fn subtasks<'a>(value: Loose<'a>) -> Result<Vec<(Cow<'a, str>, Lane)>, String> {
    let Loose::Map(entries) = value else {
        return Err("`delta.subtasks` is no object".to_owned());
    };
    entries
        .into_iter()
        .map(|(id, state)| match &state {
            Loose::Text(text) => Lane::parse(text)
                .map(|lane| (id, lane))
                .ok_or_else(|| "`delta.subtasks` has a state that is no lane".to_owned()),
            Loose::Null | Loose::Bool(_) | Loose::Number(_) | Loose::List(_) | Loose::Map(_) => {
                Err("`delta.subtasks` has a state that is no text".to_owned())
            }
        })
        .collect()
}

fn list<'a>(key: &str, value: Loose<'a>) -> Result<Vec<Loose<'a>>, String> {
    match value {
        Loose::List(items) => Ok(items),
        Loose::Null | Loose::Bool(_) | Loose::Number(_) | Loose::Text(_) | Loose::Map(_) => {
            Err(format!("`delta.{key}` is no list"))
        }
    }
}

fn review<'a>(value: &Loose<'a>) -> Result<[Cow<'a, str>; 4], String> {
    let mut parts: [Cow<'a, str>; 4] = Default::default();
    for (part, key) in parts.iter_mut().zip(REVIEW) {
        *part = value
            .get(key)
            .ok_or_else(|| format!("`delta.review` has no `{key}`"))?
            .to_text()
            .ok_or_else(|| format!("`delta.review.{key}` is no text"))?;
    }
    Ok(parts)
}

/// What Python's `int` makes of a value.
fn integer<'a>(value: &Loose<'a>) -> Result<Loose<'a>, String> {
    let number = match value {
        Loose::Bool(value) => Some(i64::from(*value).into()),
        Loose::Number(number) if !number.is_f64() => Some(number.clone()),
        Loose::Number(number) => number
            .as_f64()
            .map(f64::trunc)
            .filter(|whole| whole.abs() < 9e15)
            .map(|whole| {
                #[allow(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                let whole = whole as i64;
                whole.into()
            }),
        Loose::Text(text) => text.trim().parse::<i64>().ok().map(Into::into),
        Loose::Null | Loose::List(_) | Loose::Map(_) => None,
    };
    number
        .map(Loose::Number)
        .ok_or_else(|| "`delta.shell_pid` is no integer".to_owned())
}
