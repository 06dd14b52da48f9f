//! Arguments of `mcp`.

use clap::Args;

// Arguments of `mcp`.
#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Show the tools, and what is left out, instead of serving them
    #[arg(long)]
    pub(crate) list: bool,
}
