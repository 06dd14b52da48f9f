//! What an audit reports: where something private stands, and how much was looked at.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pawtrail_event::CommitHash;
use serde::Serialize;

use super::scan::Offence;

/// A line that holds something private.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, relative to the repository root.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Where the file is.
    pub place: Whereabouts,
    /// The first commit that has the line; none in the work tree and the index.
    pub commit: Option<CommitHash>,
    /// The rule's name.
    pub rule: &'static str,
}

/// Where a scanned file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// On disk.
    WorkTree,
    /// In git's index.
    Index,
    /// In a commit.
    History,
}

/// What was found, and how much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The lines with something private, by path.
    pub findings: Vec<Finding>,
    /// How many findings each rule has.
    pub counts: BTreeMap<&'static str, usize>,
    /// How many files on disk were read.
    pub files: usize,
    /// How many different contents were read from git, each once.
    pub blobs: usize,
    /// How many commits were looked at.
    pub commits: usize,
    /// Named paths that are nowhere: not on disk, not in the index, and in no version of history. Where there is one,
    /// nothing was looked at.
    #[serde(skip)]
    pub nowhere: Vec<PathBuf>,
}

/// Returns what is told of an offence: one in a commit, or one on disk.
pub(super) fn finding(path: &str, offence: Offence, commit: Option<CommitHash>) -> Finding {
    Finding {
        path: path.to_owned(),
        line: offence.line,
        place: match commit {
            Some(_) => Whereabouts::History,
            None => Whereabouts::WorkTree,
        },
        commit,
        rule: offence.rule.name(),
    }
}

/// Orders the findings, and counts them by rule.
pub(super) fn finished(mut report: Report) -> Report {
    report.findings.sort();
    for finding in &report.findings {
        *report.counts.entry(finding.rule).or_default() += 1;
    }
    report
}
