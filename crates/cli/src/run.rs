//! From the command line to an exit code: parse, run, print; one document on every path.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use serde_json::json;

use crate::args::{Cli, ColorWhen, short};
use crate::commands;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, Output};

/// Runs one command line and returns the exit code.
pub(crate) fn run(words: &[OsString]) -> u8 {
    // Before clap has spoken it isn't known whether it will refuse the line, and a refusal has to be
    // JSON as well.
    let json = asks_for_json(words);
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, words, json),
    };
    let output = Output::new(&cli.global);
    let result =
        Context::new(&cli.global, output).and_then(|context| commands::run(&context, &cli));
    match result {
        Ok(done) => output.done(&done),
        Err(error) if commands::is_notice(&cli.command) => output.done(&commands::unheard(&error)),
        Err(error) => output.failed(&leading_on(error, words)),
    }
}

/// An error that says no command of its own, and that other words would not have met, names the help.
fn leading_on(error: CliError, words: &[OsString]) -> CliError {
    if error.next_step.is_none() && matches!(error.exit, 2 | 5) {
        error.next(format!("{} --help", meant(words)))
    } else {
        error
    }
}

fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    if let Some(cli) = short::parse(words) {
        return Ok(cli);
    }
    let matches = Cli::command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

/// Whether the line asks for JSON, whatever else is wrong with it.
fn asks_for_json(words: &[OsString]) -> bool {
    words
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}

/// The command that the line means, as far as it names one: `pawtrail decision answer`.
fn meant(words: &[OsString]) -> String {
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    let mut name = root.get_name().to_owned();
    for word in words.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(inner) = command.find_subcommand(word) {
            name.push(' ');
            name.push_str(inner.get_name());
            command = inner;
        }
    }
    name
}

/// Prints help, version or a usage error.
fn refuse(error: &clap::Error, words: &[OsString], json: bool) -> u8 {
    let output = Output::plain(json, ColorWhen::Auto);
    let plain = error.render().to_string();
    let asked_for_text = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if asked_for_text {
        let data = if error.kind() == ErrorKind::DisplayVersion {
            json!({ "version": env!("CARGO_PKG_VERSION") })
        } else {
            json!({ "help": plain })
        };
        let human = error.render().ansi().to_string();
        return output.done(&Done::new(data, human.trim_end().to_owned()));
    }
    if json {
        return output.failed(&CliError::usage(error.kind(), &plain, &meant(words)));
    }
    output.usage(&error.render().ansi().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn json_counts_anywhere_but_after_the_double_dash() {
        assert!(asks_for_json(&words(&["pawtrail", "decision", "--json"])));
        assert!(asks_for_json(&words(&["pawtrail", "--json", "nonsense"])));
        assert!(!asks_for_json(&words(&[
            "pawtrail", "commit", "--", "--json"
        ])));
        assert!(!asks_for_json(&words(&["--json"])));
    }
}
