//! A mission's retrospective in its snapshot: folded from the rows with an `event_name`.

use serde_json::{Value, json};

use super::log::Log;
use super::loose::Loose;
use super::row::{RetrospectiveRow, Row};

/// Where a mission's retrospective stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrospective {
    /// `pending`, or how it ended: `completed`, `skipped`, `failed`.
    pub status: &'static str,
    /// How it was asked for: `value` and `source_signal`; null where that wasn't said.
    pub mode: Value,
    /// The file it was written to.
    pub record_path: Option<String>,
    /// How many proposals it made.
    pub generated: usize,
    /// How many of them were applied.
    pub applied: usize,
    /// How many of them were rejected.
    pub rejected: usize,
}

impl Retrospective {
    pub(super) fn to_value(&self) -> Value {
        json!({
            "status": self.status,
            "mode": self.mode,
            "record_path": self.record_path,
            "proposals_total": self.generated,
            "proposals_applied": self.applied,
            "proposals_rejected": self.rejected,
            "proposals_pending": self.generated.saturating_sub(self.applied + self.rejected),
        })
    }
}

/// Folds the retrospective of a log; nothing where it has none.
pub(super) fn reduce(log: &Log<'_>) -> Option<Retrospective> {
    let mut rows: Vec<&RetrospectiveRow<'_>> = log
        .rows()
        .filter_map(|(_, row)| match row {
            Row::Retrospective(row) if row.is_named => Some(row.as_ref()),
            Row::Retrospective(_)
            | Row::Transition(_)
            | Row::Annotation(_)
            | Row::Lifecycle(_)
            | Row::DecisionPoint(_)
            | Row::Other(_) => None,
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|left, right| key(left).cmp(&key(right)));
    let name = |row: &RetrospectiveRow<'_>| row.head.event_type.as_deref().map(str::to_owned);
    let count = |wanted: &str| {
        rows.iter()
            .filter(|row| row.head.event_type.as_deref() == Some(wanted))
            .count()
    };
    let end = rows.iter().rev().find_map(|row| {
        let status = match name(row)?.as_str() {
            "retrospective.completed" => "completed",
            "retrospective.skipped" => "skipped",
            "retrospective.failed" => "failed",
            _ => return None,
        };
        Some((status, *row))
    });
    let request = rows
        .iter()
        .rev()
        .find(|row| row.head.event_type.as_deref() == Some("retrospective.requested"));
    let path = end.and_then(|(_, row)| row.record_path.as_ref());
    Some(Retrospective {
        status: end.map_or("pending", |(status, _)| status),
        mode: request
            .and_then(|row| row.mode.as_ref())
            .filter(|mode| is_mode(mode))
            .map_or(Value::Null, Loose::to_value),
        record_path: path
            .filter(|path| !matches!(path, Loose::Null))
            .and_then(Loose::to_text)
            .map(std::borrow::Cow::into_owned),
        generated: count("retrospective.proposal.generated"),
        applied: count("retrospective.proposal.applied"),
        rejected: count("retrospective.proposal.rejected"),
    })
}

fn key<'r>(row: &'r RetrospectiveRow<'_>) -> (&'r str, &'r str) {
    let head = &row.head;
    (
        head.at.as_deref().unwrap_or_default(),
        head.event_id.as_deref().unwrap_or_default(),
    )
}

/// Whether a mode is one that the Python tool accepts; it shows no other.
fn is_mode(mode: &Loose<'_>) -> bool {
    let holds = |value: &Loose<'_>, key: &str, allowed: &[&str]| match value.get(key) {
        Some(Loose::Text(text)) => allowed.is_empty() || allowed.contains(&text.as_ref()),
        Some(_) | None => false,
    };
    let has_two = |value: &Loose<'_>| matches!(value, Loose::Map(entries) if entries.len() == 2);
    let signals = [
        "charter_override",
        "explicit_flag",
        "environment",
        "parent_process",
    ];
    has_two(mode)
        && holds(mode, "value", &["autonomous", "human_in_command"])
        && mode.get("source_signal").is_some_and(|signal| {
            has_two(signal) && holds(signal, "kind", &signals) && holds(signal, "evidence", &[])
        })
}
