//! Event files that hold what is no event, or an event twice: in worktrees, and in ledger branches without one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pawtrail_event::merge::{self, Folded};

use super::check::{Check, FIX, count};
use crate::aside;
use crate::beyond;
use crate::checkout::Checkout;
use crate::checkouts;
use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::ledger;
use crate::merge_driver::MAX_FILE_BYTES;
use crate::mission::{Mission, SPECS_DIR};
use crate::placement;
use crate::program;
use crate::project::Project;

/// An event file that isn't as it should be.
#[derive(Debug)]
pub(super) struct Unsound {
    /// Its path, relative to the repository root.
    pub(super) path: String,
    /// Where it is.
    pub(super) place: Place,
    /// What is wrong with it.
    trouble: String,
    foldable: bool,
    /// Whether what is no event holds private data.
    private: bool,
}

/// What is wrong with a log.
struct Judgement {
    trouble: String,
    /// Whether a fold mends any of it.
    foldable: bool,
    private: bool,
}

/// Where an event file is.
#[derive(Debug)]
pub(super) enum Place {
    /// In a worktree.
    Checkout(Checkout),
    /// In the ledger branch of a mission that is checked out nowhere, which is named.
    Branch(Box<Mission>, String),
}

impl Unsound {
    pub(super) fn can_be_folded(&self) -> bool {
        self.foldable
    }

    pub(super) fn plan(&self) -> String {
        let aside = match self.private {
            true => {
                "holds private data and goes to a private file in the git directory, in no commit"
            }
            false => "goes to a file beside it, in the same commit",
        };
        format!(
            "fold {} ({}); what is no event {aside}",
            self.whereabouts(),
            self.trouble
        )
    }

    fn whereabouts(&self) -> String {
        match &self.place {
            Place::Checkout(checkout) => checkout.root.join(&self.path).display().to_string(),
            Place::Branch(_, branch) => format!("{branch}:{}", self.path),
        }
    }
}

pub(super) fn check(unsound: &[Unsound]) -> Check {
    const NAME: &str = "event_files";
    let Some(first) = unsound.first() else {
        return Check::good(NAME, "every line of every event file is an event, once");
    };
    let each: Vec<String> = unsound
        .iter()
        .map(|found| format!("{}: {}", found.whereabouts(), found.trouble))
        .collect();
    let history = format!("git log --patch -- {}", first.path);
    let next = if unsound.iter().any(Unsound::can_be_folded) {
        FIX
    } else {
        Some(history.as_str())
    };
    Check::bad(NAME, each.join("; "), next)
}

pub(super) fn scan(project: &Project, missions: &[Mission]) -> Result<Vec<Unsound>> {
    let mut found = Vec::new();
    for checkout in checkouts::all(project)? {
        for path in paths_in(&checkout.root)? {
            if let Some(judged) = look(project, &checkout, &path)? {
                found.push(Unsound {
                    path,
                    place: Place::Checkout(checkout.clone()),
                    trouble: judged.trouble,
                    foldable: judged.foldable,
                    private: judged.private,
                });
            }
        }
    }
    for mission in missions {
        let place = placement::placement(project, mission)?;
        let Some(tip) = place.tip.filter(|_| place.checkouts.is_empty()) else {
            continue;
        };
        for path in paths_at(project, tip, mission)? {
            let content = history::file_at(project, tip, &path)?.unwrap_or_default();
            if let Some(judged) = judge(project, &content) {
                let branch = place.ledger_ref.clone();
                found.push(Unsound {
                    path,
                    place: Place::Branch(Box::new(mission.clone()), branch),
                    trouble: judged.trouble,
                    foldable: judged.foldable,
                    private: judged.private,
                });
            }
        }
    }
    Ok(found)
}

/// Judges a worktree's file, and what its branch has where that differs.
fn look(project: &Project, checkout: &Checkout, path: &str) -> Result<Option<Judgement>> {
    let file = checkout.root.join(path);
    let size = fs::metadata(&file).at("inspect", &file)?.len();
    if size > MAX_FILE_BYTES {
        return Ok(Some(Judgement {
            trouble: format!("it has {size} bytes, too many to read"),
            foldable: false,
            private: false,
        }));
    }
    let content = durable::read(&file)?.unwrap_or_default();
    // A last line without its end may still be in the making.
    let end = content
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    if let Some(judged) = judge(project, &content[..end]) {
        return Ok(Some(judged));
    }
    let tip = match &checkout.branch {
        Some(branch) => history::tip(project, branch)?,
        None => None,
    };
    let committed = match tip {
        Some(tip) => history::file_at(project, tip, path)?.unwrap_or_default(),
        None => return Ok(None),
    };
    if committed == content {
        return Ok(None);
    }
    Ok(judge(project, &committed).map(|judged| Judgement {
        trouble: format!("in the last commit: {}", judged.trouble),
        ..judged
    }))
}

/// Says what is wrong with a log, and whether a fold mends any of it.
fn judge(project: &Project, content: &[u8]) -> Option<Judgement> {
    let Folded {
        merged,
        damaged,
        markers,
        duplicates,
        unreadable,
    } = merge::fold(content);
    let mut troubles = Vec::new();
    if markers > 0 {
        troubles.push(count(markers, "conflict marker"));
    }
    if let Some(first) = damaged.iter().find(|line| !line.reason.contains("marker")) {
        let others = damaged.len() - markers;
        troubles.push(format!(
            "{} (line {}: {})",
            count(others, "unreadable line"),
            first.line,
            first.reason
        ));
    }
    if duplicates > 0 {
        troubles.push(count(duplicates, "repeated line"));
    }
    let foldable = !troubles.is_empty();
    for conflict in &merged.conflicts {
        troubles.push(format!("event {} has different content", conflict.event_id));
    }
    (!troubles.is_empty()).then(|| Judgement {
        trouble: troubles.join(", "),
        foldable,
        private: aside::is_private(project, &unreadable),
    })
}

/// The event files of a worktree.
fn paths_in(root: &Path) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    for mission in names(&root.join(SPECS_DIR))? {
        for file in names(&root.join(SPECS_DIR).join(&mission))? {
            let path = format!("{SPECS_DIR}/{mission}/{file}");
            let on_disk = root.join(&path);
            let is_ours = ledger::is_event_file(&path) && on_disk.is_file();
            if is_ours && beyond::on_disk(root, &path)?.is_none() {
                found.insert(path);
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn names(dir: &Path) -> Result<Vec<String>> {
    let entries = durable::entries(dir)?;
    let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    Ok(entries.iter().filter_map(name).collect())
}

/// The event files of a mission in a commit.
fn paths_at(project: &Project, tip: gix::ObjectId, mission: &Mission) -> Result<Vec<String>> {
    let Some(dir) = history::entry_at(project, tip, &mission.dir)? else {
        return Ok(Vec::new());
    };
    let tree = program::tree(project.git(), dir)?;
    let mut found = Vec::new();
    for entry in tree.iter() {
        let entry = entry.git("reading a tree")?;
        let path = mission.path(&entry.filename().to_string());
        if entry.mode().is_blob() && ledger::is_event_file(&path) {
            found.push(path);
        }
    }
    Ok(found)
}
