//! Runs the real binary as a user would, in the hermetic environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use crate::env::Env;
use crate::process::{self, Output, Running};
use crate::repo::Repo;
use crate::scratch::Scratch;

/// The program under test.
#[derive(Debug)]
pub struct Pawtrail {
    binary: PathBuf,
    env: Env,
    seeded: Option<AtomicU64>,
}

impl Pawtrail {
    /// Takes the binary that the test was built with: `env!("CARGO_BIN_EXE_pawtrail")`. When the
    /// scratch area ends, each courier that it started is stopped.
    pub fn new(scratch: &Scratch, binary: impl AsRef<Path>) -> Self {
        scratch.uses(binary.as_ref());
        Self {
            binary: binary.as_ref().to_owned(),
            env: scratch.env().clone(),
            seeded: None,
        }
    }

    /// Makes identifiers and times reproducible: each command gets the next seed, and a clock one
    /// minute later than the command before.
    #[must_use]
    pub fn seeded(mut self) -> Self {
        self.seeded = Some(AtomicU64::new(0));
        self
    }

    /// Sets one more variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.env = self.env.with(name, value);
        self
    }

    /// Puts the binary where git finds it too, as an installed one is.
    #[must_use]
    pub fn on_path(self) -> Self {
        let mut dirs: Vec<std::path::PathBuf> =
            self.binary().parent().map(Into::into).into_iter().collect();
        dirs.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(dirs).expect("directories without separators");
        self.with_env("PATH", path)
    }

    /// Removes a variable.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env = self.env.without(name);
        self
    }

    /// Returns the binary's path.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Returns the command without running it.
    pub fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let mut command = self.env.command(&self.binary);
        command.current_dir(dir).args(args);
        if let Some(next) = &self.seeded {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (hour, minute) = (8 + at / 60 % 12, at % 60);
            command.env("PAWTRAIL_SEED", at.to_string()).env(
                "PAWTRAIL_CLOCK",
                format!("2026-06-01T{hour:02}:{minute:02}:00Z"),
            );
        }
        command
    }

    /// Runs a command in a checkout to its end.
    pub fn run(&self, repo: &Repo, args: &[&str]) -> Output {
        self.run_in(repo.path(), args)
    }

    /// Runs a command in any directory to its end.
    pub fn run_in(&self, dir: &Path, args: &[&str]) -> Output {
        process::run(&mut self.command(dir, args))
    }

    /// Runs a command with `--json` and returns the document, whatever the exit code.
    ///
    /// # Panics
    /// Unless standard output is exactly one JSON document, standard error is empty, and `ok`
    /// agrees with the exit code.
    #[track_caller]
    pub fn json(&self, repo: &Repo, args: &[&str]) -> Value {
        self.json_in(repo.path(), args).1
    }

    /// Runs a command with `--json` in any directory and returns exit code and document.
    ///
    /// # Panics
    /// As [`Pawtrail::json`].
    #[track_caller]
    pub fn json_in(&self, dir: &Path, args: &[&str]) -> (i32, Value) {
        let all: Vec<&str> = std::iter::once("--json")
            .chain(args.iter().copied())
            .collect();
        let output = self.run_in(dir, &all);
        let document = output.json();
        let ok = output.status == 0;
        assert!(
            document["ok"] == Value::Bool(ok),
            "`ok` and the exit code disagree\n{output}"
        );
        (output.status, document)
    }

    /// Runs a command with `--json` that must succeed, and returns its `data`.
    ///
    /// # Panics
    /// As [`Pawtrail::json`], and when it fails.
    #[track_caller]
    pub fn data(&self, repo: &Repo, args: &[&str]) -> Value {
        let (status, mut document) = self.json_in(repo.path(), args);
        assert!(status == 0, "{args:?} ended with {status}: {document:#}");
        document["data"].take()
    }

    /// Starts a command and doesn't wait for it; its standard output and error are piped.
    pub fn spawn(&self, repo: &Repo, args: &[&str]) -> Running {
        Running::start(
            self.command(repo.path(), args)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
    }
}
