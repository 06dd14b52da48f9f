//! The demo's world: a scratch repository made by git, this binary as a user runs it, a hub.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pawtrail_event::ProjectUuid;
use pawtrail_hub::{Hub, StoredCommit};
use pawtrail_repo::shell::quoted;
use serde_json::Value;
use tempfile::TempDir;

use super::report::Report;
use super::server::Server;
use crate::error::CliError;
use crate::interrupt::Interrupt;

/// Git's settings here, so that neither a signing key nor a hook of the machine takes part.
const GIT_CONFIG: &str = "\
[user]
\tname = Pawtrail Demo
\temail = demo@localhost
[init]
\tdefaultBranch = main
";

/// How long the hub may take to have a commit before the story is called untrue.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command of this program answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The whole document.
    pub(super) document: Value,
    /// The whole process, as its parent saw it.
    pub(super) took: Duration,
    /// When it was started.
    pub(super) started: Instant,
}

impl Answer {
    /// A text in `data`.
    pub(super) fn data(&self, name: &str) -> Result<String, CliError> {
        text(&self.document["data"], name)
    }

    /// A text in `receipt`.
    pub(super) fn receipt(&self, name: &str) -> Result<String, CliError> {
        text(&self.document["receipt"], name)
    }
}

fn text(of: &Value, name: &str) -> Result<String, CliError> {
    match of[name].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(untrue(format!("the answer has no `{name}`"))),
    }
}

/// Something that the story says isn't so.
pub(super) fn untrue(message: impl Into<String>) -> CliError {
    CliError::refused("UNTRUE", message)
}

/// Everything that the demo starts and makes.
pub(super) struct World {
    server: Option<Server>,
    address: String,
    board_url: String,
    binary: PathBuf,
    interrupt: Interrupt,
    dir: Option<TempDir>,
    root: PathBuf,
    enabled: bool,
}

impl World {
    /// Makes an empty world.
    ///
    /// # Errors
    /// When no temporary directory can be made.
    pub(super) fn new(interrupt: Interrupt) -> Result<Self, CliError> {
        let failed = |error| CliError::io("can't make a scratch directory", &error);
        let dir = tempfile::Builder::new()
            .prefix("pawtrail-demo-")
            .tempdir()
            .map_err(failed)?;
        let root = dir.path().to_owned();
        std::fs::write(root.join("gitconfig"), GIT_CONFIG).map_err(failed)?;
        std::fs::create_dir(root.join("main")).map_err(failed)?;
        Ok(Self {
            server: None,
            address: "127.0.0.1:0".to_owned(),
            board_url: String::new(),
            binary: std::env::current_exe().map_err(failed)?,
            interrupt,
            dir: Some(dir),
            root,
            enabled: false,
        })
    }

    /// Where a checkout of the story lies.
    pub(super) fn at(&self, place: &str) -> PathBuf {
        self.root.join(place)
    }

    /// The main checkout.
    pub(super) fn dir(&self) -> PathBuf {
        self.at("main")
    }

    /// The board's address.
    pub(super) fn board_url(&self) -> String {
        self.board_url.clone()
    }

    /// The hub's host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    fn environment(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let foreign = name.to_str().is_some_and(|name| {
                name.starts_with("GIT_") || name == "PAWTRAIL_SEED" || name == "PAWTRAIL_CLOCK"
            });
            if foreign {
                command.env_remove(name);
            }
        }
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.root.join("gitconfig"))
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
    }

    fn command(&self, program: &Path, place: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.at(place));
        self.environment(&mut command);
        command
    }

    /// Runs git in a checkout and returns its output.
    ///
    /// # Errors
    /// When git fails; with its words.
    pub(super) fn git(&self, place: &str, args: &[&str]) -> Result<String, CliError> {
        self.interrupt.check()?;
        let output = self
            .command(Path::new("git"), place)
            .args(args)
            .output()
            .map_err(|error| CliError::io("can't run git", &error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(untrue(format!("git {}: {}", args.join(" "), said.trim())))
    }

    /// Prints a git command, then runs it.
    ///
    /// # Errors
    /// As [`World::git`].
    pub(super) fn show_git(
        &self,
        report: &Report,
        place: &str,
        args: &[&str],
    ) -> Result<String, CliError> {
        report.command(place, &shown("git", args));
        self.git(place, args)
    }

    /// Prints a command of this program, then runs it with `--json`.
    ///
    /// # Errors
    /// When it fails, with its own error; or doesn't answer with a document.
    pub(super) fn pawtrail(
        &self,
        report: &Report,
        place: &str,
        args: &[&str],
    ) -> Result<Answer, CliError> {
        report.command(place, &shown("pawtrail", args));
        self.quietly(place, args)
    }

    /// Runs a command of this program with `--json`, without telling.
    ///
    /// # Errors
    /// As [`World::pawtrail`].
    pub(super) fn quietly(&self, place: &str, args: &[&str]) -> Result<Answer, CliError> {
        self.interrupt.check()?;
        let started = Instant::now();
        let output = self
            .command(&self.binary, place)
            .arg("--json")
            .args(args)
            .output()
            .map_err(|error| CliError::io("can't run this program", &error))?;
        let took = started.elapsed();
        let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
            untrue(format!(
                "{} answers no JSON: {error}",
                shown("pawtrail", args)
            ))
        })?;
        if output.status.success() {
            return Ok(Answer {
                document,
                took,
                started,
            });
        }
        let message = document["error"]["message"].as_str().unwrap_or("no reason");
        Err(CliError {
            details: document["error"].clone(),
            ..untrue(format!("{}: {message}", shown("pawtrail", args)))
        })
    }

    /// Starts the hub, at the address it had before if there was one.
    ///
    /// # Errors
    /// When it can't start.
    pub(super) fn start_hub(&mut self, report: &Report) -> Result<(), CliError> {
        let words = format!("pawtrail hub serve --listen {}", self.address);
        report.command("hub", &words);
        let command = self.command(&self.binary, "main");
        let server = Server::start(command, &self.address, &self.store())?;
        self.address = server.address();
        self.board_url.clone_from(&server.board_url);
        self.server = Some(server);
        Ok(())
    }

    /// Ends the hub at once, as a power cut would.
    pub(super) fn stop_hub(&mut self) {
        self.server = None;
    }

    /// The hub's store.
    pub(super) fn store(&self) -> PathBuf {
        self.root.join("hub.sqlite")
    }

    /// Says that a courier may run from now on.
    pub(super) fn enabled(&mut self) {
        self.enabled = true;
    }

    /// Reads from the hub's own store what it has.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(super) fn on_hub(&self, project: &ProjectUuid) -> Result<Vec<StoredCommit>, CliError> {
        Ok(Hub::open(&self.store())?.commits(project)?)
    }

    /// Waits until the hub has all of `commits`.
    ///
    /// # Errors
    /// When it doesn't have them in time.
    pub(super) fn wait_on_hub(
        &self,
        project: &ProjectUuid,
        commits: &[String],
    ) -> Result<(), CliError> {
        let hub = Hub::open(&self.store())?;
        let end = Instant::now() + PATIENCE;
        loop {
            let there = hub.commits(project)?;
            let has = |hash: &String| there.iter().any(|one| one.frame.git_hash.as_str() == hash);
            let missing = commits.iter().filter(|hash| !has(hash)).count();
            if missing == 0 {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(untrue(format!(
                    "{missing} of {} commits are not on the hub after {PATIENCE:?}",
                    commits.len()
                )));
            }
            self.interrupt.check()?;
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends the courier and the hub, and removes every file.
    ///
    /// # Errors
    /// When the courier doesn't stop or a file can't be removed.
    pub(super) fn close(mut self) -> Result<(), CliError> {
        let stopped = self.stop_courier();
        self.server = None;
        let removed = self.dir.take().map_or(Ok(()), TempDir::close);
        stopped?;
        removed.map_err(|error| CliError::io("can't remove the scratch directory", &error))
    }

    fn stop_courier(&mut self) -> Result<(), CliError> {
        if !std::mem::take(&mut self.enabled) {
            return Ok(());
        }
        let output = self
            .command(&self.binary, "main")
            .args(["--json", "sync", "stop"])
            .output()
            .map_err(|error| CliError::io("can't run this program", &error))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Err(untrue(format!("the courier doesn't stop: {}", said.trim())))
    }
}

fn shown(program: &str, args: &[&str]) -> String {
    std::iter::once(program.to_owned())
        .chain(args.iter().map(|word| quoted(word)))
        .collect::<Vec<_>>()
        .join(" ")
}
