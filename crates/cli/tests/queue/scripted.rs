//! A hub that answers batches as a test says, and refuses every WebSocket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it answers to a batch: a status line, headers, a body.
pub(crate) struct Script {
    pub(crate) status: u16,
    pub(crate) headers: &'static str,
}

pub(crate) struct Scripted {
    port: u16,
    batches: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Scripted {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let batches = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&batches);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is no failure of the test.
                let _ = serve(stream, &script, &seen);
            }
        });
        Self { port, batches }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns how many batches came.
    pub(crate) fn batches(&self) -> usize {
        self.batches.lock().unwrap().len()
    }
}

fn serve(stream: TcpStream, script: &Script, seen: &Mutex<Vec<Vec<u8>>>) -> std::io::Result<()> {
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
    let (status, headers) = if head.starts_with("POST /api/v1/events/batch/ ") {
        seen.lock().unwrap().push(body);
        (script.status, script.headers)
    } else {
        (503, "")
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    reader.get_mut().write_all(answer.as_bytes())
}
