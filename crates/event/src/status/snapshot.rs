//! The snapshot: where all work packages of a mission stand, as `status.json` has it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::identity::MissionIdentity;
use super::lane::Lane;
use super::retrospective::Retrospective;
use super::slot::Slot;
use crate::id::WorkPackageId;
use crate::json::{self, Node};

/// How many bytes of a snapshot are about one work package, and about the mission, where notes are few.
const USUAL_BYTES: usize = 1024;

/// Where a mission stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The mission's directory name, as its first transition has it; empty where that names no directory.
    pub mission_slug: String,
    /// The mission's number, in digits; empty where it has none.
    pub mission_number: String,
    /// The mission's type; empty where it has none.
    pub mission_type: String,
    /// The time of the last transition; empty without one.
    pub materialized_at: String,
    /// How many transitions were folded, each once.
    pub event_count: usize,
    /// The last transition.
    pub last_event_id: Option<String>,
    /// The work packages by id.
    pub work_packages: BTreeMap<String, WorkPackage>,
    /// The mission's retrospective, where there is one.
    pub retrospective: Option<Retrospective>,
}

/// Where a work package stands.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkPackage {
    /// Its lane; [`Lane::Uninitialized`] where it has annotations and no transition.
    pub lane: Lane,
    /// Who moved it last.
    pub actor: String,
    /// When it was moved last.
    pub last_transition_at: Option<String>,
    /// The event that moved it last.
    pub last_event_id: Option<String>,
    /// How often it was moved by force.
    pub force_count: u64,
    /// What else is known, by slot.
    pub slots: BTreeMap<Slot, Value>,
}

impl Snapshot {
    pub(super) fn new(
        slug: &str,
        identity: &MissionIdentity,
        materialized_at: String,
        event_count: usize,
        last_event_id: Option<String>,
        work_packages: BTreeMap<String, WorkPackage>,
        retrospective: Option<Retrospective>,
    ) -> Self {
        let number = identity.mission_number.clone();
        Self {
            mission_slug: slug.to_owned(),
            mission_number: number.or_else(|| number_of(slug)).unwrap_or_default(),
            mission_type: identity.mission_type.clone(),
            materialized_at,
            event_count,
            last_event_id,
            work_packages,
            retrospective,
        }
    }

    /// Returns how many work packages are in each lane of a board.
    pub fn summary(&self) -> BTreeMap<&'static str, usize> {
        let mut summary: BTreeMap<_, _> = Lane::DISPLAY.map(|lane| (lane.as_str(), 0)).into();
        for package in self.work_packages.values() {
            if let Some(count) = summary.get_mut(package.lane.as_str()) {
                *count += 1;
            }
        }
        summary
    }

    /// Returns the lane from which a work package moves next: [`Lane::Genesis`] where it never moved.
    pub fn lane(&self, wp_id: &WorkPackageId) -> Lane {
        match self.work_packages.get(wp_id.as_str()) {
            Some(package) if package.lane != Lane::Uninitialized => package.lane,
            Some(_) | None => Lane::Genesis,
        }
    }

    /// Returns the exact content of `status.json`.
    pub fn to_json(&self) -> String {
        let summary = self.summary();
        let counts = summary.iter().map(|(lane, count)| (*lane, number(*count)));
        let packages = self.work_packages.iter();
        let packages = packages.map(|(wp_id, package)| (wp_id.as_str(), package.to_node()));
        let retrospective = self.retrospective.as_ref().map(Retrospective::to_value);
        let mut entries = vec![
            ("event_count", number(self.event_count)),
            ("last_event_id", Node::Text(self.last_event_id.as_deref())),
            ("materialized_at", Node::Text(Some(&self.materialized_at))),
            ("mission_number", Node::Text(Some(&self.mission_number))),
            ("mission_slug", Node::Text(Some(&self.mission_slug))),
            ("mission_type", Node::Text(Some(&self.mission_type))),
            ("summary", Node::Object(counts.collect())),
            ("work_packages", Node::Object(packages.collect())),
        ];
        if let Some(value) = &retrospective {
            entries.push(("retrospective", Node::Value(value)));
        }
        json::pretty_node(
            Node::Object(entries),
            USUAL_BYTES * (self.work_packages.len() + 1),
        )
    }
}

fn number(count: usize) -> Node<'static> {
    Node::Number(u64::try_from(count).unwrap_or(u64::MAX))
}

impl WorkPackage {
    /// Returns the value in a slot; nothing where it is missing or null.
    pub fn slot(&self, slot: Slot) -> Option<&Value> {
        self.slots.get(&slot).filter(|value| !value.is_null())
    }

    /// Returns the text in a slot.
    pub fn text(&self, slot: Slot) -> Option<&str> {
        self.slot(slot).and_then(Value::as_str)
    }

    /// Returns the notes in their order.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        let notes = self.slot(Slot::Notes).and_then(Value::as_array);
        notes.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Returns the subtasks with their states, by id.
    pub fn subtasks(&self) -> impl Iterator<Item = (&str, Lane)> {
        let subtasks = self.slot(Slot::Subtasks).and_then(Value::as_object);
        subtasks.into_iter().flatten().filter_map(|(id, state)| {
            let lane = Lane::parse(state.as_str()?)?;
            Some((id.as_str(), lane))
        })
    }

    /// Returns those of the named subtasks that aren't done. One that was never reported isn't.
    pub fn open_subtasks(&self, roster: &[String]) -> Vec<String> {
        let done: Vec<&str> = self
            .subtasks()
            .filter(|(_, lane)| *lane == Lane::Done)
            .map(|(id, _)| id)
            .collect();
        roster
            .iter()
            .filter(|id| !done.contains(&id.as_str()))
            .cloned()
            .collect()
    }

    /// The work package as `status.json` has it.
    fn to_node(&self) -> Node<'_> {
        let slots = self.slots.iter();
        let mut entries: Vec<_> = slots
            .map(|(slot, value)| (slot.as_str(), Node::Value(value)))
            .collect();
        entries.extend([
            ("lane", Node::Text(Some(self.lane.as_str()))),
            ("actor", Node::Text(Some(&self.actor))),
            (
                "last_transition_at",
                Node::Text(self.last_transition_at.as_deref()),
            ),
            ("last_event_id", Node::Text(self.last_event_id.as_deref())),
            ("force_count", Node::Number(self.force_count)),
        ]);
        Node::Object(entries)
    }
}

/// The number at the head of a slug such as `066-review-loop`, without leading zeros.
fn number_of(slug: &str) -> Option<String> {
    let (digits, _) = slug.split_once('-')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| super::identity::without_zeros(digits))
}
