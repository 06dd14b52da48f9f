//! What most cases can be told.

use std::path::PathBuf;
use std::str::FromStr;

use crate::Result;

pub(crate) struct Settings {
    /// The numbers of tracked files to measure with; never empty.
    pub(crate) files: Vec<usize>,
    /// The numbers of lines, or rows, in the event file.
    pub(crate) lines: Vec<usize>,
    pub(crate) commits: usize,
    pub(crate) rounds: usize,
    pub(crate) writers: usize,
    pub(crate) answers: usize,
    /// How many commits wait for a hub.
    pub(crate) pending: Vec<usize>,
    /// How many events wait in the queue.
    pub(crate) waiting: usize,
    /// How many commits the large replay has.
    pub(crate) offline: usize,
    /// How many commits are made while connected.
    pub(crate) live: usize,
    pub(crate) binary: PathBuf,
}

impl Settings {
    /// Reads `--name value` pairs.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut settings = Self {
            files: vec![1_000],
            lines: vec![100, 1_000, 10_000],
            commits: 5_000,
            rounds: 60,
            writers: 16,
            answers: 20,
            pending: vec![10, 1_000, 10_000],
            waiting: 100_000,
            offline: 10_000,
            live: 500,
            binary: own.with_file_name(format!("pawtrail{}", std::env::consts::EXE_SUFFIX)),
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--files" => settings.files = numbers(&value)?,
                "--lines" => settings.lines = numbers(&value)?,
                "--commits" => settings.commits = number(&value)?,
                "--rounds" => settings.rounds = number(&value)?,
                "--writers" => settings.writers = number(&value)?,
                "--answers" => settings.answers = number(&value)?,
                "--offline" => settings.offline = number(&value)?,
                "--live" => settings.live = number(&value)?,
                "--pending" => settings.pending = numbers(&value)?,
                "--waiting" => settings.waiting = number(&value)?,
                "--binary" => settings.binary = PathBuf::from(value),
                other => return Err(format!("unknown option {other}")),
            }
        }
        if [settings.rounds, settings.writers, settings.answers].contains(&0) {
            return Err("--rounds, --writers and --answers must be at least 1".to_owned());
        }
        if !settings.binary.is_file() {
            return Err(format!(
                "{} is missing; build it: cargo build --release",
                settings.binary.display()
            ));
        }
        Ok(settings)
    }

    /// Returns the first number of files, for a case that measures with one.
    pub(crate) fn file_count(&self) -> usize {
        self.files.first().copied().unwrap_or(1_000)
    }
}

fn numbers(text: &str) -> Result<Vec<usize>> {
    text.split(',').map(number).collect()
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
