//! A hub on a free port, and a client that speaks the wire by hand. Whatever the hub says is what the schemas say.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jsonschema::Validator;
use pawtrail_event::{CommitHash, ProjectUuid};
use pawtrail_hub::{Hub, Reach, Timing};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

pub(crate) const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";
pub(crate) const OTHER: &str = "0b0e2f7c-1111-4222-8333-444455556666";
pub(crate) const MISSION: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";
pub(crate) const BUILD: &str = "01KT119YA7GD2Y0D7MZRH5JSS4";

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn project() -> ProjectUuid {
    PROJECT.parse().unwrap()
}

pub(crate) struct Server {
    pub(crate) hub: Hub,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<pawtrail_hub::Result<()>>>,
}

impl Server {
    pub(crate) fn start(store: &Path) -> Self {
        Self::with_timing(store, Timing::default())
    }

    /// A hub that would wait twice as long as any test for those who don't leave.
    pub(crate) fn unhurried(store: &Path) -> Self {
        let shutdown = 2 * PATIENCE;
        Self::with_timing(
            store,
            Timing {
                shutdown,
                ..Timing::default()
            },
        )
    }

    pub(crate) fn with_timing(store: &Path, timing: Timing) -> Self {
        Self::reached(store, timing, |_| Reach::Loopback)
    }

    /// A hub that others reach as `reach` says, once its address is known.
    pub(crate) fn reached(
        store: &Path,
        timing: Timing,
        reach: impl FnOnce(SocketAddr) -> Reach + Send + 'static,
    ) -> Self {
        let hub = Hub::open(store).unwrap().with_timing(timing);
        let served = hub.clone();
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                told.send(address).unwrap();
                pawtrail_hub::serve(served, listener, reach(address), async {
                    drop(stopped.await);
                })
                .await
            })
        });
        Self {
            hub,
            address: address.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Stops the server, waits for its end, and returns how long that took.
    pub(crate) fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.end();
        begun.elapsed()
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }

    pub(crate) fn token(&self) -> String {
        self.hub.create_token(&project(), "test").unwrap().token
    }

    /// Connects with a new token of [`PROJECT`] and takes the snapshot.
    pub(crate) fn client(&self) -> Client {
        let mut client = Client::connect(self.address, &self.token());
        assert_eq!(client.receive()["type"], "snapshot");
        client
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request(path, &[("Host", &self.address.to_string())])
    }

    /// Sends a GET with exactly these headers.
    pub(crate) fn request(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = self.open(path, headers);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Answer::parse(&text)
    }

    /// Sends a POST with exactly these headers beside those of the body's length.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A hub that has seen enough answers and doesn't read the rest.
        let _ = stream.write_all(body);
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        Answer::parse(&String::from_utf8(text).unwrap())
    }

    /// Sends a GET and leaves the answer to the caller.
    pub(crate) fn open(&self, path: &str, headers: &[(&str, &str)]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

/// Holds what the hub says against the schema of this name.
#[track_caller]
fn assert_fits(name: &str, said: &Value) {
    static MADE: Mutex<BTreeMap<String, Validator>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let schema = made.entry(name.to_owned()).or_insert_with(|| {
        let all = [
            pawtrail_event::schema::FRAMES,
            pawtrail_hub::schema::SCHEMAS,
        ];
        let named = all.into_iter().flatten().find(|one| one.name == name);
        jsonschema::draft202012::new(&named.unwrap().schema()).unwrap()
    });
    let wrong: Vec<String> = schema
        .iter_errors(said)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{name}: {wrong:?} in {said:#}");
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let answer = Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        answer.fits();
        answer
    }

    /// What is said as data has its schema.
    fn fits(&self) {
        let is_data = self
            .header("Content-Type")
            .is_some_and(|kind| kind == "application/json");
        if !is_data {
            return;
        }
        let body = self.json();
        if body["error"].is_object() {
            assert_fits("refusal", &body);
        } else if body["limits"].is_object() {
            assert_fits("health", &body);
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Returns the cookie that the browser keeps, as it sends it back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let set = self.header("set-cookie")?;
        Some(set.split(';').next().unwrap().to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A line to a hub, over TLS or not.
pub(crate) trait Line: Read + Write + Send {}

impl<T: Read + Write + Send> Line for T {}

/// A clone's side of the wire.
pub(crate) struct Client {
    socket: WebSocket<Box<dyn Line>>,
}

impl Client {
    /// Connects over an open line to the hub of this name; a refusal gives its status and body.
    pub(crate) fn over(
        line: Box<dyn Line>,
        authority: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        Self::upgraded(line, &format!("ws://{authority}/api/v1/ws"), headers)
    }

    pub(crate) fn connect(address: SocketAddr, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Pawtrail-Protocol", "1"),
        ];
        Self::try_connect(address, "/api/v1/ws", &headers)
            .unwrap_or_else(|(status, body)| panic!("refused: {status} {body}"))
    }

    /// Connects; a refusal gives its status and body.
    pub(crate) fn try_connect(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::upgraded(Box::new(stream), &format!("ws://{address}{path}"), headers)
    }

    fn upgraded(
        line: Box<dyn Line>,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tungstenite::client(request, line) {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }

    pub(crate) fn send(&mut self, frame: &Value) {
        self.send_text(frame.to_string());
    }

    pub(crate) fn send_text(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).unwrap();
    }

    pub(crate) fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).unwrap();
    }

    /// Sends without looking whether the hub is still there.
    pub(crate) fn try_send(&mut self, frame: &Value) -> bool {
        self.socket.send(Message::text(frame.to_string())).is_ok()
    }

    /// Begins an orderly end.
    pub(crate) fn close(&mut self) {
        let code = tungstenite::protocol::frame::coding::CloseCode::Normal;
        let reason = tungstenite::protocol::CloseFrame {
            code,
            reason: "".into(),
        };
        self.socket.close(Some(reason)).unwrap();
        self.socket.flush().unwrap();
    }

    /// Returns the next frame that is no ping.
    pub(crate) fn receive(&mut self) -> Value {
        loop {
            let mut frame = self.receive_any();
            if frame["type"] == "LocalCommitAck" {
                // Which one of its build it was is asked where it matters.
                let frames = frame.as_object_mut().unwrap().remove("frames");
                assert!(frames.unwrap().as_u64() > Some(0));
            }
            if frame["type"] != "ping" {
                return frame;
            }
        }
    }

    /// Returns the next frame.
    pub(crate) fn receive_any(&mut self) -> Value {
        match self.message() {
            Ok(text) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                let name = match frame["type"].as_str() {
                    Some("LocalCommitAck") => "local-commit-ack",
                    Some(name) => name,
                    None => panic!("a frame without a type: {text}"),
                };
                assert_fits(name, &frame);
                frame
            }
            Err(code) => panic!("closed: {code:?}"),
        }
    }

    /// Reads until the hub closes, and returns its close code, or none where the line just ended.
    pub(crate) fn until_closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.message() {
                return code;
            }
        }
    }

    fn message(&mut self) -> Result<String, Option<u16>> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Ok(text.to_string()),
                Ok(Message::Close(frame)) => return Err(frame.map(|frame| frame.code.into())),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if error.kind() == std::io::ErrorKind::WouldBlock =>
                {
                    panic!("the hub said nothing for {PATIENCE:?}")
                }
                Err(_) => return Err(None),
            }
        }
    }
}

/// The hash of commit number `n`.
pub(crate) fn hash(n: u64) -> CommitHash {
    format!("{n:040x}").parse().unwrap()
}

/// The frame of commit number `n`.
pub(crate) fn commit(n: u64) -> Value {
    json!({
        "type": "LocalCommit",
        "git_hash": hash(n),
        "mission_id": MISSION,
        "build_id": BUILD,
        "changed_files": ["kitty-specs/m-01KT119Y/decisions.events.jsonl"],
        "committed_at": "2026-06-01T07:55:08Z",
        "project_uuid": PROJECT,
        "mission_slug": "m-01KT119Y",
        "branch": "refs/heads/kitty/mission-m-01KT119Y",
        "parents": [hash(n + 1_000_000)],
    })
}

pub(crate) fn ack(n: u64, status: &str) -> Value {
    json!({ "type": "LocalCommitAck", "git_hash": hash(n), "status": status })
}

/// Waits until `holds`.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
