//! What can go wrong in the hub, with a stable code and the next command.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The result of a hub operation.
pub type Result<T> = std::result::Result<T, HubError>;

/// An operation of the hub that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The store's file can't be created or opened.
    #[error("the hub's store {} can't be opened: {source}", path.display())]
    StoreOpen {
        /// The store's file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// SQLite refused an operation.
    #[error("the hub's store failed: {0}")]
    Store(#[from] rusqlite::Error),
    /// The store was written by a newer version of this program.
    #[error(
        "the hub's store {} has schema version {found}, this program knows up to {known}: use a newer pawtrail or another store",
        path.display()
    )]
    StoreNewer {
        /// The store's file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The file holds something else.
    #[error("{} is not a hub's store: it was left alone", path.display())]
    StoreForeign {
        /// The file.
        path: PathBuf,
    },
    /// A stored value doesn't read back as what was written.
    #[error("the hub's store holds a damaged value in `{column}`: {reason}")]
    StoreDamaged {
        /// Table and column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A thread of the hub ended without an answer.
    #[error("the hub's {0} stopped unexpectedly")]
    Stopped(&'static str),
    /// The system gave no thread.
    #[error("the system gave no thread for the hub's writer: {0}")]
    Thread(#[source] std::io::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a token: {0}")]
    Random(String),
    /// The text is no token id.
    #[error("`{0}` is not a token id (`tok_` and 12 hexadecimal digits)")]
    TokenIdInvalid(String),
    /// A token's label is too long or holds control characters.
    #[error("a token's label has at most 100 characters, none of them control characters")]
    LabelInvalid,
    /// No token has this id.
    #[error("there is no token `{0}`")]
    TokenUnknown(String),
    /// The listener can be reached from other machines.
    #[error(
        "the hub listens on loopback addresses only, and {0} is none: tokens and frames would cross the network in the clear; \
         for other machines give it a certificate (--tls-cert, --tls-key) or a proxy that speaks TLS (--behind-proxy), and --public-url"
    )]
    NotLoopback(SocketAddr),
    /// The address for other machines is none.
    #[error("the hub's public address can't be used: {0}")]
    PublicUrl(&'static str),
    /// The file of a certificate or its key can't be used.
    #[error("{} can't be used for TLS: {reason}", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is another certificate's.
    #[error("the key in {} is not that of the first certificate in {}", key.display(), certificate.display())]
    TlsKeyOther {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(String),
    /// The listener failed.
    #[error("the hub can't listen: {0}")]
    Listen(#[source] std::io::Error),
}

impl HubError {
    /// Returns the stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::StoreOpen { .. } => "HUB_STORE_OPEN",
            Self::Store(_) => "HUB_STORE_FAILED",
            Self::StoreNewer { .. } => "HUB_STORE_NEWER",
            Self::StoreForeign { .. } => "HUB_STORE_FOREIGN",
            Self::StoreDamaged { .. } => "HUB_STORE_DAMAGED",
            Self::Stopped(_) => "HUB_STOPPED",
            Self::Thread(_) => "HUB_NO_THREAD",
            Self::Random(_) => "HUB_NO_RANDOM",
            Self::TokenIdInvalid(_) => "HUB_TOKEN_ID_INVALID",
            Self::LabelInvalid => "HUB_LABEL_INVALID",
            Self::TokenUnknown(_) => "HUB_TOKEN_UNKNOWN",
            Self::NotLoopback(_) => "HUB_NOT_LOOPBACK",
            Self::PublicUrl(_) => "HUB_PUBLIC_URL",
            Self::TlsFile { .. } => "HUB_TLS_FILE",
            Self::TlsKeyOther { .. } => "HUB_TLS_KEY_OTHER",
            Self::Tls(_) => "HUB_TLS",
            Self::Listen(_) => "HUB_LISTEN",
        }
    }

    /// Returns a command that helps, where one does.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::StoreNewer { .. } | Self::StoreForeign { .. } => {
                Some("pawtrail hub serve --store hub.db".to_owned())
            }
            Self::TokenIdInvalid(_) | Self::TokenUnknown(_) => {
                Some("pawtrail hub token list".to_owned())
            }
            Self::NotLoopback(_) | Self::Listen(_) => {
                Some("pawtrail hub serve --listen 127.0.0.1:0".to_owned())
            }
            Self::PublicUrl(_) | Self::TlsFile { .. } | Self::TlsKeyOther { .. } => {
                Some("pawtrail hub serve --help".to_owned())
            }
            Self::StoreOpen { .. }
            | Self::Store(_)
            | Self::StoreDamaged { .. }
            | Self::Stopped(_)
            | Self::Thread(_)
            | Self::Random(_)
            | Self::Tls(_)
            | Self::LabelInvalid => None,
        }
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::TokenIdInvalid(_) | Self::LabelInvalid | Self::PublicUrl(_) => 2,
            Self::StoreOpen { .. }
            | Self::Store(_)
            | Self::StoreNewer { .. }
            | Self::StoreForeign { .. }
            | Self::StoreDamaged { .. }
            | Self::Stopped(_)
            | Self::Thread(_)
            | Self::Random(_)
            | Self::TokenUnknown(_)
            | Self::NotLoopback(_)
            | Self::TlsFile { .. }
            | Self::TlsKeyOther { .. }
            | Self::Tls(_)
            | Self::Listen(_) => 1,
        }
    }
}
