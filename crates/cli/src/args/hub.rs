//! Arguments of `hub`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use pawtrail_event::ProjectUuid;
use pawtrail_hub::{HubError, PublicUrl};

const SERVE_EXAMPLES: &str = "Examples:
  pawtrail hub serve --listen 127.0.0.1:7878
  pawtrail hub serve --listen 0.0.0.0:7878 --public-url https://hub.example.org:7878 \\
      --tls-cert hub.pem --tls-key hub.key
  pawtrail hub serve --behind-proxy --public-url https://hub.example.org";

/// The verbs of `hub`.
#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// Serve the hub and its board until interrupted
    ///
    /// On loopback (the default) it serves this machine alone, in clear text, and its pages need no token. For other machines it speaks
    /// TLS itself (--tls-cert, --tls-key), or stands behind a proxy that does (--behind-proxy); pages then ask for a token of the project.
    #[command(after_help = SERVE_EXAMPLES)]
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

fn public_url(text: &str) -> Result<PublicUrl, HubError> {
    text.parse()
}

/// Arguments of `hub serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Speak TLS with the certificate in this PEM file, followed by those that lead to its authority; a renewed file is taken up by itself
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "public_url"], conflicts_with = "behind_proxy")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "public_url"], conflicts_with = "behind_proxy")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy speaks TLS and passes everything on in clear text, `Host` as it came
    #[arg(long, requires = "public_url")]
    pub(crate) behind_proxy: bool,
    /// With either way: the address by which others know this hub, such as https://hub.example.org; nothing else is answered
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<PublicUrl>,
    /// The store
    #[command(flatten)]
    pub(crate) store: StoreArg,
}

/// The verbs of `hub token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for one project; it is shown once
    #[command(
        after_help = "Examples:\n  pawtrail hub token create --project 3f6c2c1e-8a51-4d0c-9a6d-6a1f3b0c7d55\n  \
                      pawtrail hub token create --read-only --label team"
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
    /// It may look at the board and send nothing, so that a team can share it
    #[arg(long)]
    pub(crate) read_only: bool,
    /// A name to know it by
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    /// The store
    #[command(flatten)]
    pub(crate) store: StoreArg,
}
