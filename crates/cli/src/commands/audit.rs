//! `audit`: says where event files hold private data, and never what.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_repo::audit::{self, Finding, Progress, Report, Request};
use pawtrail_repo::developer;
use pawtrail_repo::shell::quoted;

use crate::args::AuditArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, short};

/// How many findings a message names.
const NAMED: usize = 20;
/// A shorter audit shows no progress bar.
const PATIENCE: Duration = Duration::from_millis(400);

pub(super) fn audit(context: &Context, args: &AuditArgs) -> Result<Done, CliError> {
    named_paths_exist(context, args)?;
    let report = match context.project() {
        Ok(project) => {
            let request = Request {
                history: args.history,
                dir: context.dir.clone(),
                paths: args.paths.clone(),
            };
            let interrupt = Interrupt::watch()?;
            let mut bar = Bar::new(context);
            let mut watch = |progress| {
                bar.show(progress);
                match interrupt.happened() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            let report = audit::audit(&project, &request, &mut watch)?;
            bar.end();
            let report =
                report.ok_or_else(|| Interrupt::error("interrupted; an audit changes nothing"))?;
            match report.nowhere.first() {
                Some(path) => return Err(nowhere(path)),
                None => report,
            }
        }
        // Files can be looked at anywhere.
        Err(error) if error.code == "NOT_A_REPOSITORY" && may_be_outside(args) => {
            let sanitizer = Sanitizer::new(&developer::outside());
            let paths: Vec<_> = args
                .paths
                .iter()
                .map(|path| context.dir.join(path))
                .collect();
            audit::audit_files(&sanitizer, &paths)?
        }
        Err(error) => return Err(error),
    };
    if report.findings.is_empty() {
        let text = Text::new("No private data was found.");
        return Ok(Done::new(
            to_json(&report)?,
            looked_at(text, &report).done(),
        ));
    }
    Err(CliError {
        next_step: next_step(&report),
        ..CliError::answer(
            "PRIVATE_DATA_FOUND",
            message(&report.findings),
            to_json(&report)?,
        )
    })
}

/// A path that is nowhere would be found clean. History may have what the disk has no more.
fn named_paths_exist(context: &Context, args: &AuditArgs) -> Result<(), CliError> {
    let missing = |path: &&std::path::PathBuf| !context.dir.join(path).exists();
    match args.paths.iter().find(missing) {
        Some(path) if !args.history => Err(nowhere(path)),
        Some(_) | None => Ok(()),
    }
}

fn nowhere(path: &Path) -> CliError {
    let path = plain(&path.display().to_string());
    CliError::refused("PATH_NOT_FOUND", format!("there is no {path} to look at"))
        .next("pawtrail audit --history")
}

fn may_be_outside(args: &AuditArgs) -> bool {
    !args.history && !args.paths.is_empty()
}

fn looked_at(text: Text, report: &Report) -> Text {
    let text = text.field("files", report.files);
    match report.blobs {
        0 => text,
        blobs => text
            .field(
                "in git",
                format!("{blobs} versions of files, each read once"),
            )
            .field("commits", report.commits),
    }
}

/// Names the places and rules of findings.
pub(super) fn message(findings: &[Finding]) -> String {
    let mut text = match findings.len() {
        1 => "private data in one line".to_owned(),
        count => format!("private data: {count} findings"),
    };
    for finding in findings.iter().take(NAMED) {
        let path = plain(&finding.path);
        text.push_str(&format!("\n  {path}:{}: {}", finding.line, finding.rule));
        if let Some(commit) = &finding.commit {
            text.push_str(&format!(" (since {})", short(commit.as_str())));
        }
    }
    if findings.len() > NAMED {
        let more = findings.len() - NAMED;
        text.push_str(&format!("\n  and {more} more; --json lists all of them"));
    }
    text
}

/// The command that mends the first file that is on disk; a commit can only be written anew, which is the user's to
/// decide.
fn next_step(report: &Report) -> Option<String> {
    let mut here = report.findings.iter().filter(|one| one.commit.is_none());
    here.find_map(|finding| mend(&finding.path))
}

/// The command that takes private data out of a file; none for files that no command line should name.
pub(super) fn mend(path: &str) -> Option<String> {
    let lines = path.ends_with(".jsonl");
    if path.starts_with(".git/")
        || path.contains("[redacted:")
        || !(lines || path.ends_with(".json"))
    {
        return None;
    }
    let (file, new) = (quoted(path), quoted(&format!("{path}.new")));
    let flag = if lines { " --lines" } else { "" };
    Some(format!(
        "pawtrail sanitize{flag} < {file} > {new} && mv {new} {file}"
    ))
}

/// A progress bar on standard error, where that is a terminal and it takes long.
struct Bar {
    begun: Instant,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(context: &Context) -> Self {
        Self {
            begun: Instant::now(),
            wanted: !context.output.json() && !context.output.quiet(),
            bar: None,
        }
    }

    fn show(&mut self, progress: Progress) {
        if !self.wanted || self.begun.elapsed() < PATIENCE {
            return;
        }
        let total = progress.total as u64;
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} versions, {eta} left");
            let bar = ProgressBar::new(total);
            // The template is a constant; a wrong one would only look plainer.
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(progress.done as u64);
    }

    fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
