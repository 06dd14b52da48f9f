//! `completions`: the script by which a shell completes our command lines.

use clap::{Command, CommandFactory};
use clap_complete::Generator;
use clap_complete::shells::{Bash, Elvish, Fish, PowerShell, Zsh};
use serde_json::json;

use crate::args::{Cli, CompletionsArgs, ShellName};
use crate::error::CliError;
use crate::output::Done;

pub(super) fn completions(args: &CompletionsArgs) -> Result<Done, CliError> {
    let script = script(args.shell)?;
    let human = script.trim_end().to_owned();
    let data = json!({ "shell": args.shell.name(), "script": script });
    Ok(Done::new(data, human).verbatim())
}

fn script(shell: ShellName) -> Result<String, CliError> {
    let generator: &dyn Generator = match shell {
        ShellName::Bash => &Bash,
        ShellName::Zsh => &Zsh,
        ShellName::Fish => &Fish,
        ShellName::Powershell => &PowerShell,
        ShellName::Elvish => &Elvish,
    };
    let mut all = Cli::command();
    all.build();
    let mut shown = without_hidden(&all)
        .bin_name(env!("CARGO_BIN_NAME"))
        .version(env!("CARGO_PKG_VERSION"));
    shown.build();
    let mut script = Vec::new();
    generator
        .try_generate(&shown, &mut script)
        .map_err(|error| CliError::internal(&error))?;
    String::from_utf8(script).map_err(|error| CliError::internal(&error))
}

/// Makes a built command anew, without what is hidden: the generators would offer that, too.
fn without_hidden(command: &Command) -> Command {
    // A command keeps no name but one that stays; these are few, and the program ends soon.
    let shown = Command::new(&*command.get_name().to_owned().leak())
        // The options for help and version are among the others by now.
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(
            command
                .get_arguments()
                .filter(|arg| !arg.is_hide_set())
                .cloned(),
        )
        .subcommands(
            command
                .get_subcommands()
                .filter(|inner| !inner.is_hide_set())
                .map(without_hidden),
        );
    match command.get_about() {
        Some(about) => shown.about(about.clone()),
        None => shown,
    }
}
