//! The write-ahead log: a line is in its mission's spool, flushed, before anything else happens to it.
//!
//! The spool stands in the git directory that all worktrees share. A line leaves it only when its commit is in the
//! ledger branch. Where that branch is checked out, the file there is a projection: it gets missing lines by append.
//! All functions that write expect the ledger's lock to be held.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pawtrail_event::{MissionId, Sanitized};

use crate::durable;
use crate::error::{IoContext, Result};
use crate::project::Project;

/// One file of a mission, as the log of lines that are to be committed to it.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    spool: PathBuf,
}

impl Journal {
    /// Returns the journal of a mission's file.
    pub(crate) fn of(project: &Project, mission: &MissionId, file: &str) -> Self {
        Self {
            spool: spool_dir(project).join(mission.as_str()).join(file),
        }
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

    /// Appends an event durably: a torn tail is cut off, one write, flushed.
    pub(crate) fn append(&self, event: &Sanitized) -> Result<()> {
        let created = !self.spool.exists();
        if created && let Some(dir) = self.spool.parent() {
            durable::create_dir(dir)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&self.spool)
            .at("open", &self.spool)?;
        self.cut_torn_tail(&mut file)?;
        file.write_all(event.to_line().as_bytes())
            .and_then(|()| file.sync_data())
            .at("append to", &self.spool)?;
        if created && let Some(dir) = self.spool.parent() {
            durable::sync_dir(dir)?;
        }
        Ok(())
    }

    /// Lets go of everything: each line is in the ledger branch.
    pub(crate) fn clear(&self) -> Result<()> {
        match OpenOptions::new().write(true).open(&self.spool) {
            Ok(file) => file.set_len(0).at("empty", &self.spool),
            Err(error) if durable::is_absent(&error) => Ok(()),
            Err(error) => Err(error).at("open", &self.spool),
        }
    }

    /// A tail without a line end was never reported as written, because the flush comes before the report.
    fn cut_torn_tail(&self, file: &mut fs::File) -> Result<()> {
        let length = file.metadata().at("inspect", &self.spool)?.len();
        if length == 0 {
            return Ok(());
        }
        let mut content = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut content))
            .at("read", &self.spool)?;
        if content.last() == Some(&b'\n') {
            return Ok(());
        }
        let keep = content
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        file.set_len(keep as u64).at("mend", &self.spool)
    }
}

/// Returns the missions that have a spool.
pub(crate) fn spooling_missions(project: &Project) -> Result<Vec<MissionId>> {
    let dir = spool_dir(project);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if durable::is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", &dir),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.at("list", &dir)?.file_name();
        if let Some(id) = name.to_str().and_then(|name| name.parse().ok()) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Brings the lines that a checked-out event file lacks into it, and mends a torn tail.
///
/// A tail that is the beginning of one of `lines` is completed; any other tail gets a line end and stays.
pub(crate) fn project_into(file: &Path, lines: &[String]) -> Result<()> {
    if let Some(dir) = file.parent() {
        durable::create_dir(dir)?;
    }
    let mut open = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(file)
        .at("open", file)?;
    let mut content = Vec::new();
    open.read_to_end(&mut content).at("read", file)?;
    let mut addition = Vec::new();
    let tail_at = content
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let tail = &content[tail_at..];
    let mut missing: Vec<&String> = lines.iter().filter(|line| !holds(&content, line)).collect();
    if !tail.is_empty() {
        let begun = |line: &&String| line.as_bytes().starts_with(tail);
        if let Some(at) = missing.iter().position(begun) {
            addition.extend_from_slice(&missing.remove(at).as_bytes()[tail.len()..]);
        }
        addition.push(b'\n');
    }
    for line in missing {
        addition.extend_from_slice(line.as_bytes());
        addition.push(b'\n');
    }
    if addition.is_empty() {
        return Ok(());
    }
    open.write_all(&addition)
        .and_then(|()| open.sync_data())
        .at("append to", file)
}

/// Returns `base` with the lines that it lacks behind it.
pub(crate) fn union(base: &[u8], lines: &[String]) -> Vec<u8> {
    let mut whole = base.to_vec();
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    for line in lines {
        if !holds(&whole, line) {
            whole.extend_from_slice(line.as_bytes());
            whole.push(b'\n');
        }
    }
    whole
}

/// Returns the lines of `content` that hold an event which neither `base` nor `lines` has: another tool wrote them.
pub(crate) fn foreign_lines(content: &[u8], base: &[u8], lines: &[String]) -> Vec<String> {
    let rest = content.strip_prefix(base).unwrap_or(content);
    String::from_utf8_lossy(rest)
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
        .filter(|line| event_id(line).is_some())
        .filter(|line| !holds(base, line) && !lines.iter().any(|known| known == line))
        .map(str::to_owned)
        .collect()
}

/// Says whether `content` has the event of `line`; a line without an event id is compared as text.
fn holds(content: &[u8], line: &str) -> bool {
    match event_id(line) {
        Some(id) => ["\"event_id\":\"", "\"event_id\": \""]
            .iter()
            .any(|key| find(content, format!("{key}{id}\"").as_bytes())),
        None => content
            .split(|byte| *byte == b'\n')
            .any(|known| known == line.as_bytes()),
    }
}

fn event_id(line: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Id {
        event_id: String,
    }
    serde_json::from_str::<Id>(line)
        .ok()
        .map(|row| row.event_id)
}

fn find(content: &[u8], wanted: &[u8]) -> bool {
    use gix::bstr::ByteSlice;
    content.find(wanted).is_some()
}

fn spool_dir(project: &Project) -> PathBuf {
    project.state_dir().join("spool")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str) -> String {
        format!("{{\"at\":\"2026\",\"event_id\":\"{id}\"}}")
    }

    #[test]
    fn a_union_keeps_the_base_and_adds_only_what_is_missing() {
        let base = format!("{}\n", line("A"));
        let spaced = "{\"event_id\": \"B\"}\n";
        let whole = union(
            format!("{base}{spaced}").as_bytes(),
            &[line("A"), line("B"), line("C")],
        );
        assert_eq!(
            String::from_utf8(whole).unwrap(),
            format!("{base}{spaced}{}\n", line("C"))
        );
        assert_eq!(
            union(b"x", &[line("A")]),
            format!("x\n{}\n", line("A")).as_bytes()
        );
        assert_eq!(union(b"", &[]), b"");
    }

    #[test]
    fn a_torn_tail_of_ours_is_completed_and_anothers_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kitty-specs/m/decisions.events.jsonl");
        project_into(&file, &[line("A")]).unwrap();
        let torn = &line("B")[..12];
        let append = |text: &str| {
            let mut open = OpenOptions::new().append(true).open(&file).unwrap();
            open.write_all(text.as_bytes()).unwrap();
        };
        append(torn);
        project_into(&file, &[line("A"), line("B"), line("C")]).unwrap();
        let expected = format!("{}\n{}\n{}\n", line("A"), line("B"), line("C"));
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        append("half a thou");
        project_into(&file, &[line("D")]).unwrap();
        let expected = format!("{expected}half a thou\n{}\n", line("D"));
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        project_into(&file, &[line("D")]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    }

    #[test]
    fn lines_of_another_tool_are_found_whatever_the_order() {
        let (a, b, c) = (line("A"), line("B"), line("C"));
        let base = format!("{a}\n{b}\n");
        let same_prefix = format!("{base}{c}\nnot json\n");
        assert_eq!(
            foreign_lines(same_prefix.as_bytes(), base.as_bytes(), &[]),
            vec![c.clone()]
        );
        let reordered = format!("{b}\n{c}\n{a}\ntorn");
        assert_eq!(
            foreign_lines(reordered.as_bytes(), base.as_bytes(), &[]),
            vec![c.clone()]
        );
        assert_eq!(
            foreign_lines(reordered.as_bytes(), base.as_bytes(), &[c]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_spool_cuts_a_torn_tail_and_gives_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal {
            spool: dir.path().join("spool/x.jsonl"),
        };
        let event = |n: u32| pawtrail_event::sanitize::sanitize(&serde_json::json!({ "n": n }));
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
