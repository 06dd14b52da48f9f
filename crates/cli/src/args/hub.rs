//! Arguments of `hub`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use pawtrail_event::ProjectUuid;

/// The verbs of `hub`.
#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// Serve the hub and its board until interrupted
    #[command(after_help = "Example:\n  pawtrail hub serve --listen 127.0.0.1:7878")]
    Serve(ServeArgs),
    /// Tokens: create, list, revoke
    #[command(subcommand)]
    Token(TokenCommand),
}

/// Where a hub keeps what it knows.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArg {
    /// The hub's SQLite file; default: `pawtrail/hub.sqlite` in the user's data directory
    #[arg(long, value_name = "PATH", value_parser = store_file)]
    pub(crate) store: Option<PathBuf>,
}

/// An address of a server is no file, and would become a directory of a strange name.
fn store_file(text: &str) -> Result<PathBuf, String> {
    if text.contains("://") {
        return Err("the hub keeps its store in a SQLite file; name one".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// No name is looked up; the one that each machine has for itself is known.
fn address(text: &str) -> Result<SocketAddr, String> {
    let numbers = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numbers.parse().map_err(|_| {
        "an address and a port are expected, such as 127.0.0.1:7878 or [::1]:7878".to_owned()
    })
}

/// Arguments of `hub serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The store
    #[command(flatten)]
    pub(crate) store: StoreArg,
}

/// The verbs of `hub token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for one project; it is shown once
    #[command(
        after_help = "Example:\n  pawtrail hub token create --project 3f6c2c1e-8a51-4d0c-9a6d-6a1f3b0c7d55"
    )]
    Create(TokenCreateArgs),
    /// List the tokens, without their secrets
    #[command(after_help = "Example:\n  pawtrail hub token list")]
    List {
        /// The store
        #[command(flatten)]
        store: StoreArg,
    },
    /// Revoke a token
    #[command(after_help = "Example:\n  pawtrail hub token revoke tok_0f3c9a71b2de")]
    Revoke {
        /// The token's id, as `pawtrail hub token list` shows it
        id: String,
        /// The store
        #[command(flatten)]
        store: StoreArg,
    },
}

/// Arguments of `hub token create`.
#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// The project it is for; default: the one of the current directory
    #[arg(long, value_name = "UUID")]
    pub(crate) project: Option<ProjectUuid>,
    /// A name to know it by
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    /// The store
    #[command(flatten)]
    pub(crate) store: StoreArg,
}
