//! Arguments of `mission`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The verbs of `mission`.
#[derive(Debug, Subcommand)]
pub(crate) enum MissionCommand {
    /// Create `kitty-specs/<slug>-<mid8>/meta.json` and commit it
    ///
    /// Work packages that are written down already, `WPnn-*.md` with YAML front matter in the directory
    /// `--tasks`, or in `kitty-specs/SLUG/tasks` of a draft, become part of it and stand in the lane
    /// `planned`. Those that come later: `pawtrail wp seed`.
    #[command(
        after_help = "Examples:\n  pawtrail mission create payments --title \"Take payments\"\n  pawtrail mission create payments --tasks drafts/payments"
    )]
    Create(CreateArgs),
    /// List the missions of this clone
    #[command(after_help = "Example:\n  pawtrail mission list")]
    List,
    /// Show one mission
    #[command(after_help = "Example:\n  pawtrail mission show payments")]
    Show {
        /// Mission id, its first 8 characters, directory name, slug, or number
        #[arg(value_name = "MISSION")]
        mission: Option<String>,
    },
    /// Show or change the branch that holds a mission's events
    ///
    /// The branch is chosen once and recorded in this clone. A change takes every line along, and nothing is checked out.
    #[command(
        after_help = "Examples:\n  pawtrail mission ledger payments\n  pawtrail mission ledger payments --set agents/payments"
    )]
    Ledger(LedgerArgs),
}

/// Arguments of `mission ledger`.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Keep the mission's events on this branch from now on
    #[arg(long, value_name = "BRANCH")]
    pub(crate) set: Option<String>,
}

/// Arguments of `mission create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// A short name: letters, digits, `-` and `_`
    pub(crate) slug: String,
    /// A name for people; default: the slug
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The kind of mission, as `mission_type` in `meta.json`
    #[arg(
        long = "type",
        alias = "kind",
        value_name = "TYPE",
        default_value = "software-dev"
    )]
    pub(crate) kind: String,
    /// How the mission uses branches: single_branch, lanes or coord
    #[arg(long, default_value = "single_branch", hide_possible_values = true)]
    pub(crate) topology: TopologyArg,
    /// Who answers the mission's audits: a role or a name that may be public
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Option<String>,
    /// The directory with its work package files, `WPnn-*.md`
    #[arg(long, value_name = "DIR")]
    pub(crate) tasks: Option<PathBuf>,
}

/// How a mission uses branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TopologyArg {
    /// One branch for everything
    #[value(name = "single_branch")]
    SingleBranch,
    /// One branch a lane of work packages
    #[value(name = "lanes")]
    Lanes,
    /// A branch of its own for coordination files
    #[value(name = "coord")]
    Coord,
}
