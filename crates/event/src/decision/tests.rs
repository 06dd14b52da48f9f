//! Decisions: what is written, what is read, and what it folds to.

mod folds;
mod payloads;
mod rows;

use super::*;

pub(super) fn actor(id: &str) -> Actor {
    Actor {
        actor_id: id.to_owned(),
        actor_type: ActorType::Human,
        display_name: String::new(),
        provider: None,
        model: None,
        tool: None,
    }
}

/// An event id whose last characters are `number`.
pub(super) fn event_id(number: usize) -> EventId {
    format!("01KT119YA7GD2Y0D7MZR{number:06}").parse().unwrap()
}

pub(super) fn request(decision: &str) -> Requested {
    Requested {
        run_id: "run".to_owned(),
        decision_id: decision.parse().unwrap(),
        step_id: "plan".to_owned(),
        question: format!("What about {decision}?"),
        options: vec!["yes".to_owned(), "no".to_owned()],
        input_key: None,
        actor: actor("planner"),
    }
}

pub(super) fn answer(decision: &str, text: &str) -> Answered {
    Answered {
        run_id: "run".to_owned(),
        decision_id: decision.parse().unwrap(),
        answer: text.to_owned(),
        actor: actor("alice"),
    }
}

pub(super) fn row(number: usize, at: &str, payload: RowPayload) -> Row {
    Row {
        event_id: event_id(number),
        at: at.to_owned(),
        build_id: None,
        mission_id: None,
        payload,
    }
}
