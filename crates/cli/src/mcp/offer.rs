//! Which commands agents are offered as tools, and which they are not, with the reason.

use clap::Arg;

/// A tool: a command, or one use of it.
#[derive(Debug)]
pub(super) struct Offer {
    /// The tool's name.
    pub(super) name: &'static str,
    /// The command: noun and verb.
    pub(super) command: &'static [&'static str],
    /// The flags that each call gives, by their long names.
    pub(super) always: &'static [&'static str],
    /// The arguments that aren't offered, by their ids.
    pub(super) without: &'static [&'static str],
    /// The arguments that have to be given here, though the command can do without.
    pub(super) required: &'static [&'static str],
    /// What a call does.
    pub(super) effect: Effect,
}

/// What a call does. None takes anything away: such commands are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It reads.
    Reads,
    /// It writes, and each call writes again.
    Writes,
    /// It writes, and the same call again changes nothing.
    WritesOnce,
    /// It sends what waits to the hub that a person has allowed, and waits for it.
    Sends,
}

/// Takes what is named, and of the rest nothing.
const fn offer(name: &'static str, command: &'static [&'static str], effect: Effect) -> Offer {
    Offer {
        name,
        command,
        always: &[],
        without: &[],
        required: &[],
        effect,
    }
}

/// The tools, in the order in which they are listed.
pub(super) const OFFERED: &[Offer] = &[
    offer("where", &["where"], Effect::Reads),
    offer("init", &["init"], Effect::WritesOnce).without(&["hooks"]),
    offer("mission_list", &["mission", "list"], Effect::Reads),
    offer("mission_show", &["mission", "show"], Effect::Reads),
    offer("mission_create", &["mission", "create"], Effect::Writes),
    offer("decision_request", &["decision", "request"], Effect::Writes),
    offer(
        "decision_answer",
        &["decision", "answer"],
        Effect::WritesOnce,
    ),
    offer("decision_list", &["decision", "list"], Effect::Reads),
    offer("decision_show", &["decision", "show"], Effect::Reads),
    offer("decision_log", &["decision", "log"], Effect::Reads),
    offer("next", &["next"], Effect::Reads).without(&[
        "result",
        "step",
        "answer",
        "decision_id",
        "take_over",
        "actor",
        "actor_type",
    ]),
    offer("next_report", &["next"], Effect::Writes)
        .without(&["take_over"])
        .required(&["agent", "result"]),
    offer("next_take_over", &["next"], Effect::WritesOnce)
        .always(&["take_over"])
        .without(&[
            "result",
            "step",
            "answer",
            "decision_id",
            "actor",
            "actor_type",
        ])
        .required(&["agent"]),
    offer(
        "next_template_check",
        &["next", "template", "check"],
        Effect::Reads,
    ),
    offer("wp_move", &["wp", "move"], Effect::Writes).without(&["stdin"]),
    offer("wp_note", &["wp", "note"], Effect::Writes),
    offer("wp_subtask", &["wp", "subtask"], Effect::Writes),
    offer("wp_list", &["wp", "list"], Effect::Reads),
    offer("wp_seed", &["wp", "seed"], Effect::WritesOnce),
    offer("board", &["board"], Effect::Reads).without(&["mission", "watch"]),
    offer("status_fold", &["status", "fold"], Effect::Reads),
    offer("glossary_observe", &["glossary", "observe"], Effect::Writes),
    offer("glossary_sense", &["glossary", "sense"], Effect::Writes),
    offer("glossary_ask", &["glossary", "ask"], Effect::Writes),
    offer("glossary_resolve", &["glossary", "resolve"], Effect::Writes),
    offer("glossary_list", &["glossary", "list"], Effect::Reads).without(&["mission"]),
    offer("glossary_show", &["glossary", "show"], Effect::Reads).without(&["mission"]),
    offer("glossary_rebuild", &["glossary", "rebuild"], Effect::Reads).without(&["fix", "mission"]),
    offer(
        "glossary_rebuild_fix",
        &["glossary", "rebuild"],
        Effect::WritesOnce,
    )
    .always(&["fix"])
    .without(&["check"]),
    offer("commit", &["commit"], Effect::Writes),
    offer("verify", &["verify"], Effect::Reads),
    offer("audit", &["audit"], Effect::Reads),
    offer("doctor", &["doctor"], Effect::Reads).without(&["fix"]),
    offer("doctor_fix", &["doctor"], Effect::WritesOnce).always(&["fix"]),
    offer("sync_status", &["sync", "status"], Effect::Reads),
    offer("sync_preview", &["sync", "preview"], Effect::Reads),
    offer("sync_log", &["sync", "log"], Effect::Reads),
    offer("sync_now", &["sync", "now"], Effect::Sends),
    offer("queue_list", &["queue", "list"], Effect::Reads),
    offer("queue_show", &["queue", "show"], Effect::Reads),
];

/// Commands that no tool runs; a command above others stands for all below it.
pub(super) const LEFT_OUT: &[(&[&str], &str)] = &[
    (&["sync", "enable"], CONSENT),
    (&["sync", "disable"], CONSENT),
    (
        &["sync", "stop"],
        "a person decides over the background process",
    ),
    (&["sync", "run"], "it runs until it is ended"),
    (
        &["hub"],
        "a person serves a hub and makes its tokens, which nobody else may see",
    ),
    (&["hooks"], "a person decides what git runs"),
    (
        &["mission", "ledger"],
        "a person decides which branch holds a mission; `where` shows it",
    ),
    (&["next", "owner"], AUTHORITY),
    (&["next", "delegate"], AUTHORITY),
    (&["next", "unblock"], AUTHORITY),
    (&["next", "template", "adopt"], AUTHORITY),
    (&["queue", "retry"], "a person judges what a hub refused"),
    (&["queue", "drop"], "it takes an event away for good"),
    (
        &["sanitize"],
        "it filters standard input, which is the protocol's here",
    ),
    (&["merge-events"], "git runs it"),
    (&["mcp"], "it is what serves the tools"),
    (&["demo"], "it shows Pawtrail to people"),
    (&["completions"], "it is for shells"),
    (&["man"], "it is for people"),
    (&["schema"], "it is for who writes programs"),
];

const CONSENT: &str = "a person decides what may leave the machine";
const AUTHORITY: &str = "a person decides who may decide, and when a blocked run goes on";

impl Offer {
    /// Whether the tool takes an argument of its command.
    pub(super) fn takes(&self, arg: &Arg) -> bool {
        let id = arg.get_id().as_str();
        !(arg.is_hide_set() || self.without.contains(&id) || self.always.contains(&id))
    }

    const fn always(mut self, flags: &'static [&'static str]) -> Self {
        self.always = flags;
        self
    }

    const fn without(mut self, ids: &'static [&'static str]) -> Self {
        self.without = ids;
        self
    }

    const fn required(mut self, ids: &'static [&'static str]) -> Self {
        self.required = ids;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, CommandFactory};

    use super::*;
    use crate::args::Cli;

    /// Every command that does something, by its words.
    fn leaves(command: &Command, words: &[String], found: &mut BTreeSet<Vec<String>>) {
        let inner: Vec<&Command> = command.get_subcommands().collect();
        if inner.is_empty() || !command.is_subcommand_required_set() {
            found.insert(words.to_vec());
        }
        for command in inner {
            leaves(
                command,
                &[words, &[command.get_name().to_owned()]].concat(),
                found,
            );
        }
    }

    #[test]
    fn each_command_is_offered_or_left_out_with_a_reason() {
        let mut program = Cli::command();
        program.build();
        let mut all = BTreeSet::new();
        for command in program.get_subcommands() {
            leaves(command, &[command.get_name().to_owned()], &mut all);
        }
        let offered: BTreeSet<Vec<String>> = OFFERED
            .iter()
            .map(|offer| offer.command.iter().copied().map(String::from).collect())
            .collect();
        for words in &all {
            let left_out = LEFT_OUT
                .iter()
                .any(|(left, _)| words.starts_with(&left.map_owned()));
            assert!(
                left_out != offered.contains(words),
                "`{}`: put it into OFFERED or into LEFT_OUT",
                words.join(" ")
            );
        }
        assert!(offered.is_subset(&all));
        for (left, reason) in LEFT_OUT {
            let left = left.map_owned();
            assert!(all.iter().any(|words| words.starts_with(&left)), "{left:?}");
            assert!(!reason.is_empty());
        }
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for &[&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().copied().map(String::from).collect()
        }
    }

    #[test]
    fn nothing_that_is_offered_grants_consent_or_runs_on() {
        for offer in OFFERED {
            assert!(!matches!(
                offer.command,
                ["sync", "enable" | "run"] | ["hub", ..]
            ));
            let name: BTreeSet<char> = offer.name.chars().collect();
            assert!(name.iter().all(|c| c.is_ascii_lowercase() || *c == '_'));
        }
        let names: BTreeSet<&str> = OFFERED.iter().map(|offer| offer.name).collect();
        assert_eq!(names.len(), OFFERED.len());
    }
}
