//! The short way to understand the commands that are run most: only the one that is named is known.
//!
//! To say what all commands take costs more time and memory than to read most lines. Whatever is not understood here, a
//! question for help too, goes the long way, which has the words for it.

use std::ffi::OsString;

use clap::{Args, FromArgMatches};

use super::{AnswerArgs, Cli, GlobalArgs, ListArgs, LogArgs, RequestArgs, ShowArgs};

/// Understands a line that begins with such a command and has no mistake.
pub(crate) fn parse(words: &[OsString]) -> Option<Cli> {
    let new = |verb: &'static str| clap::Command::new(verb);
    let named: [&str; 2] = [words.get(1)?.to_str()?, words.get(2)?.to_str()?];
    let command = match named {
        ["decision", "answer"] => AnswerArgs::augment_args(new("answer")),
        ["decision", "request"] => RequestArgs::augment_args(new("request")),
        ["decision", "list"] => ListArgs::augment_args(new("list")),
        ["decision", "show"] => ShowArgs::augment_args(new("show")),
        ["decision", "log"] => LogArgs::augment_args(new("log")),
        _ => return None,
    };
    let noun = clap::Command::new("decision")
        .disable_help_subcommand(true)
        .subcommand(command);
    let root = clap::Command::new("pawtrail").disable_help_subcommand(true);
    let matches = GlobalArgs::augment_args(root)
        .subcommand(noun)
        .try_get_matches_from(words)
        .ok()?;
    Cli::from_arg_matches(&matches).ok()
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
            "answer {id} yes",
            "answer {id} -5 --json -C /tmp --mission m",
            "answer input:key yes --actor-type llm --actor coder -vv --color never",
            "answer --idempotency-key k {id} -- --yes",
            "request --question Which? --option a --option b --step s --input-key k --run r -q",
            "request --question Which? --actor-type human --mission m",
            "list --open --mission m --json",
            "list",
            "show {id} --color always",
            "log --ref HEAD~3 --mission m",
        ] {
            let words = words(&format!("pawtrail decision {}", line.replace("{id}", ID)));
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
            "pawtrail --json decision list",
            "pawtrail where",
        ] {
            assert!(parse(&words(line)).is_none(), "{line}");
        }
    }
}
