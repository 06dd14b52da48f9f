//! What the demo tells: steps as they happen, then the measured figures.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use owo_colors::OwoColorize as _;
use serde_json::{Map, Value, json};

use crate::error::CliError;
use crate::interrupt::{Interrupt, is_interruption};
use crate::output::Output;
use crate::text::{Text, table};

/// One measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    /// A whole `decision answer` process.
    Answer,
    /// From the start of a committing command until the hub has the commit.
    CommitToHub,
    /// From the restarted hub's first word until it has all that waited.
    Replay,
}

impl Figure {
    fn key(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::CommitToHub => "commit_to_hub",
            Self::Replay => "replay",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Answer => "an answer is in git: the whole command",
            Self::CommitToHub => "the hub has it: from the command's start",
            Self::Replay => "all that waited is on the hub: from its restart",
        }
    }
}

/// The steps and figures of one run.
#[derive(Debug)]
pub(super) struct Report {
    output: Output,
    interrupt: Interrupt,
    steps: Vec<Value>,
    figures: BTreeMap<Figure, Vec<Duration>>,
}

impl Report {
    pub(super) fn new(output: Output, interrupt: Interrupt) -> Self {
        Self {
            output,
            interrupt,
            steps: Vec::new(),
            figures: BTreeMap::new(),
        }
    }

    /// Prints a line for people. A reader that has gone doesn't make the story untrue.
    pub(super) fn say(&self, line: &str) {
        if !self.output.json() && !self.output.quiet() {
            let _ = self.output.line(line);
        }
    }

    /// Prints a command before it runs.
    pub(super) fn command(&self, place: &str, words: &str) {
        let place = format!("{place:>7}");
        self.say(&format!("  {} {} {words}", place.dimmed(), "$".dimmed()));
    }

    /// Tells one step: its title, what it does, and whether it is true. One that somebody
    /// interrupted is neither.
    ///
    /// # Errors
    /// Whatever the step fails with.
    pub(super) fn step(
        &mut self,
        name: &str,
        title: &str,
        step: impl FnOnce(&mut Self) -> Result<String, CliError>,
    ) -> Result<(), CliError> {
        let number = self.steps.len() + 1;
        self.say("");
        self.say(&format!("{number}. {}", title.bold()));
        let result = step(self).map_err(|error| self.interrupt.cause(error));
        let (ok, detail) = match &result {
            Ok(detail) => (true, detail.clone()),
            Err(error) => (false, error.message.clone()),
        };
        match &result {
            Ok(_) => self.say(&format!("       {} {detail}", "ok".green().bold())),
            Err(error) if is_interruption(error) => {
                self.say(&format!("{}", "interrupted".yellow().bold()));
            }
            Err(_) => self.say(&format!("   {} {detail}", "FAILED".red().bold())),
        }
        self.steps
            .push(json!({ "name": name, "ok": ok, "detail": detail }));
        result.map(|_| ())
    }

    /// Adds one measured value.
    pub(super) fn measured(&mut self, figure: Figure, took: Duration) {
        self.figures.entry(figure).or_default().push(took);
    }

    /// Prints the figures.
    pub(super) fn summary(&self) {
        let rows: Vec<Vec<String>> = self
            .figures
            .iter()
            .map(|(figure, values)| {
                vec![
                    figure.meaning().to_owned(),
                    format!("{:.0} ms", millis(median(values))),
                    format!("{:.0} ms", millis(max(values))),
                    values.len().to_string(),
                ]
            })
            .collect();
        self.say("");
        self.say(&table(
            &["measured in this run", "median", "most", "times"],
            &rows,
        ));
    }

    /// Says where to look while the hub stays up.
    pub(super) fn keep(&self, board_url: &str, dir: &Path) {
        let text = Text::new("The board stays up.")
            .field("board", board_url)
            .field("repository", dir.display());
        self.say("");
        self.say(&text.done());
    }

    /// Returns the steps and figures as data.
    pub(super) fn document(&self) -> Value {
        let mut latency = Map::new();
        for (figure, values) in &self.figures {
            let key = figure.key();
            latency.insert(format!("{key}_median"), json!(millis(median(values))));
            latency.insert(format!("{key}_max"), json!(millis(max(values))));
        }
        json!({ "steps": self.steps, "latency_ms": latency })
    }
}

fn median(values: &[Duration]) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn max(values: &[Duration]) -> Duration {
    values.iter().max().copied().unwrap_or_default()
}

/// Milliseconds with one digit behind the point.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ColorWhen;

    #[test]
    fn a_failed_step_is_told_and_ends_the_story() {
        let mut report = Report::new(Output::plain(true, ColorWhen::Never), Interrupt::default());
        report.measured(Figure::Answer, Duration::from_micros(1_540));
        report.measured(Figure::Answer, Duration::from_micros(9_960));
        report
            .step("one", "One", |_| Ok("fine".to_owned()))
            .ok()
            .unwrap();
        let error = report
            .step("two", "Two", |_| Err(CliError::refused("X", "not so")))
            .unwrap_err();
        assert_eq!(error.code, "X");
        assert_eq!(
            report.document(),
            json!({
                "steps": [
                    { "name": "one", "ok": true, "detail": "fine" },
                    { "name": "two", "ok": false, "detail": "not so" },
                ],
                "latency_ms": { "answer_median": 10.0, "answer_max": 10.0 },
            })
        );
    }
}
