//! Arguments of what is made from the program itself: `completions`, `man`, `schema`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum, ValueHint};

use crate::schemas;

/// The shells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShellName {
    /// The shell of GNU
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
    /// On Windows and elsewhere
    Powershell,
    /// Elvish
    Elvish,
}

impl ShellName {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}

// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that is to complete: bash, zsh, fish, powershell or elvish
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: ShellName,
}

// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this directory, which is made where missing
    // Its id is not `dir`, which is that of -C.
    #[arg(long = "dir", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) pages: Option<PathBuf>,
}

// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The schema to print; without it, all are listed
    #[arg(value_name = "NAME", value_parser = SchemaName, hide_possible_values = true)]
    pub(crate) name: Option<String>,
    /// Write each schema into this directory, as `<name>.json`; it is made where missing
    // Its id is not `dir`, which is that of -C.
    #[arg(long = "dir", value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "name")]
    pub(crate) files: Option<PathBuf>,
}

/// Takes any name, and tells shells those that there are, with what each is of: the command itself says which are near
/// one that is none.
#[derive(Debug, Clone, Copy)]
struct SchemaName;

impl TypedValueParser for SchemaName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        let values = schemas::all().map(|one| PossibleValue::new(one.name).help(one.title));
        Some(Box::new(values))
    }
}
