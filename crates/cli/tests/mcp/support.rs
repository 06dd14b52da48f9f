//! An agent: a client that starts the server and speaks to it line by line.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pawtrail_testkit::Pawtrail;
use serde_json::{Value, json};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
/// How long to wait for what must come.
#[cfg(unix)]
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A client and its server.
pub(crate) struct Agent {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    last: u64,
    early: Vec<Value>,
}

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The document, structured.
    pub(crate) document: Value,
    pub(crate) exit: i64,
}

impl Agent {
    /// Starts a server in a directory; nothing is said yet.
    pub(crate) fn start(pawtrail: &Pawtrail, dir: &Path) -> Self {
        Self::start_by(pawtrail, dir, &["mcp"])
    }

    /// Starts a server by a line of its own.
    pub(crate) fn start_by(pawtrail: &Pawtrail, dir: &Path, line: &[&str]) -> Self {
        let mut child = pawtrail
            .command(dir, line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            lines,
            last: 0,
            early: Vec::new(),
        }
    }

    /// Starts a server, and says hello.
    #[track_caller]
    pub(crate) fn ready(pawtrail: &Pawtrail, dir: &Path) -> Self {
        let mut agent = Self::start(pawtrail, dir);
        agent.hello("2025-11-25");
        agent
    }

    /// Says hello in a version of the protocol; returns what the server says of itself.
    #[track_caller]
    pub(crate) fn hello(&mut self, version: &str) -> Value {
        let client = json!({ "name": "agent", "version": "1" });
        let hello = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let said = self.ask("initialize", &hello);
        self.tell("notifications/initialized", &json!({}));
        said["result"].clone()
    }

    /// Writes a line as it is.
    #[track_caller]
    pub(crate) fn line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line.as_bytes()).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Sends a notification.
    #[track_caller]
    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        let told = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.line(&told.to_string());
    }

    /// Sends a request, and doesn't wait for its answer; returns its id.
    #[track_caller]
    pub(crate) fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.last += 1;
        let id = self.last;
        let asked = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.line(&asked.to_string());
        id
    }

    /// Sends the call of a tool.
    #[track_caller]
    pub(crate) fn begin(&mut self, tool: &str, input: &Value) -> u64 {
        self.send("tools/call", &json!({ "name": tool, "arguments": input }))
    }

    /// Waits for the answer to a request.
    #[track_caller]
    pub(crate) fn wait(&mut self, id: u64) -> Value {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(at) = self.early.iter().position(|said| said["id"] == id) {
                return self.early.swap_remove(at);
            }
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("no answer to {id}: {error}"));
            let said: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("no message: {error}: {line}"));
            assert_eq!(said["jsonrpc"], "2.0", "{line}");
            self.early.push(said);
        }
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.wait(id)
    }

    /// Calls a tool.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, input: &Value) -> Answer {
        let id = self.begin(tool, input);
        let said = self.wait(id);
        answer(&said)
    }

    /// Calls a tool that must do what it is asked for; returns its document.
    #[track_caller]
    pub(crate) fn must(&mut self, tool: &str, input: &Value) -> Value {
        let answer = self.call(tool, input);
        assert_eq!(answer.exit, 0, "{tool} {input}: {:#}", answer.document);
        answer.document
    }

    /// Calls a tool that must fail with this exit code; returns its error.
    #[track_caller]
    pub(crate) fn fails(&mut self, tool: &str, input: &Value, exit: i64, code: &str) -> Value {
        let mut answer = self.call(tool, input);
        let shown = format!("{tool} {input}: {:#}", answer.document);
        assert_eq!(answer.exit, exit, "{shown}");
        assert_eq!(answer.document["error"]["code"], code, "{shown}");
        answer.document["error"].take()
    }

    /// Returns the tools by what the server lists.
    #[track_caller]
    pub(crate) fn tools(&mut self) -> Vec<Value> {
        let listed = self.ask("tools/list", &json!({}));
        listed["result"]["tools"].as_array().unwrap().clone()
    }

    /// Returns what has come and nobody has waited for.
    pub(crate) fn unasked(&mut self) -> Vec<Value> {
        let lines = self.lines.try_iter();
        let said = lines.map(|line| serde_json::from_str(&line).unwrap());
        self.early.extend(said);
        std::mem::take(&mut self.early)
    }

    /// Ends the server's input.
    pub(crate) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// The process id of the server.
    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server's input, and waits for its end; returns its exit code and what stands on standard error.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.hang_up();
        let end = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "the server goes on");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the answer of a tool, whose forms must agree.
#[track_caller]
fn answer(said: &Value) -> Answer {
    let result = &said["result"];
    let document = result["structuredContent"].clone();
    assert!(document.is_object(), "{said:#}");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), document);
    let exit = result["_meta"]["exit_code"].as_i64().unwrap();
    assert_eq!(result["isError"], exit != 0, "{said:#}");
    Answer { document, exit }
}
