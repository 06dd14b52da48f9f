//! What can go wrong on the way out, each with a code, a next step and an exit code.

use std::io;
use std::path::{Path, PathBuf};

use pawtrail_event::envelope::EnvelopeId;

use crate::token::TokenError;
use crate::url::UrlError;

/// Why something that leaves the machine did not.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Nobody allowed this project to be sent, or somebody forbade it.
    #[error("nothing may leave this machine: {0}")]
    EgressDenied(String),
    /// The address of the hub is not one that Pawtrail connects to.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// The token is not one that fits into a header.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// No token was given and none is stored for this hub.
    #[error("the hub {0} needs a token, and none is stored for it")]
    TokenMissing(String),
    /// A yes could not be kept in a form that the door accepts, so there is none.
    #[error("nothing was allowed, because it can't be kept: {0}")]
    ConsentNotKept(String),
    /// The project has no identity that a hub could know it by.
    #[error("this repository is no Pawtrail project yet: it has no project uuid")]
    NoIdentity,
    /// A file of the sync state could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried: "read", "write".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// TLS could not be set up on this machine.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// Another courier already runs for this clone.
    #[error("a courier already runs for this clone")]
    CourierRunning,
    /// A courier of a newer version serves this clone.
    #[error(
        "a courier of a newer version serves this clone: use that `pawtrail`; the one that runs can be ended"
    )]
    CourierNewer,
    /// The courier was started but does not answer.
    #[error("the courier does not answer: {0}")]
    CourierSilent(String),
    /// The courier doesn't answer, and it can't be shut out either.
    #[error(
        "the courier does not end, and the system keeps its lock as long as its process lives: end the process whose \
         command line has `sync run` and this repository; {0}"
    )]
    CourierStuck(&'static str),
    /// The courier's runtime or socket could not be set up.
    #[error("the courier cannot start: {0}")]
    CourierStart(String),
    /// The queue's file could not be used.
    #[error("can't {doing} the queue: {source}")]
    Queue {
        /// What was tried: "read", "write".
        doing: &'static str,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// The queue was written by a newer version of this program.
    #[error(
        "the queue {} has schema version {found}, this program knows up to {known}: use a newer pawtrail",
        path.display()
    )]
    QueueNewer {
        /// The queue's file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The file in the queue's place holds something else, or is damaged.
    #[error(
        "{} is no queue, or a damaged one: it was left alone; move it away, and what journals hold is queued again",
        .0.display()
    )]
    QueueForeign(PathBuf),
    /// The queue holds no such event.
    #[error("the queue holds no event `{0}`")]
    EventUnknown(EnvelopeId),
    /// The event breaks its contract, so a hub would refuse it.
    #[error("event `{0}` can't be sent: {1}")]
    EventInvalid(EnvelopeId, String),
    /// The event is on its way to a hub.
    #[error("event `{0}` is on its way to the hub")]
    EventInFlight(EnvelopeId),
    /// The repository could not be read or written.
    #[error("{0}")]
    Repo(#[from] pawtrail_repo::Error),
}

impl SyncError {
    /// Makes a closure that turns an I/O error on `path` into this type.
    pub(crate) fn file<'a>(
        doing: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::File {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// Returns the stable code, `UPPER_SNAKE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EgressDenied(_) => "EGRESS_DENIED",
            Self::Url(_) => "INVALID_HUB_URL",
            Self::Token(_) => "INVALID_TOKEN",
            Self::TokenMissing(_) => "TOKEN_MISSING",
            Self::ConsentNotKept(_) => "CONSENT_NOT_KEPT",
            Self::NoIdentity => "NO_PROJECT_IDENTITY",
            Self::File { .. } => "SYNC_FILE",
            Self::Tls(_) => "TLS_UNAVAILABLE",
            Self::CourierRunning => "COURIER_RUNNING",
            Self::CourierNewer => "COURIER_NEWER",
            Self::CourierSilent(_) => "COURIER_SILENT",
            Self::CourierStuck(_) => "COURIER_STUCK",
            Self::CourierStart(_) => "COURIER_START",
            Self::Queue { .. } => "QUEUE_FAILED",
            Self::QueueNewer { .. } => "QUEUE_NEWER",
            Self::QueueForeign(_) => "QUEUE_FOREIGN",
            Self::EventUnknown(_) => "EVENT_NOT_FOUND",
            Self::EventInvalid(..) => "EVENT_INVALID",
            Self::EventInFlight(_) => "EVENT_IN_FLIGHT",
            Self::Repo(error) => error.code(),
        }
    }

    /// Returns a command that leads on, if there is one.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::EgressDenied(_) | Self::Url(_) | Self::TokenMissing(_) => {
                Some("pawtrail sync enable --help".to_owned())
            }
            Self::Token(_) => Some("pawtrail hub token create --help".to_owned()),
            Self::NoIdentity => Some("pawtrail init".to_owned()),
            Self::CourierRunning | Self::CourierNewer | Self::CourierSilent(_) => {
                Some("pawtrail sync stop".to_owned())
            }
            Self::EventUnknown(_) => Some("pawtrail queue list".to_owned()),
            Self::EventInvalid(id, _) => Some(format!("pawtrail queue show {id}")),
            Self::EventInFlight(_) => Some("pawtrail sync stop".to_owned()),
            Self::File { .. }
            | Self::Tls(_)
            | Self::ConsentNotKept(_)
            | Self::CourierStuck(_)
            | Self::CourierStart(_)
            | Self::Queue { .. }
            | Self::QueueNewer { .. }
            | Self::QueueForeign(_) => None,
            Self::Repo(error) => error.next_step(),
        }
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::EgressDenied(_) => 6,
            Self::Url(_) | Self::Token(_) => 2,
            Self::TokenMissing(_)
            | Self::NoIdentity
            | Self::File { .. }
            | Self::Tls(_)
            | Self::CourierRunning
            | Self::CourierNewer
            | Self::ConsentNotKept(_)
            | Self::CourierSilent(_)
            | Self::CourierStuck(_)
            | Self::CourierStart(_)
            | Self::Queue { .. }
            | Self::QueueNewer { .. }
            | Self::QueueForeign(_)
            | Self::EventUnknown(_)
            | Self::EventInvalid(..)
            | Self::EventInFlight(_) => 1,
            Self::Repo(error) => error.exit_code(),
        }
    }
}
