//! A child process with a deadline, so that a hanging command fails its test and not the build.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long one command may take before its test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// What a finished command left.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; -1 where a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From start to end, as the parent saw it.
    pub took: Duration,
    /// The command, as a person would type it.
    pub command: String,
}

impl Output {
    /// Returns standard output as the one JSON document it must be.
    ///
    /// # Panics
    /// When it holds none or more than one, or when anything stands on standard error.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert!(
            self.stderr.is_empty(),
            "standard error is not empty\n{self}"
        );
        let mut documents =
            serde_json::Deserializer::from_str(&self.stdout).into_iter::<serde_json::Value>();
        let first = match documents.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => panic!("standard output is not JSON: {error}\n{self}"),
            None => panic!("standard output is empty\n{self}"),
        };
        assert!(
            documents.next().is_none(),
            "standard output holds more than one document\n{self}"
        );
        first
    }

    /// Fails the test unless the exit code is `status`.
    #[track_caller]
    pub fn expect_status(self, status: i32) -> Self {
        assert!(self.status == status, "exit code is not {status}\n{self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "$ {}\nexit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.command, self.status, self.stdout, self.stderr
        )
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    let shown = shown(command);
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start `{shown}`: {error}"));
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let status = wait(&mut child, DEADLINE).unwrap_or_else(|| {
        child.kill().expect("kill");
        child.wait().expect("wait");
        panic!("`{shown}` ran longer than {DEADLINE:?}")
    });
    let took = started.elapsed();
    let text =
        |from: mpsc::Receiver<Vec<u8>>, name| {
            // A background process that holds the pipe would make each script that reads it hang.
            let bytes = from.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| {
            panic!("`{shown}` has ended, but something it started holds its standard {name} open")
        });
            String::from_utf8_lossy(&bytes).into_owned()
        };
    Output {
        status,
        stdout: text(stdout, "output"),
        stderr: text(stderr, "error"),
        took,
        command: shown.clone(),
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    let mut pipe = pipe.expect("piped");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if pipe.read_to_end(&mut bytes).is_ok() {
            // The receiver is gone only when the test has failed already.
            let _ = send.send(bytes);
        }
    });
    receive
}

/// Waits for the end of `child`; `None` where it doesn't come in time.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().expect("wait") {
            return Some(status.code().unwrap_or(-1));
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The program's name and its arguments.
pub(crate) fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_stem()
        .unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty() || word.contains(char::is_whitespace) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A command that still runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let shown = shown(command);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start `{shown}`: {error}"));
        Self { child }
    }

    /// Returns the process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process at once (SIGKILL on Unix) and returns what it had printed, where piped.
    pub fn kill(mut self) -> Output {
        // An error here says that it has ended by itself.
        let _ = self.child.kill();
        self.finish(Duration::from_secs(30))
    }

    /// Waits for the end; panics where it doesn't come in time.
    pub fn finish(&mut self, limit: Duration) -> Output {
        let started = Instant::now();
        let stdout = self.child.stdout.take().map(|pipe| reader(Some(pipe)));
        let stderr = self.child.stderr.take().map(|pipe| reader(Some(pipe)));
        let status = wait(&mut self.child, limit)
            .unwrap_or_else(|| panic!("process {} didn't end in {limit:?}", self.child.id()));
        let text = |from: Option<mpsc::Receiver<Vec<u8>>>| {
            from.map(|from| {
                from.recv_timeout(Duration::from_secs(30))
                    .expect("pipe closes")
            })
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
        };
        Output {
            status,
            stdout: text(stdout),
            stderr: text(stderr),
            took: started.elapsed(),
            command: format!("(process {})", self.child.id()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
