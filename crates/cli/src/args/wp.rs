//! Arguments of `wp`, `board` and `status`.

use clap::{Args, Subcommand, ValueEnum};
use pawtrail_event::WorkPackageId;

use super::decision::KeyArg;

/// The verbs of `wp`.
#[derive(Debug, Subcommand)]
pub(crate) enum WpCommand {
    /// Move work packages to a lane, all in one commit
    ///
    /// A package not seen before starts at `genesis`. A move that a rule forbids changes nothing; the
    /// refusal says which rule, and what is missing. `--force` goes past the rules, with an actor and a
    /// reason.
    ///
    /// With `--stdin` the moves are JSON lines: `wp_id` and `to_lane`, and where it differs from the
    /// options `actor`, `reason`, `force`, `review_ref`, `reviewer`, `verdict`, `execution_mode`.
    #[command(
        after_help = "Examples:\n  pawtrail wp move WP01 in_progress --actor weaver\n  pawtrail wp move WP01 WP02 planned\n  pawtrail wp move WP01 approved --reviewer robin --review-ref PR#12\n  pawtrail wp move --stdin < moves.jsonl"
    )]
    Move(MoveArgs),
    /// Write a note on a work package
    #[command(
        after_help = "Example:\n  pawtrail wp note WP01 \"The fixture is flaky\" --actor weaver"
    )]
    Note(NoteArgs),
    /// Mark subtasks of a work package
    #[command(
        after_help = "Examples:\n  pawtrail wp subtask WP01 T001 T002\n  pawtrail wp subtask WP01 T002 planned"
    )]
    Subtask(SubtaskArgs),
    /// List the work packages of a mission with their lanes
    #[command(after_help = "Example:\n  pawtrail wp list --mission payments --lane in_progress")]
    List(WpListArgs),
    /// Put work packages that have a file and no lane yet on the board
    ///
    /// Every `tasks/WPnn-*.md` of the mission whose package has no row moves from `genesis` to
    /// `planned`, all in one commit. It can be run again.
    #[command(after_help = "Example:\n  pawtrail wp seed --mission payments")]
    Seed(SeedArgs),
}

/// Arguments of `wp move`.
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// The work packages, and behind them the lane
    #[arg(
        value_names = ["WP", "LANE"],
        num_args = 2..,
        required_unless_present = "stdin",
        conflicts_with = "stdin"
    )]
    pub(crate) words: Vec<String>,
    /// Read the moves from standard input, one JSON object a line
    #[arg(long)]
    pub(crate) stdin: bool,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who moves: a role or a name that may be public; default: `user`
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Go past the rules; needs `--actor` and `--reason`
    #[arg(long)]
    pub(crate) force: bool,
    /// What the review refers to: a pull request, a file, a message
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) review_ref: Option<String>,
    /// Who reviewed
    #[arg(long, value_name = "NAME")]
    pub(crate) reviewer: Option<String>,
    /// What came of the review: approved or changes_requested; default: what the lane stands for
    #[arg(long, hide_possible_values = true)]
    pub(crate) verdict: Option<VerdictArg>,
    /// Where the work is done: worktree or direct_repo
    #[arg(
        long,
        value_name = "MODE",
        default_value = "worktree",
        hide_possible_values = true
    )]
    pub(crate) execution_mode: ModeArg,
    /// Retries
    #[command(flatten)]
    pub(crate) key: KeyArg,
}

/// What came of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictArg {
    /// It is good
    #[value(name = "approved")]
    Approved,
    /// It has to be changed
    #[value(name = "changes_requested")]
    ChangesRequested,
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// In a worktree of its own
    #[value(name = "worktree")]
    Worktree,
    /// In the repository itself
    #[value(name = "direct_repo")]
    DirectRepo,
}

/// Arguments of `wp note`.
#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// The work package
    #[arg(value_name = "WP")]
    pub(crate) wp_id: WorkPackageId,
    /// The note
    pub(crate) text: String,
    /// What each annotation takes
    #[command(flatten)]
    pub(crate) common: AnnotateArgs,
}

/// Arguments of `wp subtask`.
#[derive(Debug, Args)]
pub(crate) struct SubtaskArgs {
    /// The work package
    #[arg(value_name = "WP")]
    pub(crate) wp_id: WorkPackageId,
    /// The subtasks, and behind them what they are: `done` (as without it), or `planned` again
    #[arg(value_names = ["SUBTASK", "STATE"], num_args = 1.., required = true)]
    pub(crate) words: Vec<String>,
    /// What each annotation takes
    #[command(flatten)]
    pub(crate) common: AnnotateArgs,
}

/// What each annotation takes.
#[derive(Debug, Args)]
pub(crate) struct AnnotateArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who says so: a role or a name that may be public; default: `user`
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Retries
    #[command(flatten)]
    pub(crate) key: KeyArg,
}

/// Arguments of `wp list`.
#[derive(Debug, Args)]
pub(crate) struct WpListArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Only those in this lane
    #[arg(long)]
    pub(crate) lane: Option<String>,
}

/// Arguments of `wp seed`.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who puts them there; default: `user`
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
}

// Arguments of `board`.
#[derive(Debug, Args)]
pub(crate) struct BoardArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(value_name = "MISSION")]
    pub(crate) handle: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "MISSION", conflicts_with = "handle")]
    pub(crate) mission: Option<String>,
    /// Draw it again with each change, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

/// The verbs of `status`.
#[derive(Debug, Subcommand)]
pub(crate) enum StatusCommand {
    /// Reduce a mission's `status.events.jsonl` to its `status.json`
    ///
    /// Without `--json` the exact bytes go to standard output. It reads and never writes.
    #[command(
        after_help = "Examples:\n  pawtrail status fold --mission payments\n  pawtrail status fold --mission payments --check\n  pawtrail status fold --check --all"
    )]
    Fold(FoldArgs),
}

/// Arguments of `status fold`.
#[derive(Debug, Args)]
pub(crate) struct FoldArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Compare each `status.json` with what the log beside it folds to; exit code 1 where one differs
    #[arg(long)]
    pub(crate) check: bool,
    /// Check the missions of this clone, all of them
    #[arg(long, requires = "check", conflicts_with = "mission")]
    pub(crate) all: bool,
    /// Order the rows by their times as text, as the Python tool does (python), or by the instants
    /// that these name (instant); default: `status.order` in .kittify/config.yaml, else python
    #[arg(long, hide_possible_values = true)]
    pub(crate) order: Option<OrderArg>,
}

/// By what rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    /// By their times as text
    Python,
    /// By the instants that their times name
    Instant,
}
