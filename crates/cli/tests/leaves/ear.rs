//! Sockets that keep each byte that comes: a hub that takes everything, and an address that only listens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::Message;

/// What an ear does with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// Serves as a hub, and acknowledges everything.
    Hub,
    /// The same, and takes so many events at once.
    SmallHub(usize),
    /// Answers each request with this.
    Says(String),
}

/// A listener on a free loopback port.
pub(crate) struct Ear {
    port: u16,
    heard: Arc<Mutex<Heard>>,
    gate: Arc<Mutex<()>>,
}

/// What came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// How many connections.
    pub(crate) connections: usize,
    /// The text of each frame.
    pub(crate) frames: Vec<String>,
    /// The body of each batch, unpacked.
    pub(crate) bodies: Vec<String>,
    /// How many bytes each of them had as it came.
    pub(crate) packed: Vec<u64>,
    /// The text of each pong.
    pub(crate) pongs: Vec<String>,
    /// How many lines were upgraded.
    pub(crate) upgrades: usize,
    /// How often it was asked for its limits.
    pub(crate) questions: usize,
    /// The head of each request.
    pub(crate) heads: Vec<String>,
    /// How many conversations have ended.
    pub(crate) ended: usize,
}

impl Ear {
    pub(crate) fn hub() -> Self {
        Self::start(Manner::Hub)
    }

    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = Arc::clone(&heard);
        let gate = Arc::new(Mutex::new(()));
        let closed = Arc::clone(&gate);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                lock(&shared).connections += 1;
                let (shared, manner) = (Arc::clone(&shared), manner.clone());
                let gate = Arc::clone(&closed);
                std::thread::spawn(move || {
                    // A client that hangs up is no failure of the test.
                    let _ = serve(stream, &manner, &shared, &gate);
                    lock(&shared).ended += 1;
                });
            }
        });
        Self { port, heard, gate }
    }

    /// Keeps each batch waiting for its answer until this is dropped.
    pub(crate) fn hold_answers(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn heard(&self) -> Heard {
        lock(&self.heard).clone()
    }

    /// The commits whose frames came, in order.
    pub(crate) fn commits(&self) -> Vec<String> {
        let hash = |frame: &String| {
            let frame: Value = serde_json::from_str(frame).unwrap();
            frame["git_hash"].as_str().unwrap().to_owned()
        };
        self.heard().frames.iter().map(hash).collect()
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap()
}

fn serve(
    stream: TcpStream,
    manner: &Manner,
    heard: &Mutex<Heard>,
    gate: &Mutex<()>,
) -> std::io::Result<()> {
    let mut first = [0; 18];
    while stream.peek(&mut first)? < first.len() {
        std::thread::sleep(Duration::from_millis(1));
    }
    match manner {
        Manner::Hub if &first == b"GET /api/v1/health" => {
            let (mut stream, head, _) = request(stream)?;
            lock(heard).heads.push(head);
            lock(heard).questions += 1;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        }
        Manner::SmallHub(events) if &first == b"GET /api/v1/health" => {
            let (mut stream, head, _) = request(stream)?;
            lock(heard).heads.push(head);
            lock(heard).questions += 1;
            let answer = json!({ "limits": { "max_events_per_batch": events } }).to_string();
            let length = answer.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
            )
        }
        Manner::Hub | Manner::SmallHub(_) if first.starts_with(b"GET ") => {
            converse(stream, heard);
            Ok(())
        }
        Manner::Hub | Manner::SmallHub(_) => {
            let (mut stream, head, body) = request(stream)?;
            let mut text = String::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text)?;
            let events: Value = serde_json::from_str(&text).unwrap();
            let results: Vec<Value> = events["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| json!({ "event_id": event["event_id"], "status": "success" }))
                .collect();
            {
                let mut heard = lock(heard);
                heard.heads.push(head);
                heard.packed.push(body.len() as u64);
                heard.bodies.push(text);
            }
            drop(gate.lock());
            let answer = json!({ "results": results }).to_string();
            let length = answer.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
            )
        }
        Manner::Says(answer) => {
            let (mut stream, head, _) = request(stream)?;
            lock(heard).heads.push(head);
            stream.write_all(answer.as_bytes())
        }
    }
}

fn request(stream: TcpStream) -> std::io::Result<(TcpStream, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            break;
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
    Ok((reader.into_inner(), head, body))
}

// The size of the answer that refuses is the library's.
#[expect(clippy::result_large_err)]
fn converse(stream: TcpStream, heard: &Mutex<Heard>) {
    let mut head = String::new();
    let keep = |request: &tungstenite::handshake::server::Request, answer| {
        head = format!("{:?}", request.headers());
        Ok(answer)
    };
    let Ok(mut socket) = tungstenite::accept_hdr(stream, keep) else {
        return;
    };
    lock(heard).heads.push(head);
    lock(heard).upgrades += 1;
    let snapshot = json!({ "type": "snapshot", "protocol": 1, "builds": [] });
    let ping = json!({ "type": "ping", "timestamp": "2026-06-01T07:55:08Z" });
    for word in [snapshot, ping] {
        if socket.send(Message::text(word.to_string())).is_err() {
            return;
        }
    }
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "pong" {
            lock(heard).pongs.push(text.as_str().to_owned());
            continue;
        }
        lock(heard).frames.push(text.as_str().to_owned());
        let ack = json!({ "type": "LocalCommitAck", "git_hash": frame["git_hash"] });
        if socket.send(Message::text(ack.to_string())).is_err() {
            return;
        }
    }
}
