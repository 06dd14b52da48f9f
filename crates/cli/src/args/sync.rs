//! Arguments of `sync`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The verbs of `sync`.
#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Allow this project to send its mission commits to a hub
    ///
    /// Contacts nobody; it says what waits and will go with the next command.
    #[command(
        after_help = "Example:\n  pawtrail sync enable http://127.0.0.1:7878 --token-file token.txt"
    )]
    Enable(EnableArgs),
    /// Withdraw the permission; nothing leaves this machine any more
    #[command(after_help = "Example:\n  pawtrail sync disable")]
    Disable,
    /// Say what waits, what was acknowledged, and whether anything is sent at all
    #[command(after_help = "Example:\n  pawtrail sync status --json")]
    Status,
    /// Connect at once and wait until all is acknowledged
    #[command(after_help = "Example:\n  pawtrail sync now --timeout 10")]
    Now(NowArgs),
    /// Show the exact bytes that would leave now, and what is held back and why
    ///
    /// Needs neither consent nor the network, and sends nothing. Bodies of batches are shown as they are before gzip; a
    /// hub with smaller limits gets the same events in more of them.
    #[command(after_help = "Examples:\n  pawtrail sync preview\n  pawtrail sync preview --json")]
    Preview,
    /// Show what left: when, what, how much, where to
    ///
    /// From the log that each frame and batch is written to before it leaves. It is kept for the last 1 to 2 MiB.
    #[command(
        after_help = "Examples:\n  pawtrail sync log\n  pawtrail sync log --kind LocalCommit --limit 10"
    )]
    Log(SyncLogArgs),
    /// Run the courier in the foreground
    #[command(after_help = "Example:\n  pawtrail sync run")]
    Run(RunArgs),
    /// Stop this clone's courier, if one runs
    ///
    /// One that doesn't answer is shut out: it sends nothing any more, and ends by itself if it ever goes on. What waits is
    /// safe; the next command that has something to deliver starts another one.
    #[command(after_help = "Example:\n  pawtrail sync stop")]
    Stop,
}

/// Arguments of `sync enable`.
#[derive(Debug, Args)]
pub(crate) struct EnableArgs {
    /// The hub's address: `https://…`, or `http://…` on this machine
    pub(crate) url: String,
    /// The project's token, as `pawtrail hub token create` printed it
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    pub(crate) token: Option<String>,
    /// A file that holds the token; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Send only what is committed from now on
    #[arg(long)]
    pub(crate) from_now: bool,
}

/// Arguments of `sync log`.
#[derive(Debug, Args)]
pub(crate) struct SyncLogArgs {
    /// The most entries to show; the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Only entries of this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<LogKind>,
}

/// What can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogKind {
    /// An attempt to connect, with the token
    #[value(name = "connect")]
    Connect,
    /// The question after a hub's limits, without the token
    #[value(name = "health")]
    Health,
    /// A commit's frame
    #[value(name = "LocalCommit")]
    LocalCommit,
    /// The answer to a hub's ping
    #[value(name = "pong")]
    Pong,
    /// A batch of events
    #[value(name = "events")]
    Events,
}

impl LogKind {
    /// Its name in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Health => "health",
            Self::LocalCommit => "LocalCommit",
            Self::Pong => "pong",
            Self::Events => "events",
        }
    }
}

/// Arguments of `sync now`.
#[derive(Debug, Args)]
pub(crate) struct NowArgs {
    /// How long to wait at most, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// Arguments of `sync run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Started by a command, not by a person
    #[arg(long, hide = true)]
    pub(crate) background: bool,
    /// The git directory to serve, where there is no checkout to start in
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) repo: Option<PathBuf>,
}
