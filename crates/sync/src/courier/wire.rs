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
    /// How many events wait.
    #[serde(default)]
    pub(crate) queued: u64,
    /// How many events were delivered since the request came.
    #[serde(default)]
    pub(crate) uploaded: u64,
    /// How long the reply took, in milliseconds.
    pub(crate) elapsed_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
    /// Why it isn't known what waits, or what is acknowledged isn't noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outbox_error: Option<String>,
    /// Why the refs are looked at from time to time, if the system can't tell of changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) polling: Option<String>,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard<T> {
    /// A message of this version.
    Message(T),
    /// A message of another version. Of it two things are fixed for ever: that `v` is its version,
    /// and that `"op":"stop"` ends a courier, so that a new program can end an old one.
    Foreign {
        /// Whether that version is a newer one.
        newer: bool,
        /// Whether it asks a courier to end.
        stop: bool,
    },
    /// Neither.
    Nonsense,
}

/// Reads one line.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(line: &str) -> Heard<T> {
    #[derive(Deserialize)]
    struct Head {
        v: u32,
        #[serde(default)]
        op: Option<serde_json::Value>,
    }
    let Ok(head) = serde_json::from_str::<Head>(line) else {
        return Heard::Nonsense;
    };
    if head.v != VERSION {
        let stop = head.op.is_some_and(|op| op == "stop");
        let newer = head.v > VERSION;
        return Heard::Foreign { newer, stop };
    }
    serde_json::from_str(line).map_or(Heard::Nonsense, Heard::Message)
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
        let now = parse::<Request>(r#"{"v":1,"op":"now","deadline_ms":5,"later":true}"#);
        assert_eq!(now, Heard::Message(Request::new(Op::Now, Some(5))));
    }

    #[test]
    fn other_versions_and_unknown_wishes_are_refused() {
        let heard = parse::<Request>;
        assert_eq!(heard(r#"{"v":1,"op":"dance"}"#), Heard::Nonsense);
        assert_eq!(heard(""), Heard::Nonsense);
        for (line, newer, stop) in [
            (r#"{"v":2,"op":"wake"}"#, true, false),
            (r#"{"v":2,"op":{"name":"stop"}}"#, true, false),
            (r#"{"v":0,"op":"stop","reason":7}"#, false, true),
        ] {
            assert_eq!(heard(line), Heard::Foreign { newer, stop }, "{line}");
        }
    }
}
