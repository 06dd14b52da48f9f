//! Arguments of `queue`.

use clap::{Args, Subcommand};

/// The offline queue.
#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// List the events that wait, the oldest first
    ///
    /// Shows where each is: waiting, on its way, or set aside with the reason.
    #[command(after_help = "Example:\n  pawtrail queue list --set-aside")]
    List(QueueListArgs),
    /// Show an event: the exact envelope that is sent
    #[command(after_help = "Example:\n  pawtrail queue show 01KT12VTXHQVY4C5SW6XYPS16J")]
    Show(QueueIdArgs),
    /// Let an event that was set aside wait again
    #[command(after_help = "Example:\n  pawtrail queue retry 01KT12VTXHQVY4C5SW6XYPS16J")]
    Retry(QueueIdArgs),
    /// Remove an event from the queue for good
    ///
    /// What a journal holds of it stays there; it is not queued again.
    #[command(after_help = "Example:\n  pawtrail queue drop 01KT12VTXHQVY4C5SW6XYPS16J")]
    Drop(QueueIdArgs),
}

/// Which events to list.
#[derive(Debug, Args)]
pub(crate) struct QueueListArgs {
    /// Only those that were set aside
    #[arg(long)]
    pub(crate) set_aside: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u32,
}

/// Which event.
#[derive(Debug, Args)]
pub(crate) struct QueueIdArgs {
    /// The event's id: a ULID or a UUID
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}
