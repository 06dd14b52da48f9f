//! A hub on a real socket and an outbox in memory, for this crate's tests.

use std::collections::HashMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{
    AckStatus, Announcement, ErrorFrame, Frame, LocalCommit, LocalCommitAck, Snapshot,
};
use pawtrail_event::sanitize::Sanitizer;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Message, accept_hdr};

use crate::error::SyncError;
use crate::outbox::Outbox;
use crate::place::Place;

/// A clone's place with this directory as its git directory, of no project.
pub(crate) fn place(dir: &Path) -> Place {
    Place {
        common_dir: dir.to_owned(),
        state_dir: dir.join("pawtrail"),
        project_uuid: None,
    }
}

pub(crate) fn hash(number: u64) -> CommitHash {
    format!("{number:040x}").parse().unwrap()
}

pub(crate) fn commit(number: u64) -> Announcement {
    clean(raw(number))
}

pub(crate) fn clean(commit: LocalCommit) -> Announcement {
    static RULES: LazyLock<Sanitizer> = LazyLock::new(Sanitizer::general);
    Announcement::new(commit, &RULES)
}

pub(crate) fn raw(number: u64) -> LocalCommit {
    LocalCommit {
        git_hash: hash(number),
        mission_id: "01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap(),
        build_id: "01KT119YA7GD2Y0D7MZRH5JSS4".parse().unwrap(),
        changed_files: vec!["kitty-specs/a/decisions.events.jsonl".to_owned()],
        committed_at: "2026-06-01T07:55:08Z".to_owned(),
        project_uuid: None,
        mission_slug: None,
        branch: None,
        parents: Vec::new(),
        supersedes: Vec::new(),
        changed_files_total: None,
    }
}

/// Waits for something that must come.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[derive(Default)]
struct Kept {
    waiting: Vec<Announcement>,
    acknowledged: Vec<CommitHash>,
    kept_back: usize,
    set_aside: Vec<(CommitHash, String)>,
}

/// An outbox that several hold.
#[derive(Clone, Default)]
pub(crate) struct MemoryOutbox(Arc<Mutex<Kept>>);

impl MemoryOutbox {
    pub(crate) fn with(waiting: Vec<Announcement>) -> Self {
        let outbox = Self::default();
        outbox.0.lock().unwrap().waiting = waiting;
        outbox
    }

    pub(crate) fn add(&self, commit: Announcement) {
        self.0.lock().unwrap().waiting.push(commit);
    }

    /// As a rewrite of history does it.
    pub(crate) fn replace(&self, waiting: Vec<Announcement>) {
        self.0.lock().unwrap().waiting = waiting;
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.lock().unwrap().waiting.len()
    }

    pub(crate) fn acknowledged(&self) -> Vec<CommitHash> {
        self.0.lock().unwrap().acknowledged.clone()
    }

    pub(crate) fn set_aside_codes(&self) -> Vec<String> {
        let set_aside = &self.0.lock().unwrap().set_aside;
        set_aside.iter().map(|(_, code)| code.clone()).collect()
    }
}

impl Outbox for MemoryOutbox {
    fn pending(&self) -> Result<Vec<Announcement>, SyncError> {
        Ok(self.0.lock().unwrap().waiting.clone())
    }

    fn reconcile(&self, said: &Snapshot) -> Result<(), SyncError> {
        let waits: Vec<CommitHash> = self.pending()?.iter().map(|c| c.git_hash.clone()).collect();
        let there: Vec<CommitHash> = said
            .named()
            .filter(|c| waits.contains(c))
            .cloned()
            .collect();
        let there: Vec<LocalCommitAck> = there.into_iter().map(Into::into).collect();
        self.acknowledge(&there)
    }

    fn acknowledged(&self) -> Result<usize, SyncError> {
        let state = self.0.lock().unwrap();
        Ok(state.acknowledged.len() - state.kept_back)
    }

    fn keep_back(&self) -> Result<(), SyncError> {
        let mut state = self.0.lock().unwrap();
        state.kept_back = state.acknowledged.len();
        Ok(())
    }

    fn acknowledge(&self, acks: &[LocalCommitAck]) -> Result<(), SyncError> {
        let mut state = self.0.lock().unwrap();
        let commits: Vec<CommitHash> = acks.iter().map(|ack| ack.git_hash.clone()).collect();
        state.waiting.retain(|c| !commits.contains(&c.git_hash));
        state.acknowledged.extend(commits);
        Ok(())
    }

    fn set_aside(&self, commit: &CommitHash, code: &str, _: &str) -> Result<(), SyncError> {
        let mut state = self.0.lock().unwrap();
        state.waiting.retain(|c| &c.git_hash != commit);
        state.set_aside.push((commit.clone(), code.to_owned()));
        Ok(())
    }
}

/// What a hub does with what it gets.
#[derive(Clone)]
pub(crate) enum HubAnswer {
    /// Acknowledges each commit.
    Ack,
    /// Takes each commit and says nothing.
    Nothing,
    /// Refuses this commit for good and acknowledges the others.
    Refuse(CommitHash),
    /// Answers the upgrade with this status.
    Status(u16),
}

/// How a client asked to be connected.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    headers: HashMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).cloned()
    }
}

struct Inside {
    answer: HubAnswer,
    deaf: bool,
    received: Vec<CommitHash>,
    requests: Vec<Asked>,
    sockets: Vec<TcpStream>,
}

/// A hub, as far as a courier sees it.
pub(crate) struct TestHub {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl TestHub {
    pub(crate) fn start(answer: HubAnswer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Mutex::new(Inside {
            answer,
            deaf: false,
            received: Vec::new(),
            requests: Vec::new(),
            sockets: Vec::new(),
        }));
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { port, inside }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn answer(&self, answer: HubAnswer) {
        self.inside.lock().unwrap().answer = answer;
    }

    /// From now on nothing is read after the greeting, not even pings.
    pub(crate) fn go_deaf(&self) {
        self.inside.lock().unwrap().deaf = true;
    }

    pub(crate) fn hang_up(&self) {
        for socket in self.inside.lock().unwrap().sockets.drain(..) {
            // One that the client closed first is closed as well.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn received(&self) -> Vec<CommitHash> {
        self.inside.lock().unwrap().received.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.inside.lock().unwrap().requests.len()
    }

    pub(crate) fn request(&self) -> Asked {
        self.inside.lock().unwrap().requests[0].clone()
    }
}

fn serve(stream: TcpStream, inside: &Mutex<Inside>) {
    stream.set_nodelay(true).unwrap();
    let copy = stream.try_clone().unwrap();
    inside.lock().unwrap().sockets.push(copy);
    #[expect(clippy::result_large_err, reason = "the library's type")]
    let greet = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let mut inside = inside.lock().unwrap();
        inside.requests.push(Asked {
            path: request.uri().to_string(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
        });
        match inside.answer {
            HubAnswer::Status(status) => {
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = status.try_into().unwrap();
                Err(refusal)
            }
            HubAnswer::Ack | HubAnswer::Nothing | HubAnswer::Refuse(_) => Ok(response),
        }
    };
    let Ok(mut socket) = accept_hdr(stream, greet) else {
        return;
    };
    let greeting = Frame::Snapshot(Snapshot::default()).to_text().unwrap();
    if socket.send(Message::text(greeting)).is_err() {
        return;
    }
    if inside.lock().unwrap().deaf {
        std::thread::sleep(Duration::from_secs(20));
        return;
    }
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else {
            continue;
        };
        let Frame::LocalCommit(frame) = Frame::parse(text.as_str()).unwrap() else {
            continue;
        };
        let answer = {
            let mut inside = inside.lock().unwrap();
            inside.received.push(frame.git_hash.clone());
            reply(&inside.answer, frame.git_hash)
        };
        if let Some(answer) = answer
            && socket
                .send(Message::text(answer.to_text().unwrap()))
                .is_err()
        {
            return;
        }
    }
}

fn reply(answer: &HubAnswer, git_hash: CommitHash) -> Option<Frame> {
    match answer {
        HubAnswer::Nothing | HubAnswer::Status(_) => None,
        HubAnswer::Refuse(bad) if *bad == git_hash => Some(Frame::Error(ErrorFrame {
            code: "BAD_MISSION".to_owned(),
            message: "no such mission".to_owned(),
            retryable: false,
            git_hash: Some(git_hash),
            event_id: None,
        })),
        HubAnswer::Ack | HubAnswer::Refuse(_) => Some(Frame::LocalCommitAck(LocalCommitAck {
            git_hash,
            status: Some(AckStatus::Accepted),
            frames: None,
        })),
    }
}
