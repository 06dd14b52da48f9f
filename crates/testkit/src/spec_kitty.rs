//! The Python tool whose files are shared, as the other side of tests: one process that has imported it once.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::env::Env;
use crate::process::{self, Output};
use crate::scratch::Scratch;

/// The environment that `scripts/oracle` makes in the target directory.
const INSTALLED: &str = "spec-kitty-3.2.7";
/// Names another one.
const VARIABLE: &str = "PAWTRAIL_SPEC_KITTY";

/// A process of the Python tool that answers requests.
#[derive(Debug)]
pub struct SpecKitty {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl SpecKitty {
    /// Starts it in a scratch area's environment.
    ///
    /// # Panics
    /// When it isn't installed, with the command that installs it.
    #[track_caller]
    pub fn start(scratch: &Scratch) -> Self {
        let mut child = python(scratch.env())
            .args(["-I", "-c", include_str!("spec_kitty/helper.py")])
            .current_dir(scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("spec-kitty's Python starts");
        Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    /// Asks for an operation of the helper (`spec_kitty/helper.py` lists them); what it fails with is an error.
    ///
    /// # Errors
    /// The exception's name and text.
    ///
    /// # Panics
    /// When the process has died.
    #[track_caller]
    pub fn ask(&mut self, op: &str, mut request: Value) -> Result<Value, String> {
        self.send(op, &mut request);
        self.answer()
    }

    /// Sends a request without waiting for its answer.
    #[track_caller]
    pub fn send(&mut self, op: &str, request: &mut Value) {
        request["op"] = json!(op);
        let stdin = self.stdin.as_mut().expect("not stopped");
        writeln!(stdin, "{request}").expect("spec-kitty's Python reads");
        stdin.flush().expect("spec-kitty's Python reads");
    }

    /// Waits for the answer to what was sent first.
    ///
    /// # Errors
    /// The exception's name and text.
    #[track_caller]
    pub fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("an answer");
        let mut answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("spec-kitty's Python answers {line:?}: {error}"));
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["ok"].take()),
        }
    }

    /// Asks for an operation that must succeed.
    #[track_caller]
    pub fn must(&mut self, op: &str, request: Value) -> Value {
        let shown = format!("{op} {request}");
        self.ask(op, request)
            .unwrap_or_else(|error| panic!("{shown}: {error}"))
    }

    /// Runs the tool's own program to its end, as a person does.
    #[track_caller]
    pub fn run(scratch: &Scratch, dir: &Path, args: &[&str]) -> Output {
        let mut command = python(scratch.env());
        command
            .args(["-I", "-m", "specify_cli"])
            .args(args)
            .current_dir(dir);
        process::run(&mut command)
    }
}

impl Drop for SpecKitty {
    fn drop(&mut self) {
        // It ends with its input.
        self.stdin = None;
        if process::wait(&mut self.child, process::DEADLINE).is_none() {
            let _ = self.child.kill();
        }
    }
}

/// The environment's Python; the tests that need it fail where it is missing, and say so.
#[track_caller]
pub(crate) fn python(env: &Env) -> Command {
    let home = home().unwrap_or_else(|| {
        panic!(
            "this test needs spec-kitty, websockets or mcp for Python, which aren't installed: run `scripts/oracle` \
             once (or set {VARIABLE} to an environment that has them)"
        )
    });
    let bin = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    env.command(home.join(bin))
}

/// The environment that the variable names, or the one in the target directory that this program was built into.
fn home() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(PathBuf::from(named));
    }
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .map(|dir| dir.join(INSTALLED))
        .find(|home| home.join("installed").exists())
}
