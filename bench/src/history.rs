//! `audit --history` beside `git log -p | grep -E`, on a history of event files, in one run.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::Result;
use crate::stopwatch::Column;

/// So many missions take turns.
const MISSIONS: usize = 20;
/// One event in so many holds an e-mail address.
const LEAK_EVERY: usize = 500;
/// What a search by hand would look for: home directories and e-mail addresses.
const PATTERN: &str =
    r"/(home|Users)/[A-Za-z0-9._-]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}";

/// Makes `commits` commits, each of which appends one event to the log of one mission, packs them, and measures.
pub(crate) fn run(binary: &Path, commits: usize, rounds: usize) -> Result<()> {
    let history = History::make(commits)?;
    let mut audit = Column::new("pawtrail audit --history");
    let mut search = Column::new("git log -p | grep -E");
    let mut report = Value::Null;
    let mut lines = 0;
    for round in 0..=rounds {
        let counts = round > 0;
        audit.time(counts, || {
            let mut command = history.command(binary);
            let output = command.args(["audit", "--history", "--json"]).output();
            let output = output.map_err(|error| error.to_string())?;
            report = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
            Ok(())
        })?;
        search.time(counts, || {
            lines = history.search()?;
            Ok(())
        })?;
    }
    let details = &report["error"]["details"];
    let found = details["findings"].as_array().map_or(0, Vec::len);
    let leaks = commits.div_ceil(LEAK_EVERY);
    if details["blobs"].as_u64() != Some(commits as u64) || found != leaks {
        return Err(format!(
            "{commits} contents and {leaks} findings were expected: {} and {found}",
            details["blobs"]
        ));
    }
    println!(
        "{commits} commits, {} contents read, {found} findings, {lines} lines of grep; {rounds} rounds, milliseconds",
        details["blobs"]
    );
    for column in [&audit, &search] {
        println!(
            "{:<28}{:>9.1} median{:>9.1} min",
            column.name,
            column.median(),
            column.quantile(0.0)
        );
    }
    println!(
        "audit : git log -p | grep = {:.2}",
        audit.median() / search.median()
    );
    Ok(())
}

struct History {
    area: TempDir,
    root: PathBuf,
}

impl History {
    fn make(commits: usize) -> Result<Self> {
        let area = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = area.path().join("repository");
        fs::create_dir(&root).map_err(|error| error.to_string())?;
        let history = Self { area, root };
        history.git(&["init", "-q", "-b", "work"], b"")?;
        history.git(&["fast-import", "--quiet"], stream(commits).as_bytes())?;
        history.git(&["gc", "-q"], b"")?;
        Ok(history)
    }

    /// What a person would do without an audit. Returns the number of lines.
    fn search(&self) -> Result<usize> {
        let error = |error: std::io::Error| error.to_string();
        let mut log = self.command("git");
        log.args(["log", "-p", "--all", "--", "kitty-specs"]);
        let mut log = log.stdout(Stdio::piped()).spawn().map_err(error)?;
        let from = log.stdout.take().ok_or("no output")?;
        let mut grep = self.command("grep");
        // Headers name the author of each commit, which is no content.
        grep.args(["-E", "-c", &format!("^[+].*({PATTERN})")]);
        let output = grep.stdin(from).output().map_err(error)?;
        log.wait().map_err(error)?;
        let count = String::from_utf8_lossy(&output.stdout);
        count
            .trim()
            .parse()
            .map_err(|_| format!("grep said {count}"))
    }

    fn git(&self, args: &[&str], input: &[u8]) -> Result<()> {
        let error = |error: std::io::Error| format!("git {args:?}: {error}");
        let mut command = self.command("git");
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(error)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input).map_err(error)?;
        }
        match child.wait().map_err(error)?.success() {
            true => Ok(()),
            false => Err(format!("git {args:?} failed")),
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.area.path())
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }
}

/// The history as git's importer reads it: each commit has its mission's whole log.
fn stream(commits: usize) -> String {
    let mut text = String::new();
    let mut logs = vec![String::new(); MISSIONS];
    for n in 0..commits {
        let log = &mut logs[n % MISSIONS];
        let note = match n % LEAK_EVERY {
            0 => "ask someone@company.example",
            _ => "take the smaller one, and look at src/main.rs again",
        };
        // Writing to a String can't fail.
        let _ = writeln!(
            log,
            "{{\"at\":\"2026-06-01T{:02}:{:02}:00+00:00\",\"build_id\":\"01KT119YA7GD2Y0D7MZRH5JSS4\",\
             \"event_id\":\"01KT119YA7GD2Y0D7MZ{n:07}\",\"event_type\":\"DecisionInputAnswered\",\
             \"mission_id\":\"01KT119YA7GD2Y0D7MZRH5JSS3\",\"payload\":{{\"actor\":{{\"actor_id\":\"user\",\
             \"actor_type\":\"human\",\"display_name\":\"\"}},\"answer\":\"{note}\",\"decision_id\":\"input:{n}\"}}}}",
            n / 60 % 24,
            n % 60
        );
        let at = 1_780_000_000 + n;
        let _ = write!(
            text,
            "commit refs/heads/work\ncommitter b <b@localhost> {at} +0000\ndata 1\nx\n\
             M 100644 inline kitty-specs/m{:02}-01KT119Y/decisions.events.jsonl\ndata {}\n{log}\n",
            n % MISSIONS,
            log.len()
        );
    }
    text
}
