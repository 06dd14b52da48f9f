//! Takes what is private out of a request or an answer before anything is made of it.
//!
//! The event is sanitized in any case. But a decision's id comes from its input key, and ids stand in commit messages,
//! receipts and later commands: so what they come from is cleaned first.

use std::borrow::Cow;

use pawtrail_event::DecisionId;
use pawtrail_event::decision::Actor;

use super::{Ask, Reply};
use crate::project::Project;

/// Cleans texts, and remembers where it had to.
pub(crate) struct Cleaner<'p> {
    project: &'p Project,
    warnings: Vec<String>,
}

impl<'p> Cleaner<'p> {
    pub(crate) fn new(project: &'p Project) -> Self {
        Self {
            project,
            warnings: Vec::new(),
        }
    }

    /// Returns the text as it may be written. `what` names it for the warning.
    pub(crate) fn text(&mut self, what: &str, text: String) -> String {
        let sanitizer = self.project.sanitizer();
        match sanitizer.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => {
                self.warnings.push(format!(
                    "{what} held private data, which was not written; a marker stands in its place"
                ));
                clean
            }
        }
    }

    /// Returns what a person should know.
    pub(crate) fn warnings(self) -> Vec<String> {
        self.warnings
    }

    fn maybe(&mut self, what: &str, text: Option<String>) -> Option<String> {
        text.map(|text| self.text(what, text))
    }

    fn actor(&mut self, actor: Actor) -> Actor {
        Actor {
            actor_id: self.text("the actor's name", actor.actor_id),
            actor_type: actor.actor_type,
            display_name: self.text("the actor's display name", actor.display_name),
            provider: self.maybe("the actor's provider", actor.provider),
            model: self.maybe("the actor's model", actor.model),
            tool: self.maybe("the actor's tool", actor.tool),
        }
    }
}

pub(super) fn ask(project: &Project, ask: Ask) -> (Ask, Vec<String>) {
    let mut cleaner = Cleaner::new(project);
    let ask = Ask {
        question: cleaner.text("the question", ask.question),
        options: ask
            .options
            .into_iter()
            .map(|option| cleaner.text("an option", option))
            .collect(),
        step: cleaner.maybe("the step", ask.step),
        input_key: ask.input_key.map(|key| {
            let key = cleaner.text("the input key", key);
            in_id(project, "input", &key)
        }),
        decision_id: ask.decision_id.map(|given| id(project, &given)),
        run: cleaner.maybe("the run", ask.run),
        actor: ask.actor.map(|actor| cleaner.actor(actor)),
        idempotency_key: ask.idempotency_key,
    };
    (ask, cleaner.warnings())
}

pub(super) fn reply(project: &Project, reply: Reply) -> (Reply, Vec<String>) {
    let mut cleaner = Cleaner::new(project);
    let reply = Reply {
        decision_id: id(project, &reply.decision_id),
        answer: cleaner.text("the answer", reply.answer),
        actor: cleaner.actor(reply.actor),
        idempotency_key: reply.idempotency_key,
    };
    (reply, cleaner.warnings())
}

/// Returns the id under which a decision is written whose id, as it was given, may hold something private.
pub fn id(project: &Project, given: &DecisionId) -> DecisionId {
    let Some((kind, rest)) = given.as_str().split_once(':') else {
        return given.clone();
    };
    let clean = project.sanitizer().text(rest);
    // A marker is a part of an id like any other word; an id that is none with it was never written.
    format!("{kind}:{}", in_id(project, kind, &clean))
        .parse()
        .unwrap_or_else(|_| given.clone())
}

/// Returns the word as it may stand in an id: behind its kind it may look like something else, such as an address.
fn in_id(project: &Project, kind: &str, word: &str) -> String {
    let id = format!("{kind}:{word}");
    let clean = project.sanitizer().text(&id);
    let start = kind.len() + 1;
    match clean.strip_prefix(&id[..start]) {
        Some(word) => word.to_owned(),
        None => clean.into_owned(),
    }
}
