//! A hub that does what a test says: it records each frame, and acknowledges what it is told to.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::Message;

/// How long one look for a frame takes before the hub looks at what is to be said.
const LOOK: Duration = Duration::from_millis(5);

/// A hub on a free loopback port.
pub struct ScriptedHub {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    received: Vec<Value>,
    to_say: Vec<String>,
    acknowledges: bool,
    sockets: Vec<TcpStream>,
}

impl ScriptedHub {
    /// Starts a hub that acknowledges nothing yet.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { port, inside }
    }

    /// Returns the address for `sync enable`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns everything that came, in order.
    pub fn received(&self) -> Vec<Value> {
        lock(&self.inside).received.clone()
    }

    /// Waits until at least `count` frames have come; returns all.
    ///
    /// # Panics
    /// When they don't come in time, with those that came.
    #[track_caller]
    pub fn wait_for(&self, count: usize, limit: Duration) -> Vec<Value> {
        let end = Instant::now() + limit;
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(
                Instant::now() < end,
                "{} frames of {count} within {limit:?}: {received:#?}",
                received.len()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Acknowledges one commit.
    pub fn acknowledge(&self, git_hash: &str) {
        lock(&self.inside).to_say.push(ack(git_hash));
    }

    /// Refuses one commit for good.
    pub fn refuse(&self, git_hash: &str, code: &str, message: &str) {
        let error = json!({
            "type": "error", "code": code, "message": message, "retryable": false,
            "git_hash": git_hash,
        });
        lock(&self.inside).to_say.push(error.to_string());
    }

    /// Acknowledges each commit that has come and each that comes.
    pub fn acknowledge_all(&self) {
        let mut inside = lock(&self.inside);
        inside.acknowledges = true;
        let mut known: Vec<String> = inside
            .received
            .iter()
            .filter_map(|frame| frame["git_hash"].as_str())
            .map(ack)
            .collect();
        inside.to_say.append(&mut known);
    }

    /// Ends each connection.
    pub fn hang_up(&self) {
        for socket in lock(&self.inside).sockets.drain(..) {
            // One that the client closed first is closed as well.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ack(git_hash: &str) -> String {
    json!({ "type": "LocalCommitAck", "git_hash": git_hash }).to_string()
}

/// Serves one connection until it ends, which is no failure of the test.
fn serve(stream: TcpStream, inside: &Mutex<Inside>) {
    stream.set_nodelay(true).expect("no delay");
    lock(inside)
        .sockets
        .push(stream.try_clone().expect("a second handle"));
    let Ok(mut socket) = tungstenite::accept(stream) else {
        return;
    };
    socket
        .get_ref()
        .set_read_timeout(Some(LOOK))
        .expect("read timeout");
    let mut to_say = vec![json!({ "type": "snapshot", "protocol": 1, "builds": [] }).to_string()];
    loop {
        for text in to_say.drain(..) {
            if socket.send(Message::text(text)).is_err() {
                return;
            }
        }
        match socket.read() {
            Ok(Message::Text(text)) => {
                let frame: Value = serde_json::from_str(&text).expect("clones speak JSON");
                let mut inside = lock(inside);
                if let (true, Some(hash)) = (inside.acknowledges, frame["git_hash"].as_str()) {
                    to_say.push(ack(hash));
                }
                inside.received.push(frame);
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(_) => return,
        }
        to_say.append(&mut lock(inside).to_say);
    }
}
