//! The other side of the wire, or of a pipe, as a Python program that a test brings along: its events come as lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process;
use crate::scratch::Scratch;
use crate::spec_kitty;

/// A running program; ended when dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
    events: Arc<Mutex<Vec<Value>>>,
}

impl Peer {
    /// Starts a program by the Python that `scripts/oracle` installs, which has `websockets` and `mcp`.
    ///
    /// # Panics
    /// When it isn't installed, with the command that installs it.
    #[track_caller]
    pub fn start(scratch: &Scratch, program: &str, arguments: &[&str]) -> Self {
        let mut child = spec_kitty::python(scratch.env())
            .args(["-I", "-c", program])
            .args(arguments)
            .current_dir(scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("Python starts");
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            // What is no JSON is kept as text, so that a test can show it.
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                told.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(event);
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            events,
        }
    }

    /// Writes a line to its input.
    #[track_caller]
    pub fn say(&mut self, line: &Value) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        writeln!(stdin, "{line}").expect("it reads");
        stdin.flush().expect("it reads");
    }

    /// Returns what it has told so far.
    pub fn events(&self) -> Vec<Value> {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns what it has told of one kind.
    pub fn told(&self, event: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|it| it["event"] == event);
        events
    }

    /// Waits until it has told so much of one kind; returns all of that kind.
    ///
    /// # Panics
    /// When that doesn't come, with what did.
    #[track_caller]
    pub fn wait_for(&self, event: &str, count: usize, limit: Duration) -> Vec<Value> {
        let end = Instant::now() + limit;
        loop {
            let told = self.told(event);
            if told.len() >= count {
                return told;
            }
            assert!(
                Instant::now() < end,
                "{} of {count} times `{event}` within {limit:?}: {:#?}",
                told.len(),
                self.events()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end; returns its exit code and all that it told.
    ///
    /// # Panics
    /// When it doesn't end.
    #[track_caller]
    pub fn finish(mut self) -> (i32, Vec<Value>) {
        self.stdin = None;
        let status = process::wait(&mut self.child, process::DEADLINE).expect("it ends");
        // The reader ends with the pipe; what it has read last may be a moment behind.
        let end = Instant::now() + Duration::from_secs(30);
        while Arc::strong_count(&self.events) > 1 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        let events = self.events();
        (status, events)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
