//! The DevTools protocol: one WebSocket to a browser, calls with answers, and what the page says.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// A connection to a browser.
pub(crate) struct DevTools {
    socket: WebSocket<TcpStream>,
    next_id: u64,
    problems: Vec<String>,
}

impl DevTools {
    /// Connects to `ws://127.0.0.1:<port><path>`.
    pub(crate) fn connect(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the browser's port");
        // Reads return at least this often, so that deadlines are kept.
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("read timeout");
        stream.set_nodelay(true).expect("no delay");
        let url = format!("ws://127.0.0.1:{port}{path}");
        let mut handshake = tungstenite::client(url, stream);
        let socket = loop {
            match handshake {
                Ok((socket, _)) => break socket,
                Err(tungstenite::HandshakeError::Interrupted(middle)) => {
                    handshake = middle.handshake();
                }
                Err(error @ tungstenite::HandshakeError::Failure(_)) => {
                    panic!("the browser refuses the connection: {error}")
                }
            }
        };
        Self {
            socket,
            next_id: 0,
            problems: Vec::new(),
        }
    }

    /// Calls a method, in a page's session or the browser's own, and returns its result.
    pub(crate) fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let mut request = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            request["sessionId"] = session.into();
        }
        self.socket
            .send(Message::text(request.to_string()))
            .expect("the browser takes a call");
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            let Some(mut message) = self.receive() else {
                continue;
            };
            if message["id"] == id {
                assert!(
                    message["error"].is_null(),
                    "{method} failed: {}",
                    message["error"]
                );
                return message["result"].take();
            }
        }
        panic!("the browser didn't answer {method} within 30 seconds")
    }

    /// Reads events until nothing has come for a moment.
    pub(crate) fn settle(&mut self) {
        while self.receive().is_some() {}
    }

    /// Returns what went wrong in the pages since the last call.
    pub(crate) fn take_problems(&mut self) -> Vec<String> {
        self.settle();
        std::mem::take(&mut self.problems)
    }

    fn receive(&mut self) -> Option<Value> {
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let message = serde_json::from_str(&text).expect("the browser speaks JSON");
                self.note(&message);
                Some(message)
            }
            Ok(_) => None,
            Err(tungstenite::Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                None
            }
            Err(error) => panic!("the browser is gone: {error}"),
        }
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                let details = &params["exceptionDetails"];
                let text = details["exception"]["description"]
                    .as_str()
                    .or(details["text"].as_str());
                self.problems
                    .push(format!("exception: {}", text.unwrap_or("without a text")));
            }
            Some("Runtime.consoleAPICalled")
                if matches!(params["type"].as_str(), Some("error" | "assert")) =>
            {
                let words: Vec<String> = params["args"].as_array().map_or_else(Vec::new, |args| {
                    args.iter()
                        .map(|arg| match (&arg["value"], &arg["description"]) {
                            (Value::String(text), _) | (_, Value::String(text)) => text.clone(),
                            (value, _) => value.to_string(),
                        })
                        .collect()
                });
                self.problems.push(format!("console: {}", words.join(" ")));
            }
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                self.problems.push(format!(
                    "log: {} ({})",
                    entry["text"].as_str().unwrap_or(""),
                    entry["url"].as_str().unwrap_or("")
                ));
            }
            _ => {}
        }
    }
}
