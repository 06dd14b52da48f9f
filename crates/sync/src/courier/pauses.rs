//! How the upload waits: for what a hub asks, and never by spinning.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::tests::{SECRET, Scratch};
use super::uploads::Uploader;
use crate::egress::Door;
use crate::queue::Queue;
use crate::session::Backoff;
use crate::testing::eventually;

/// A hub that answers each batch as a list says, the last one again and again.
struct Terse {
    port: u16,
    came: Arc<Mutex<Vec<Instant>>>,
}

impl Terse {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&came);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is no failure of the test.
                let _ = serve(stream, answers, &seen);
            }
        });
        Self { port, came }
    }

    fn batches(&self) -> usize {
        self.came.lock().unwrap().len()
    }
}

fn serve(stream: TcpStream, answers: &[&str], came: &Mutex<Vec<Instant>>) -> std::io::Result<()> {
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
    reader.read_exact(&mut vec![0; length])?;
    let answer = if head.starts_with("POST ") {
        let mut came = came.lock().unwrap();
        came.push(Instant::now());
        answers[(came.len() - 1).min(answers.len() - 1)]
    } else {
        "404 Not Found\r\n"
    };
    let answer = format!("HTTP/1.1 {answer}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}");
    reader.get_mut().write_all(answer.as_bytes())
}

/// A clone with one event and consent to the hub, and its uploader.
fn uploader(clone: &Scratch, hub: &Terse) -> Uploader {
    let project = clone.place.project_uuid.as_ref().unwrap();
    Queue::for_tests(&clone.place.state_dir).fill(project.as_str(), 1);
    clone.enable_url(&format!("http://127.0.0.1:{}", hub.port), SECRET, false);
    let backoff = Backoff::new(Box::new(|_| 0));
    Uploader::start(
        clone.place.clone(),
        Door::new(clone.place.clone()),
        Box::new(|| Ok(())),
        backoff,
    )
    .unwrap()
}

#[test]
fn a_refusal_after_a_pause_lets_the_uploader_rest() {
    let hub = Terse::start(&[
        "503 Busy\r\nRetry-After: 0\r\n",
        "503 Busy\r\nRetry-After: 1\r\n",
        "401 No\r\n",
    ]);
    let clone = Scratch::new(0);
    let mut uploader = uploader(&clone, &hub);
    eventually("refused", || {
        std::iter::from_fn(|| uploader.news.try_recv().ok()).any(|told| told.refused)
    });
    assert_eq!(hub.batches(), 3);
    std::thread::sleep(Duration::from_millis(500));
    let mut said = 0;
    while uploader.news.try_recv().is_ok() {
        said += 1;
    }
    // What it tells after each pass; one that spins tells it thousands of times.
    assert!(said <= 1, "{said} reports in half a second of rest");
    assert_eq!(hub.batches(), 3);
    uploader.finish();
}

#[test]
fn a_journal_that_can_not_be_read_keeps_nothing_back() {
    let hub = Terse::start(&["503 Busy\r\nRetry-After: 60\r\n"]);
    let clone = Scratch::new(0);
    let project = clone.place.project_uuid.as_ref().unwrap();
    Queue::for_tests(&clone.place.state_dir).fill(project.as_str(), 1);
    clone.enable_url(&format!("http://127.0.0.1:{}", hub.port), SECRET, false);
    let broken = Box::new(|| Err(crate::SyncError::NoIdentity));
    let backoff = Backoff::new(Box::new(|_| 0));
    let uploader = Uploader::start(
        clone.place.clone(),
        Door::new(clone.place.clone()),
        broken,
        backoff,
    )
    .unwrap();
    eventually("a batch all the same", || hub.batches() == 1);
    uploader.finish();
}
