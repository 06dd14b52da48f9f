//! The reducer: a log folds to one snapshot, as the Python tool's does.
//!
//! Transitions are taken in the order of their times, whatever their order in the file, and each counts as it stands:
//! nothing checks that one follows the other. Annotations are folded after all transitions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::actor::Actor;
use super::delta::{REVIEW, ReadDelta};
use super::identity::MissionIdentity;
use super::lane::Lane;
use super::log::Log;
use super::loose::Loose;
use super::retrospective;
use super::row::{AnnotationRow, TransitionRow};
use super::slot::Slot;
use super::snapshot::{Snapshot, WorkPackage};
use crate::time::Moment;

/// By what the rows are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By their times as text, then event id, as the Python tool does. `…:00Z` then comes after `…:00.900000+00:00`,
    /// and an offset other than `+00:00` counts as if it weren't there. A repeated annotation counts twice.
    #[default]
    Python,
    /// By the instants that their times name, then event id. A repeated annotation counts once.
    Instant,
}

/// Folds a log.
pub fn reduce(log: &Log<'_>, identity: &MissionIdentity, order: Order) -> Snapshot {
    let transitions = in_order(once(log.transitions(), |row| &row.event_id), order, |row| {
        (&row.at, &row.event_id)
    });
    let annotations = match order {
        Order::Python => log.annotations().collect(),
        Order::Instant => once(log.annotations(), |row| &row.event_id),
    };
    let annotations = in_order(annotations, order, |row| (&row.at, &row.event_id));

    let mut states: BTreeMap<&str, State<'_, '_>> = BTreeMap::new();
    for row in &transitions {
        match states.get_mut(row.wp_id.as_ref()) {
            Some(state) => state.apply(row, order),
            None => {
                states.insert(&row.wp_id, State::of(row));
            }
        }
    }
    for row in &annotations {
        states
            .entry(&row.wp_id)
            .or_insert_with(|| State::unmoved(row))
            .annotate(&row.delta);
    }

    let slug = transitions
        .first()
        .and_then(|row| row.mission_slug.as_deref());
    let last = transitions.last();
    Snapshot::new(
        slug.filter(|slug| is_safe(slug)).unwrap_or_default(),
        identity,
        last.map_or_else(String::new, |row| row.at.clone().into_owned()),
        transitions.len(),
        last.map(|row| row.event_id.clone().into_owned()),
        states
            .into_iter()
            .map(|(wp_id, state)| (wp_id.to_owned(), state.finish()))
            .collect(),
        retrospective::reduce(log),
    )
}

/// Returns the rows each once: of equal ids the first.
fn once<'r, T>(
    rows: impl Iterator<Item = &'r T>,
    id: impl Fn(&'r T) -> &'r Cow<'r, str>,
) -> Vec<&'r T> {
    let mut rows: Vec<&T> = rows.collect();
    // Ids begin with a time: a log that no merge has touched has them in order, and then nothing repeats.
    if rows.is_sorted_by(|left, right| id(left) < id(right)) {
        return rows;
    }
    let mut seen: HashSet<&str> = HashSet::with_capacity(rows.len());
    rows.retain(|row| seen.insert(id(row)));
    rows
}

/// Sorts rows by time and event id; equal ones keep the order of the file.
fn in_order<'r, T>(
    mut rows: Vec<&'r T>,
    order: Order,
    key: impl Fn(&'r T) -> (&'r Cow<'r, str>, &'r Cow<'r, str>),
) -> Vec<&'r T> {
    match order {
        Order::Python => rows.sort_by(|left, right| key(left).cmp(&key(right))),
        Order::Instant => rows.sort_by_cached_key(|row| {
            let (at, event_id) = key(row);
            (Moment::of(at), event_id.as_ref())
        }),
    }
    rows
}

/// A work package while its rows are folded.
struct State<'r, 'a> {
    lane: Lane,
    actor: &'r Actor<'a>,
    /// What set the lane.
    last: Option<&'r TransitionRow<'a>>,
    force_count: u64,
    slots: [Option<Held<'r, 'a>>; Slot::COUNT],
}

/// What a slot holds.
#[derive(Clone)]
enum Held<'r, 'a> {
    Null,
    Value(&'r Loose<'a>),
    Text(&'r str),
    Subtasks(BTreeMap<&'r str, Lane>),
    List(Vec<&'r Loose<'a>>),
    Review(&'r [Cow<'a, str>; 4]),
}

impl<'r, 'a> State<'r, 'a> {
    fn of(row: &'r TransitionRow<'a>) -> Self {
        let mut state = Self {
            lane: row.to_lane,
            actor: &row.actor,
            last: None,
            force_count: 0,
            slots: Default::default(),
        };
        state.set(row);
        state
    }

    /// A work package of which only an annotation is known.
    fn unmoved(row: &'r AnnotationRow<'a>) -> Self {
        Self {
            lane: Lane::Uninitialized,
            actor: &row.actor,
            last: None,
            force_count: 0,
            slots: Default::default(),
        }
    }

    /// Applies a transition, unless a reviewer's rollback of the same time outranks it.
    fn apply(&mut self, row: &'r TransitionRow<'a>, order: Order) {
        if let Some(last) = self.last
            && last.is_rollback()
            && !row.is_rollback()
            && is_same_time(&last.at, &row.at, order)
        {
            return;
        }
        self.set(row);
    }

    fn set(&mut self, row: &'r TransitionRow<'a>) {
        self.lane = row.to_lane;
        self.actor = &row.actor;
        self.last = Some(row);
        self.force_count += u64::from(row.force);
        if let Some(claim) = &row.claim {
            let held = |value: &'r Option<Loose<'a>>| {
                value.as_ref().filter(|value| !matches!(value, Loose::Null))
            };
            if let Some(pid) = held(&claim.shell_pid) {
                self.put(Slot::ShellPid, Held::Value(pid));
            }
            if let Some(at) = held(&claim.shell_pid_created_at) {
                self.put(Slot::ShellPidCreatedAt, Held::Value(at));
            }
            if let Some(agent) = held(&claim.agent).filter(|agent| agent.is_truthy()) {
                self.put(Slot::Agent, Held::Value(agent));
            }
        }
        match &row.review_result {
            Some(result) => self.put(Slot::ReviewResult, Held::Value(result)),
            None if row.from_lane == Lane::InReview => self.put(Slot::ReviewResult, Held::Null),
            None => {}
        }
        // Only a canceled package says why; the next transition takes it away again.
        if row.to_lane == Lane::Canceled {
            let reason = row.reason.as_deref().map_or(Held::Null, Held::Text);
            self.put(Slot::CancellationReason, reason);
            self.put(Slot::ReasonSource, Held::Text(reason_source(row)));
        } else {
            self.clear(Slot::CancellationReason);
            self.clear(Slot::ReasonSource);
        }
    }

    fn annotate(&mut self, delta: &'r ReadDelta<'a>) {
        if delta.release {
            for slot in [Slot::Agent, Slot::ShellPid, Slot::ShellPidCreatedAt] {
                self.put(slot, Held::Null);
            }
        }
        for (slot, value) in &delta.replaced {
            self.put(*slot, Held::Value(value));
        }
        if let Some(changed) = &delta.subtasks {
            let mut subtasks = match self.take(Slot::Subtasks) {
                Some(Held::Subtasks(subtasks)) => subtasks,
                _ => BTreeMap::new(),
            };
            subtasks.extend(changed.iter().map(|(id, lane)| (id.as_ref(), *lane)));
            self.put(Slot::Subtasks, Held::Subtasks(subtasks));
        }
        if let Some(note) = &delta.note {
            let mut notes = self.take_list(Slot::Notes);
            notes.push(note);
            self.put(Slot::Notes, Held::List(notes));
        }
        let (mut refs, added) = match (&delta.tracker_refs_replace, &delta.tracker_refs) {
            (Some(all), _) => (Vec::new(), all),
            (None, Some(added)) => (self.take_list(Slot::TrackerRefs), added),
            (None, None) => return self.review(delta),
        };
        for reference in added {
            if !refs.contains(&reference) {
                refs.push(reference);
            }
        }
        self.put(Slot::TrackerRefs, Held::List(refs));
        self.review(delta);
    }

    /// An empty word takes an earlier one back.
    fn review(&mut self, delta: &'r ReadDelta<'a>) {
        if let Some(review) = &delta.review {
            let is_empty = review.iter().all(|part| part.is_empty());
            let held = if is_empty {
                Held::Null
            } else {
                Held::Review(review)
            };
            self.put(Slot::Review, held);
        }
    }

    fn put(&mut self, slot: Slot, held: Held<'r, 'a>) {
        self.slots[slot as usize] = Some(held);
    }

    fn clear(&mut self, slot: Slot) {
        self.slots[slot as usize] = None;
    }

    fn take(&mut self, slot: Slot) -> Option<Held<'r, 'a>> {
        self.slots[slot as usize].take()
    }

    fn take_list(&mut self, slot: Slot) -> Vec<&'r Loose<'a>> {
        match self.take(slot) {
            Some(Held::List(items)) => items,
            _ => Vec::new(),
        }
    }

    fn finish(self) -> WorkPackage {
        let slots = Slot::ALL
            .into_iter()
            .zip(self.slots)
            .filter_map(|(slot, held)| held.map(|held| (slot, held.into_value())))
            .collect();
        WorkPackage {
            lane: self.lane,
            actor: self.actor.label().to_owned(),
            last_transition_at: self.last.map(|row| row.at.clone().into_owned()),
            last_event_id: self.last.map(|row| row.event_id.clone().into_owned()),
            force_count: self.force_count,
            slots,
        }
    }
}

impl Held<'_, '_> {
    fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Value(value) => value.to_value(),
            Self::Text(text) => Value::from(text),
            Self::Subtasks(subtasks) => subtasks
                .into_iter()
                .map(|(id, lane)| (id.to_owned(), Value::from(lane.as_str())))
                .collect::<Map<_, _>>()
                .into(),
            Self::List(items) => items.into_iter().map(Loose::to_value).collect(),
            Self::Review(parts) => REVIEW
                .iter()
                .zip(parts)
                .map(|(key, part)| ((*key).to_owned(), Value::from(part.as_ref())))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

fn is_same_time(left: &str, right: &str, order: Order) -> bool {
    match order {
        Order::Python => left == right,
        Order::Instant => Moment::of(left).cmp(&Moment::of(right)) == Ordering::Equal,
    }
}

/// Who gave the reason of a cancellation. Rows from before that was written are told by their wording.
fn reason_source<'r>(row: &'r TransitionRow<'_>) -> &'r str {
    const MADE_UP: [&str; 2] = ["Force move to ", "move-task: "];
    if let Some(source) = &row.reason_source {
        return source;
    }
    match row.reason.as_deref() {
        Some(reason)
            if !reason.trim().is_empty()
                && !MADE_UP.iter().any(|start| reason.starts_with(start)) =>
        {
            "operator"
        }
        Some(_) | None => "synthetic",
    }
}

/// Whether a slug can stand in a path: the Python tool shows no other.
fn is_safe(slug: &str) -> bool {
    slug.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !slug.contains("..")
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
