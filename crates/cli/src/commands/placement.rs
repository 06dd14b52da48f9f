//! `where`: says where a mission's files live, who chose that, and why.

use pawtrail_repo::engine::{self, Choice};
use pawtrail_repo::placement::{ChosenBy, Placement, placement};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, branch};

pub(super) fn place(context: &Context, handle: Option<&str>) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, handle)?;
    let place = placement(&project, &mission)?;
    let choice = engine::choose(&project, &place)?;
    let mut text = Text::new(&format!("{}: {}", mission.mission_slug, mission.title))
        .field("ledger", branch(&place.ledger_ref))
        .field("because", reason(place.chosen_by))
        .field("directory", &place.dir);
    for checkout in &place.checkouts {
        text = text.field("checkout", checkout.root.display());
    }
    if place.checkouts.is_empty() {
        text = text.field("checkout", "nowhere; it is written without a checkout");
    }
    if let Some((root, operation)) = &place.busy {
        text = text.field("busy", format!("{operation} in {}", root.display()));
    }
    if !place.seen_by_python {
        text = text.field(
            "note",
            "tools that read only the primary checkout's files won't see what is written there",
        );
        let own = match place.chosen_by {
            ChosenBy::OwnBranch => "; an empty `protection.protected_branches` protects none",
            ChosenBy::Meta
            | ChosenBy::ExistingBranch
            | ChosenBy::RemoteBranch
            | ChosenBy::CurrentBranch
            | ChosenBy::Command
            | ChosenBy::AnotherClone => "",
        };
        text = text.field(
            "way out",
            format!(
                "pawtrail mission ledger {} --set BRANCH, with the branch that is checked out there{own}",
                mission.mission_slug
            ),
        );
    }
    text = text.field(
        "engine",
        format!("{}; {}", choice.engine.as_str(), choice.reason),
    );
    let text = text.next(&format!(
        "pawtrail decision list --mission {}",
        mission.mission_slug
    ));
    let data = json!({
        "mission": to_json(&mission)?,
        "placement": document(&place, &choice)?,
    });
    Ok(Done::new(data, text.done()))
}

/// The placement as data.
pub(super) fn document(place: &Placement, choice: &Choice) -> Result<Value, CliError> {
    let checkouts: Vec<Value> = place
        .checkouts
        .iter()
        .map(|checkout| json!(checkout.root.display().to_string()))
        .collect();
    let busy = place.busy.as_ref().map(|(root, operation)| {
        json!({ "operation": operation, "checkout": root.display().to_string() })
    });
    Ok(json!({
        "ledger_ref": place.ledger_ref,
        "chosen_by": to_json(&place.chosen_by)?,
        "why": reason(place.chosen_by),
        "recorded": place.recorded,
        "tip": place.tip.map(|id| id.to_string()),
        "base": place.base.map(|id| id.to_string()),
        "dir": place.dir,
        "checkouts": checkouts,
        "busy": busy,
        "seen_by_python": place.seen_by_python,
        "engine": to_json(&choice.engine)?,
        "engine_reason": choice.reason,
    }))
}

pub(super) fn reason(chosen_by: ChosenBy) -> &'static str {
    match chosen_by {
        ChosenBy::Meta => "the mission's meta.json names it",
        ChosenBy::ExistingBranch => "the mission's own branch was there already",
        ChosenBy::RemoteBranch => "the mission's own branch was on a remote already",
        ChosenBy::CurrentBranch => "the primary checkout was on this unprotected branch",
        ChosenBy::Command => "it was set by `pawtrail mission ledger --set`",
        ChosenBy::AnotherClone => {
            "it was set by `pawtrail mission ledger --set` in another clone, and a branch tells of it"
        }
        ChosenBy::OwnBranch => "the current branch is protected, detached or none",
    }
}
