//! The write-ahead log: a line is in its mission's spool, flushed, before anything else happens to it.
//!
//! The spool stands in the git directory that all worktrees share. A line leaves it only when its commit is in the
//! ledger branch. All functions that write expect the ledger's lock to be held.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use pawtrail_event::{MissionId, Sanitized, json, status};

use crate::durable;
use crate::error::{IoContext, Result};
use crate::failpoint;
use crate::project::Project;

/// One file of a mission, as the log of lines that are to be committed to it.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    spool: PathBuf,
    spacing: Spacing,
}

/// How the lines of a file are spaced, which all its writers keep to.
#[derive(Debug, Clone, Copy)]
enum Spacing {
    /// None, as decisions have it.
    Compact,
    /// Behind each comma and colon, as status rows have it.
    Spaced,
}

impl Journal {
    /// Returns the journal of a mission's decisions, or of another file with lines like theirs.
    pub(crate) fn of(project: &Project, mission: &MissionId, file: &str) -> Self {
        Self::spaced(project, mission, file, Spacing::Compact)
    }

    /// Returns the journal of a mission's status.
    pub(crate) fn of_status(project: &Project, mission: &MissionId) -> Self {
        Self::spaced(project, mission, status::FILE, Spacing::Spaced)
    }

    fn spaced(project: &Project, mission: &MissionId, file: &str, spacing: Spacing) -> Self {
        Self {
            spool: spool_dir(project).join(mission.as_str()).join(file),
            spacing,
        }
    }

    /// Returns events as this journal writes them.
    fn text(&self, events: &[Sanitized]) -> String {
        let line = |event: &Sanitized| match self.spacing {
            Spacing::Compact => event.to_line(),
            Spacing::Spaced => json::log(event.value()),
        };
        events.iter().map(line).collect()
    }

    /// Returns the whole lines that wait, without their line ends.
    pub(crate) fn spooled(&self) -> Result<Vec<String>> {
        let content = durable::read(&self.spool)?.unwrap_or_default();
        let whole = match content.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => &content[..last],
            None => return Ok(Vec::new()),
        };
        Ok(String::from_utf8_lossy(whole)
            .split('\n')
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Appends an event, as [`Self::append_all`] does.
    pub(crate) fn append(&self, event: &Sanitized) -> Result<()> {
        self.append_all(std::slice::from_ref(event))
    }

    /// Appends events: a torn tail is cut off, then one write.
    ///
    /// A kill can't undo it. A power loss can, until [`Self::flush`] or the commit of the events has returned; nothing may
    /// be reported before one of them has. What fails leaves nothing.
    pub(crate) fn append_all(&self, events: &[Sanitized]) -> Result<()> {
        if let Some(dir) = self.spool.parent() {
            durable::create_dir(dir)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&self.spool)
            .at("open", &self.spool)?;
        let before = self.cut_torn_tail(&mut file)?;
        let text = self.text(events);
        failpoint::half_written("spool::append", &mut file, text.as_bytes())
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| failpoint::reached("spool::appended"))
            .or_else(|error| {
                // Where even this fails, the tail is cut before the next line comes.
                file.set_len(before).and(Err(error))
            })
            .at("append to", &self.spool)
    }

    /// Appends an event, unless its line is there: what died in between is done again.
    pub(crate) fn append_once(&self, event: &Sanitized) -> Result<()> {
        let text = self.text(std::slice::from_ref(event));
        let is_there = |lines: Vec<String>| lines.iter().any(|line| line == text.trim_end());
        match is_there(self.spooled()?) {
            true => Ok(()),
            false => self.append(event),
        }
    }

    /// Takes back the line that was appended last, because it could not be flushed.
    pub(crate) fn take_back(&self, event: &Sanitized) -> Result<()> {
        let content = durable::read(&self.spool)?.unwrap_or_default();
        let line = self.text(std::slice::from_ref(event));
        let Some(before) = content.strip_suffix(line.as_bytes()) else {
            return Ok(());
        };
        OpenOptions::new()
            .write(true)
            .open(&self.spool)
            .and_then(|file| file.set_len(before.len() as u64))
            .at("shorten", &self.spool)
    }

    /// Makes what was appended survive a power loss.
    pub(crate) fn flush(&self) -> Result<()> {
        fs::File::open(&self.spool)
            .and_then(|file| file.sync_all())
            .and_then(|()| failpoint::reached("spool::flushed"))
            .at("flush", &self.spool)?;
        // The directories too: this may be the mission's first line.
        for dir in self.spool.ancestors().skip(1).take(2) {
            durable::sync_dir(dir)?;
        }
        Ok(())
    }

    /// Lets go of everything: each line is in the ledger branch.
    pub(crate) fn clear(&self) -> Result<()> {
        match OpenOptions::new().write(true).open(&self.spool) {
            Ok(file) => failpoint::reached("spool::empty")
                .and_then(|()| file.set_len(0))
                .and_then(|()| failpoint::reached("spool::emptied"))
                .at("empty", &self.spool),
            Err(error) if durable::is_absent(&error) => Ok(()),
            Err(error) => Err(error).at("open", &self.spool),
        }
    }

    /// A tail without a line end was never reported as written, because the flush comes before the report.
    ///
    /// Returns the length that is left.
    fn cut_torn_tail(&self, file: &mut fs::File) -> Result<u64> {
        let length = file.metadata().at("inspect", &self.spool)?.len();
        if length == 0 {
            return Ok(0);
        }
        let mut content = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut content))
            .at("read", &self.spool)?;
        if content.last() == Some(&b'\n') {
            return Ok(length);
        }
        let keep = content
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        file.set_len(keep as u64).at("mend", &self.spool)?;
        Ok(keep as u64)
    }
}

/// Returns the missions that have a spool.
pub(crate) fn spooling_missions(project: &Project) -> Result<Vec<MissionId>> {
    durable::identifiers(&spool_dir(project))
}

fn spool_dir(project: &Project) -> PathBuf {
    project.state_dir().join("spool")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spool_cuts_a_torn_tail_and_gives_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal {
            spool: dir.path().join("spool/x.jsonl"),
            spacing: Spacing::Compact,
        };
        let rules = pawtrail_event::sanitize::Sanitizer::general();
        let event = |n: u32| rules.sanitize(&serde_json::json!({ "n": n }));
        assert_eq!(journal.spooled().unwrap(), Vec::<String>::new());
        journal.clear().unwrap();
        journal.append(&event(1)).unwrap();
        let mut open = OpenOptions::new()
            .append(true)
            .open(&journal.spool)
            .unwrap();
        open.write_all(b"{\"n\":").unwrap();
        assert_eq!(journal.spooled().unwrap(), vec!["{\"n\":1}"]);
        journal.append(&event(2)).unwrap();
        assert_eq!(journal.spooled().unwrap(), vec!["{\"n\":1}", "{\"n\":2}"]);
        journal.clear().unwrap();
        assert_eq!(journal.spooled().unwrap(), Vec::<String>::new());
    }
}
