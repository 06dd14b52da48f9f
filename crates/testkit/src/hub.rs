//! A hub as a process of its own, on a free loopback port.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::pawtrail::Pawtrail;
use crate::process::Running;
use crate::scratch::Scratch;

/// A running hub; killed when dropped.
#[derive(Debug)]
pub struct Hub {
    running: Running,
    url: String,
    board_url: String,
    store: PathBuf,
}

impl Hub {
    /// Starts a hub on a free port with a store in the scratch area.
    ///
    /// # Panics
    /// When it doesn't say where it listens within 30 seconds.
    #[track_caller]
    pub fn start(scratch: &Scratch, pawtrail: &Pawtrail) -> Self {
        Self::start_at(pawtrail, scratch.path(), &free_address())
    }

    /// Starts a hub at an address, on the store in `dir`.
    ///
    /// # Panics
    /// As [`Hub::start`].
    #[track_caller]
    pub fn start_at(pawtrail: &Pawtrail, dir: &Path, listen: &str) -> Self {
        Self::start_with(pawtrail, dir, listen, &[])
    }

    /// Starts a hub for other machines on a free port, over TLS with a certificate for `localhost` and its key, both in
    /// one file.
    ///
    /// # Panics
    /// As [`Hub::start`].
    #[track_caller]
    pub fn start_over_tls(scratch: &Scratch, pawtrail: &Pawtrail, certificate: &Path) -> Self {
        let listen = free_address();
        let port = listen.rsplit(':').next().expect("a port");
        let public = format!("https://localhost:{port}");
        let file = certificate.to_string_lossy();
        let args = [
            "--tls-cert",
            &file,
            "--tls-key",
            &file,
            "--public-url",
            &public,
        ];
        Self::start_with(pawtrail, scratch.path(), &listen, &args)
    }

    #[track_caller]
    fn start_with(pawtrail: &Pawtrail, dir: &Path, listen: &str, extra: &[&str]) -> Self {
        let store = dir.join("hub.sqlite");
        let shown = store.to_string_lossy().into_owned();
        let args = [
            "--json", "hub", "serve", "--listen", listen, "--store", &shown,
        ];
        let mut command = pawtrail.command(dir, &[&args, extra].concat());
        let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::inherit()));
        let pipe = running.child().stdout.take().expect("piped");
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // An early end shows as an empty line.
            let _ = BufReader::new(pipe).read_line(&mut line);
            let _ = send.send(line);
        });
        let line = receive
            .recv_timeout(Duration::from_secs(30))
            .expect("the hub says where it listens");
        let started: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the hub's first line is no JSON: {error}: {line}"));
        let text = |name: &str| match started["data"][name].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("the hub's first line has no `{name}`: {line}"),
        };
        Self {
            url: text("url"),
            board_url: text("board_url"),
            store,
            running,
        }
    }

    /// Returns the address for `sync enable`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address of the board.
    pub fn board_url(&self) -> &str {
        &self.board_url
    }

    /// Returns the store's file, for `hub token` commands.
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Makes a token for a project.
    #[track_caller]
    pub fn token(&self, pawtrail: &Pawtrail, project: &str) -> String {
        let made = self.token_command(pawtrail, &["create", "--project", project]);
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Runs a command of `hub token` on the hub's store and returns its data.
    #[track_caller]
    pub fn token_command(&self, pawtrail: &Pawtrail, words: &[&str]) -> Value {
        let store = self.store.to_string_lossy();
        let words = [&["hub", "token"], words, &["--store", &store]].concat();
        let dir = self.store.parent().expect("a store is in a directory");
        let (status, mut done) = pawtrail.json_in(dir, &words);
        assert_eq!(status, 0, "{done:#}");
        done["data"].take()
    }

    /// Ends the hub at once, as a crash would, and returns host and port to start it at again.
    pub fn kill(self) -> String {
        let address = self.url.trim_start_matches("http://").trim_end_matches('/');
        let address = address.to_owned();
        self.running.kill();
        address
    }
}

/// A loopback address that nobody takes while a hub that was killed is away: its port is below those that systems give
/// to whoever asks for any.
fn free_address() -> String {
    const FIRST: u16 = 20_000;
    const COUNT: u32 = 12_000;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Each process has some for itself, and goes on where others might be when it has used them.
    let mine = std::process::id().wrapping_mul(16) % COUNT;
    let free = (0..COUNT).find_map(|_| {
        let next = (mine + ASKED.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = FIRST + u16::try_from(next).expect("below the count");
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
    });
    format!("127.0.0.1:{}", free.expect("a free port"))
}
