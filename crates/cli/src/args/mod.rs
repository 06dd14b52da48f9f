//! The command line, as types. The doc comments are the help.

mod commit;
mod decision;
mod demo;
mod generated;
mod glossary;
mod hooks;
mod hub;
mod ledger;
mod mcp;
mod mission;
mod next;
mod privacy;
mod queue;
pub(crate) mod short;
mod sync;
mod wp;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use commit::CommitArgs;
pub(crate) use decision::{
    ActorArgs, ActorKind, AnswerArgs, DecisionCommand, ListArgs, LogArgs, RequestArgs, ShowArgs,
};
pub(crate) use demo::DemoArgs;
pub(crate) use generated::{CompletionsArgs, ManArgs, SchemaArgs, ShellName};
pub(crate) use glossary::{
    AskArgs, GlossaryCommand, ObserveArgs, RebuildArgs, ResolveArgs, ScopeName, SenseArgs,
    UrgencyName,
};
pub(crate) use hooks::{HookArg, HooksCommand};
pub(crate) use hub::{HubCommand, ServeArgs, StoreArg, TokenCommand, TokenCreateArgs};
pub(crate) use ledger::{DoctorArgs, MergeEventsArgs, VerifyArgs};
pub(crate) use mcp::McpArgs;
pub(crate) use mission::{CreateArgs, LedgerArgs, MissionCommand, TopologyArg};
pub(crate) use next::{NextArgs, NextCommand, ResultName, TemplateCommand, TurnArgs};
pub(crate) use privacy::{AuditArgs, SanitizeArgs};
pub(crate) use queue::{QueueCommand, QueueIdArgs, QueueListArgs};
pub(crate) use sync::{EnableArgs, NowArgs, RunArgs, SyncCommand, SyncLogArgs};
pub(crate) use wp::{
    AnnotateArgs, BoardArgs, FoldArgs, ModeArg, MoveArgs, NoteArgs, OrderArg, SeedArgs,
    StatusCommand, SubtaskArgs, VerdictArg, WpCommand, WpListArgs,
};

/// Spec-driven work with coding agents, with a memory that can be trusted.
///
/// Every decision of a mission is a line in git, committed before the command returns, from any
/// worktree, while nobody's index or files move. With a hub, the team sees it within a second.
#[derive(Debug, Parser)]
#[command(
    name = "pawtrail",
    bin_name = "pawtrail",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "See it work: pawtrail demo"
)]
pub(crate) struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct GlobalArgs {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) dir: Option<PathBuf>,
    /// Print exactly one JSON document on standard output
    #[arg(long, global = true, overrides_with = "json")]
    pub(crate) json: bool,
    /// Say more on standard error; twice: everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Print nothing but errors and the content of files
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        overrides_with = "quiet"
    )]
    pub(crate) quiet: bool,
    /// Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true,
        global = true
    )]
    pub(crate) color: ColorWhen,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// Where standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Also install the git hooks, as `pawtrail hooks install` does
    #[arg(long)]
    pub(crate) hooks: bool,
}

/// The nouns.
#[derive(Debug, Subcommand)]
// What a noun takes is worked out when the line names it. The types of such arguments have no doc comments, which
// would then replace the help here.
#[command(defer = true)]
pub(crate) enum Command {
    /// Prepare this repository: project identity, ignore rules
    ///
    /// Changes nothing that is there already, so it can be run again.
    #[command(after_help = "Examples:\n  pawtrail init\n  pawtrail init --hooks")]
    Init(InitArgs),
    /// Missions: create, list, show, ledger
    #[command(subcommand)]
    Mission(MissionCommand),
    /// Say where a mission's files live, who chose that, and why
    #[command(after_help = "Example:\n  pawtrail where payments")]
    Where {
        /// Mission id, its first 8 characters, directory name, slug, or number
        #[arg(value_name = "MISSION")]
        mission: Option<String>,
    },
    /// Decisions: request, answer, list, show, log
    #[command(subcommand)]
    Decision(DecisionCommand),
    /// Say what comes next in a mission: a step, a question, or the end
    ///
    /// Without --result nothing is written. With it, the step that the agent has is reported on, and the next one is
    /// issued to it; with --answer a decision is answered first. Repeat a report safely with --step, an answer with
    /// --decision-id.
    #[command(
        after_help = "Examples:\n  pawtrail next --mission payments\n  pawtrail next --mission payments --agent coder --result success --step specify\n  pawtrail next --mission payments --agent coder --result success --decision-id input:database --answer sqlite --actor-type human --actor lead"
    )]
    Next(NextArgs),
    /// Work packages: move, note, subtask, list, seed
    #[command(subcommand)]
    Wp(WpCommand),
    /// Draw a mission's work packages by lane
    #[command(after_help = "Examples:\n  pawtrail board payments\n  pawtrail board --watch")]
    Board(BoardArgs),
    /// The status snapshot, `status.json`: fold, check
    #[command(subcommand)]
    Status(StatusCommand),
    /// The glossary: observe, sense, ask, resolve, list, show, rebuild
    #[command(subcommand)]
    Glossary(GlossaryCommand),
    /// Commit exactly the named paths; index, stash and other files stay as they are
    #[command(
        after_help = "Example:\n  pawtrail commit -m \"Describe the payment flow\" kitty-specs/payments-01KT119Y/spec.md"
    )]
    Commit(CommitArgs),
    /// Prove that every answer is in a commit, and say which remotes have it
    #[command(
        after_help = "Examples:\n  pawtrail verify\n  pawtrail verify --mission payments --json"
    )]
    Verify(VerifyArgs),
    /// Say where event files hold private data, never what
    ///
    /// Looks at the work tree and the index. Ends with 1 where something was found.
    #[command(
        after_help = "Examples:\n  pawtrail audit\n  pawtrail audit --history --json\n  pawtrail audit kitty-specs/payments-01KT119Y"
    )]
    Audit(AuditArgs),
    /// Take private data out of JSON, from standard input to standard output
    ///
    /// What holds nothing private comes out byte for byte. With --json, counts instead of the text.
    #[command(
        after_help = "Examples:\n  pawtrail sanitize < event.json\n  pawtrail sanitize --lines < events.jsonl > clean.jsonl"
    )]
    Sanitize(SanitizeArgs),
    /// Git hooks: install, remove, run
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// Say what is wrong with this clone, and mend it
    #[command(after_help = "Examples:\n  pawtrail doctor\n  pawtrail doctor --fix")]
    Doctor(DoctorArgs),
    /// Merge three versions of an event file, as git asks its merge driver to
    #[command(
        hide = true,
        after_help = "Git runs it once `pawtrail init` has set it up:\n  pawtrail merge-events %O %A %B --path=%P"
    )]
    MergeEvents(MergeEventsArgs),
    /// What may leave this machine, and whether it has
    #[command(subcommand)]
    Sync(SyncCommand),
    /// The offline queue: list, show, retry, drop
    #[command(subcommand)]
    Queue(QueueCommand),
    /// The server and its live board
    #[command(subcommand)]
    Hub(HubCommand),
    /// Serve coding agents: an MCP server on standard input and output
    ///
    /// An agent's client starts it and asks for tools, one a command, such as `decision_answer`. What a tool answers is what
    /// its command prints with --json. A tool works in this directory, or in the checkout that the call names in `dir`.
    #[command(
        after_help = "Examples, the first for Claude Code:\n  claude mcp add pawtrail -- pawtrail mcp\n  pawtrail mcp --list\n\nFor clients that keep their servers in a JSON file:\n  {\"mcpServers\": {\"pawtrail\": {\"command\": \"pawtrail\", \"args\": [\"mcp\"]}}}"
    )]
    Mcp(McpArgs),
    /// Show the whole story on a scratch repository and a real hub, measured
    #[command(after_help = "Examples:\n  pawtrail demo\n  pawtrail demo --keep")]
    Demo(DemoArgs),
    /// Print the script by which a shell completes command lines
    ///
    /// With --json, the script is in `data.script`. In `.zshrc`, the line below belongs behind `compinit`.
    #[command(
        after_help = "Examples, one for each shell; each takes effect when the shell is started next:\n  echo 'eval \"$(pawtrail completions bash)\"' >> ~/.bashrc\n  echo 'source <(pawtrail completions zsh)' >> ~/.zshrc\n  echo 'pawtrail completions fish | source' >> ~/.config/fish/config.fish\n  Add-Content $PROFILE 'pawtrail completions powershell | Out-String | Invoke-Expression'\n  echo 'eval (pawtrail completions elvish | slurp)' >> ~/.config/elvish/rc.elv"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    ///
    /// Without --dir, the program's own page goes to standard output (`data.page` with --json). With it, `pawtrail.1`,
    /// `pawtrail-decision.1` and so on are written, and nothing else (`data.pages`).
    #[command(
        after_help = "Examples:\n  pawtrail man | man -l -\n  pawtrail man --dir ~/.local/share/man/man1"
    )]
    Man(ManArgs),
    /// Print the JSON Schema of a frame, a file or an answer
    ///
    /// For whoever writes a hub, a client or another tool: the schemas (draft 2020-12) say what this program reads and
    /// writes. Without a name, all are listed (`data.schemas` with --json; the schema itself is `data.schema`).
    #[command(
        after_help = "Examples:\n  pawtrail schema\n  pawtrail schema local-commit > local-commit.json\n  pawtrail schema --dir schemas"
    )]
    Schema(SchemaArgs),
}
