//! Arguments of what is made from the command line itself: `completions`, `man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

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
