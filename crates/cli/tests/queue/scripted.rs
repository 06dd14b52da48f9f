//! A hub that answers batches as a test says, and refuses every WebSocket.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// What it answers to a batch.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status and headers, each with its line end; no body.
    Refuse(u16, String),
    /// A status, and the wish to be left alone until so many seconds from now, as a date.
    Until(u16, i64),
    /// It has each event.
    Take,
}

impl Reply {
    pub(crate) fn refuse(status: u16) -> Self {
        Self::Refuse(status, String::new())
    }

    pub(crate) fn pause(status: u16, wish: &str) -> Self {
        Self::Refuse(status, format!("Retry-After: {wish}\r\n"))
    }
}

/// A batch that came.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) at: Instant,
    /// How many bytes it has unpacked.
    pub(crate) bytes: usize,
    pub(crate) ids: Vec<String>,
}

struct Inside {
    replies: VecDeque<Reply>,
    health: Option<Value>,
    batches: Vec<Batch>,
    /// How often it was asked for its limits.
    asked: usize,
}

pub(crate) struct Scripted {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Scripted {
    /// Answers one batch after the other; the last answer comes again and again. Knows nothing of limits.
    pub(crate) fn start(replies: impl Into<VecDeque<Reply>>) -> Self {
        Self::with_health(replies, None)
    }

    /// Answers a question after its limits with this document.
    pub(crate) fn with_health(replies: impl Into<VecDeque<Reply>>, health: Option<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Mutex::new(Inside {
            replies: replies.into(),
            health,
            batches: Vec::new(),
            asked: 0,
        }));
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is no failure of the test.
                let _ = serve(stream, &shared);
            }
        });
        Self { port, inside }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the batches that came.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.inside.lock().unwrap().batches.clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.inside.lock().unwrap().asked
    }
}

fn serve(stream: TcpStream, inside: &Mutex<Inside>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut inside = inside.lock().unwrap();
    let (status, headers, body) = if head.starts_with("POST /api/v1/events/batch/ ") {
        let batch = unpacked(&body);
        let reply = match inside.replies.len() {
            0 | 1 => inside.replies.front().cloned().unwrap(),
            _ => inside.replies.pop_front().unwrap(),
        };
        let results: Vec<Value> = batch
            .ids
            .iter()
            .map(|id| json!({"event_id": id, "status": "success"}))
            .collect();
        inside.batches.push(batch);
        match reply {
            Reply::Refuse(status, headers) => (status, headers, json!({})),
            Reply::Until(status, seconds) => {
                let at = Timestamp::now() + SignedDuration::from_secs(seconds);
                let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT");
                (status, format!("Retry-After: {date}\r\n"), json!({}))
            }
            Reply::Take => (200, String::new(), json!({ "results": results })),
        }
    } else if let (true, Some(health)) = (head.starts_with("GET /api/v1/health "), &inside.health) {
        let health = health.clone();
        inside.asked += 1;
        (200, String::new(), health)
    } else {
        (503, String::new(), json!({}))
    };
    drop(inside);
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    reader.get_mut().write_all(answer.as_bytes())
}

fn unpacked(body: &[u8]) -> Batch {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).unwrap();
    let events: Value = serde_json::from_str(&text).unwrap();
    let ids = events["events"].as_array().unwrap().iter();
    Batch {
        at: Instant::now(),
        bytes: text.len(),
        ids: ids
            .map(|event| event["event_id"].as_str().unwrap().to_owned())
            .collect(),
    }
}
