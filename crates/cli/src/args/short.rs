//! The short way to understand the commands that are run most: only the one that is named is known.
//!
//! To say what all commands take costs more time and memory than to read most lines. Whatever is not understood here, a
//! question for help too, goes the long way, which has the words for it.

use std::ffi::OsString;

use clap::{ArgMatches, Args, FromArgMatches};

use super::hooks::HooksRunArgs;
use super::{
    AnswerArgs, Cli, Command, DecisionCommand, GlobalArgs, HooksCommand, ListArgs, LogArgs,
    MoveArgs, RequestArgs, RunArgs, ShowArgs, SyncCommand, WpCommand,
};

/// One of these commands: its noun and verb, what it takes, and what is made of that.
type Known = (
    [&'static str; 2],
    fn(clap::Command) -> clap::Command,
    fn(&ArgMatches) -> Result<Command, clap::Error>,
);

const KNOWN: [Known; 8] = [
    (["decision", "answer"], AnswerArgs::augment_args, |found| {
        AnswerArgs::from_arg_matches(found).map(|args| DecisionCommand::Answer(args).into())
    }),
    (
        ["decision", "request"],
        RequestArgs::augment_args,
        |found| {
            RequestArgs::from_arg_matches(found).map(|args| DecisionCommand::Request(args).into())
        },
    ),
    (["decision", "list"], ListArgs::augment_args, |found| {
        ListArgs::from_arg_matches(found).map(|args| DecisionCommand::List(args).into())
    }),
    (["decision", "show"], ShowArgs::augment_args, |found| {
        ShowArgs::from_arg_matches(found).map(|args| DecisionCommand::Show(args).into())
    }),
    (["decision", "log"], LogArgs::augment_args, |found| {
        LogArgs::from_arg_matches(found).map(|args| DecisionCommand::Log(args).into())
    }),
    (["wp", "move"], MoveArgs::augment_args, |found| {
        MoveArgs::from_arg_matches(found).map(|args| Command::Wp(WpCommand::Move(args)))
    }),
    (["hooks", "run"], HooksRunArgs::augment_args, |found| {
        HooksRunArgs::from_arg_matches(found).map(|args| Command::Hooks(HooksCommand::Run(args)))
    }),
    (["sync", "run"], RunArgs::augment_args, |found| {
        RunArgs::from_arg_matches(found).map(|args| Command::Sync(SyncCommand::Run(args)))
    }),
];

impl From<DecisionCommand> for Command {
    fn from(command: DecisionCommand) -> Self {
        Self::Decision(command)
    }
}

/// Understands a line that begins with such a command and has no mistake.
pub(crate) fn parse(words: &[OsString]) -> Option<Cli> {
    let (program, rest) = words.split_first()?;
    let (named, rest) = rest.split_at_checked(2)?;
    let (_, takes, make) = KNOWN.iter().find(|(words, _, _)| named == words)?;
    // As if noun and verb were no words of the line: then there are no commands below commands.
    let command = takes(GlobalArgs::augment_args(clap::Command::new("pawtrail")));
    let found = command
        .try_get_matches_from([program].into_iter().chain(rest))
        .ok()?;
    Some(Cli {
        global: GlobalArgs::from_arg_matches(&found).ok()?,
        command: make(&found).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    const ID: &str = "01KT11A2B3C4D5E6F7G8H9JKMN";

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    /// What the long way makes of it.
    fn long(words: &[OsString]) -> Option<String> {
        let matches = Cli::command().try_get_matches_from(words).ok()?;
        let cli = Cli::from_arg_matches(&matches).ok()?;
        Some(format!("{cli:?}"))
    }

    #[test]
    fn both_ways_understand_the_same() {
        for line in [
            "decision answer {id} yes",
            "decision answer {id} -5 --json -C /tmp --mission m",
            "decision answer input:key yes --actor-type llm --actor coder -vv --color never",
            "decision answer --idempotency-key k {id} -- --yes",
            "decision request --question Which? --option a --option b --step s --input-key k --run r -q",
            "decision request --question Which? --actor-type human --mission m",
            "decision list --open --mission m --json",
            "decision list",
            "decision show {id} --color always",
            "decision log --ref HEAD~3 --mission m",
            "wp move WP01 WP02 in_progress --mission m --actor a --reason r",
            "wp move WP01 approved --force --review-ref x --reviewer n --verdict approved --json",
            "hooks run post-commit",
            "hooks run post-rewrite -- amend",
            "sync run",
            "sync run --background --repo /a/.git",
        ] {
            let words = words(&format!("pawtrail {}", line.replace("{id}", ID)));
            let short = parse(&words).map(|cli| format!("{cli:?}"));
            assert!(short.is_some(), "{line}");
            assert_eq!(short, long(&words), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_or_asks_for_words_goes_the_long_way() {
        for line in [
            "pawtrail",
            "pawtrail decision",
            "pawtrail decision help",
            "pawtrail decision answer",
            "pawtrail decision answer --help",
            "pawtrail decision answer -h",
            "pawtrail decision answer -V",
            "pawtrail decision answer no-id yes",
            "pawtrail decision answer 01KT11A2B3C4D5E6F7G8H9JKMN yes no",
            "pawtrail decision answer 01KT11A2B3C4D5E6F7G8H9JKMN yes --unheard-of",
            "pawtrail decision list -q -v",
            "pawtrail decision list --color sometimes",
            "pawtrail wp move",
            "pawtrail hooks run --help",
            "pawtrail hooks run no-hook",
            "pawtrail sync run --repo",
            "pawtrail --json decision list",
            "pawtrail where",
        ] {
            assert!(parse(&words(line)).is_none(), "{line}");
        }
    }
}
