//! A repository to measure in, with an environment of its own.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::Result;

/// How long git's maintenance may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A scratch repository whose branch is not protected, so that index and files follow each answer.
pub(crate) struct Repository {
    area: TempDir,
    root: PathBuf,
    binary: PathBuf,
}

impl Repository {
    /// Makes a repository with `files` tracked files, an identity and a mission.
    pub(crate) fn make(binary: &Path, files: usize) -> Result<Self> {
        let area = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = area.path().join("repository");
        fs::create_dir(&root).map_err(|error| error.to_string())?;
        let repository = Self {
            area,
            root,
            binary: binary.to_owned(),
        };
        repository.succeed(repository.git().args(["init", "-q", "-b", "work"]))?;
        for n in 0..files {
            let path = repository.root.join(format!("src/{:03}/{n}.txt", n / 100));
            if n % 100 == 0 {
                fs::create_dir_all(path.with_file_name("")).map_err(|error| error.to_string())?;
            }
            fs::write(&path, format!("file {n}\n")).map_err(|error| error.to_string())?;
        }
        for name in ["log-a.jsonl", "log-b.jsonl"] {
            fs::write(repository.root.join(name), "").map_err(|error| error.to_string())?;
        }
        // What `git commit` would start in the background may still be at work when the next command is timed.
        repository.succeed(
            repository
                .git()
                .args(["config", "maintenance.auto", "false"]),
        )?;
        repository.succeed(repository.git().args(["add", "-A"]))?;
        repository.succeed(repository.git().args(["commit", "-q", "-m", "start"]))?;
        repository.succeed(repository.git().args(["repack", "-adq"]))?;
        repository.succeed(repository.pawtrail().args(["init", "--quiet"]))?;
        repository.succeed(
            repository
                .pawtrail()
                .args(["mission", "create", "measured", "--quiet"]),
        )?;
        Ok(repository)
    }

    /// Returns where a file of the repository is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Asks for decisions and returns their ids.
    pub(crate) fn ask(&self, count: usize) -> Result<Vec<String>> {
        (0..count)
            .map(|n| {
                let question = format!("Question {n}?");
                let mut command = self.pawtrail();
                command.args(["decision", "request", "--question", &question, "--json"]);
                let output = command.output().map_err(|error| error.to_string())?;
                let document: Value = serde_json::from_slice(&output.stdout)
                    .map_err(|error| format!("decision request: {error}"))?;
                document["data"]["decision_id"]
                    .as_str()
                    .map(str::to_owned)
                    .ok_or(format!("decision request failed: {document}"))
            })
            .collect()
    }

    /// Appends a line like an event's to a tracked file.
    pub(crate) fn append(&self, name: &str, round: usize) -> Result<()> {
        let line = format!("{{\"event_id\":\"{round:026}\",\"payload\":{{\"answer\":\"yes\"}}}}\n");
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.root.join(name))
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|error| error.to_string())
    }

    /// Returns the directory of the repository's mission, relative to its root.
    pub(crate) fn mission_dir(&self) -> Result<String> {
        let entry = fs::read_dir(self.root.join("kitty-specs"))
            .map_err(|error| error.to_string())?
            .next()
            .ok_or("no mission")?
            .map_err(|error| error.to_string())?;
        Ok(format!(
            "kitty-specs/{}",
            entry.file_name().to_string_lossy()
        ))
    }

    /// Counts the rows of the glossary's log.
    pub(crate) fn log_rows(&self) -> Result<usize> {
        let dir = self.root.join(".kittify/events/glossary");
        let mut rows = 0;
        for entry in fs::read_dir(dir).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
            rows += text.lines().count();
        }
        Ok(rows)
    }

    /// Lets git end what it does in the background, and the system write what it holds back.
    pub(crate) fn rest(&self) -> Result<()> {
        let lock = self.root.join(".git/objects/maintenance.lock");
        let deadline = Instant::now() + PATIENCE;
        while lock.exists() {
            if Instant::now() > deadline {
                return Err(format!("{} stays", lock.display()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.succeed(&mut self.command("sync"))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn git(&self) -> Command {
        self.command("git")
    }

    pub(crate) fn pawtrail(&self) -> Command {
        self.command(&self.binary)
    }

    /// Runs a command, which must succeed.
    pub(crate) fn succeed(&self, command: &mut Command) -> Result<()> {
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{command:?}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "{command:?} failed: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.area.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Robin Example")
            .env("GIT_AUTHOR_EMAIL", "bench@localhost")
            .env("GIT_COMMITTER_NAME", "Robin Example")
            .env("GIT_COMMITTER_EMAIL", "bench@localhost");
        command
    }
}
