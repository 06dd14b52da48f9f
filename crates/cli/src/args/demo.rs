//! Arguments of `demo`.

use clap::Args;

// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leave the hub up at the end, and the repository on disk, until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
}
