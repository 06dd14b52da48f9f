//! A request in other words: what tells it from another, its commit's message, and the command that asks for it.

use pawtrail_event::status::{Lane, Verdict};
use serde_json::{Value, json};

use super::{Remark, Step};
use crate::mission::Mission;
use crate::shell;

/// How many packages a message or a command names.
const NAMED: usize = 5;

/// What tells one request from another under the same key.
pub(super) fn print_of(steps: &[Step]) -> Value {
    steps
        .iter()
        .map(|step| {
            json!([
                step.wp_id,
                step.to_lane.as_str(),
                step.actor,
                step.reason,
                step.force,
                step.review_ref,
                step.reviewer,
                step.verdict.map(Verdict::as_str),
                step.execution_mode.as_str(),
            ])
        })
        .collect()
}

/// The message of the commit that holds the moves.
pub(super) fn message_of(steps: &[Step]) -> String {
    let mut lanes: Vec<(Lane, Vec<&str>)> = Vec::new();
    for step in steps {
        match lanes.iter_mut().find(|(lane, _)| *lane == step.to_lane) {
            Some((_, packages)) => packages.push(step.wp_id.as_str()),
            None => lanes.push((step.to_lane, vec![step.wp_id.as_str()])),
        }
    }
    let parts: Vec<String> = lanes
        .iter()
        .map(|(lane, packages)| match packages.len() {
            0..=NAMED => format!("{} to {lane}", packages.join(", ")),
            more => format!("{more} work packages to {lane}"),
        })
        .collect();
    format!("chore(status): move {} [skip ci]", parts.join("; "))
}

/// The command that asks for the moves, as far as a command can without its options.
pub(super) fn command_of(mission: &Mission, steps: &[Step]) -> String {
    let slug = &mission.mission_slug;
    let Some(first) = steps.first() else {
        return format!("pawtrail wp list --mission {slug}");
    };
    if steps.len() > NAMED || steps.iter().any(|step| step.to_lane != first.to_lane) {
        return format!("pawtrail wp move --stdin --mission {slug}");
    }
    let packages: Vec<&str> = steps.iter().map(|step| step.wp_id.as_str()).collect();
    let mut command = format!(
        "pawtrail wp move {} {} --mission {slug}",
        packages.join(" "),
        first.to_lane
    );
    for (option, text) in [
        ("--actor", &first.actor),
        ("--reason", &first.reason),
        ("--review-ref", &first.review_ref),
        ("--reviewer", &first.reviewer),
    ] {
        if let Some(text) = text {
            command.push_str(&format!(" {option} {}", shell::quoted(text)));
        }
    }
    if first.force {
        command.push_str(" --force");
    }
    command
}

/// The command that asks for an annotation.
pub(super) fn command_of_remark(mission: &Mission, remark: &Remark) -> String {
    let (slug, wp_id) = (&mission.mission_slug, &remark.wp_id);
    match (&remark.delta.note, &remark.delta.subtasks) {
        (Some(note), _) => {
            format!(
                "pawtrail wp note {wp_id} {} --mission {slug}",
                shell::quoted(note)
            )
        }
        (None, Some(subtasks)) => {
            let ids: Vec<String> = subtasks.keys().map(|id| shell::quoted(id)).collect();
            let state = subtasks.values().next().copied().unwrap_or(Lane::Done);
            format!(
                "pawtrail wp subtask {wp_id} {} {state} --mission {slug}",
                ids.join(" ")
            )
        }
        (None, None) => format!("pawtrail wp list --mission {slug}"),
    }
}
