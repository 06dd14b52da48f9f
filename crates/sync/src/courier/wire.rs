//! What a command and the courier say to each other: one JSON line each way, with a version.

use serde::{Deserialize, Serialize};

use crate::session::Connection;

/// The version of this small protocol.
pub(crate) const VERSION: u32 = 1;
/// The longest line, in bytes.
pub(crate) const MAX_LINE: u64 = 16 * 1024;

/// What a command wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Op {
    /// Look at the repository now.
    Wake,
    /// Say how it stands.
    Status,
    /// Connect now and answer when all is delivered or the deadline has passed.
    Now,
    /// End.
    Stop,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) v: u32,
    pub(crate) op: Op,
    /// For [`Op::Now`]: how long to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deadline_ms: Option<u64>,
}

impl Request {
    pub(crate) fn new(op: Op, deadline_ms: Option<u64>) -> Self {
        Self {
            v: VERSION,
            op,
            deadline_ms,
        }
    }
}

/// The reply to any request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) v: u32,
    pub(crate) connection: Connection,
    /// How many commits wait.
    pub(crate) pending: u64,
    /// How many commits were acknowledged and noted since the request came.
    pub(crate) acknowledged: u64,
    /// How long the reply took, in milliseconds.
    pub(crate) elapsed_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
}

/// Reads one line.
///
/// # Errors
/// When it is no message of this version; with the reason.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(line: &str) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Head {
        v: u32,
    }
    let head: Head = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if head.v != VERSION {
        return Err(format!("version {} is not spoken here", head.v));
    }
    serde_json::from_str(line).map_err(|error| error.to_string())
}

/// Writes one line.
pub(crate) fn line<T: Serialize>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_one_line_with_a_version() {
        let wake = line(&Request::new(Op::Wake, None)).unwrap();
        assert_eq!(wake, b"{\"v\":1,\"op\":\"wake\"}\n");
        let now: Request = parse(r#"{"v":1,"op":"now","deadline_ms":5,"later":true}"#).unwrap();
        assert_eq!(now, Request::new(Op::Now, Some(5)));
    }

    #[test]
    fn other_versions_and_unknown_wishes_are_refused() {
        assert!(parse::<Request>(r#"{"v":2,"op":"wake"}"#).is_err());
        assert!(parse::<Request>(r#"{"v":1,"op":"dance"}"#).is_err());
        assert!(parse::<Request>("").is_err());
    }
}
