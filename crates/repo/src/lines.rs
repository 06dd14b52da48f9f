//! The lines of event files: which events they hold, what is missing, and how it is added.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use gix::bstr::ByteSlice;
use serde::Deserialize;

use crate::durable;
use crate::error::{IoContext, Result};

/// Up to so many lines, searching the content for each is cheaper than reading all of it.
const FEW: usize = 8;

/// Brings the events that a checked-out event file lacks into it, in the order of `wanted`, and mends a torn tail.
///
/// A tail that is the beginning of a missing line is completed; any other tail gets a line end and stays. The file is
/// a projection, so the flush is left to the system.
pub(crate) fn project_into(file: &Path, wanted: &[u8]) -> Result<()> {
    if let Some(dir) = file.parent() {
        durable::create_dir(dir)?;
    }
    let mut open = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(file)
        .at("open", file)?;
    let addition = match durable::matches(&mut open, wanted).at("read", file)? {
        Some(held) => Cow::Borrowed(&wanted[held..]),
        None => {
            let mut content = Vec::new();
            open.seek(SeekFrom::Start(0))
                .and_then(|_| open.read_to_end(&mut content))
                .at("read", file)?;
            // Another tool may have mended it in between.
            match wanted.strip_prefix(&content[..]) {
                Some(rest) => Cow::Borrowed(rest),
                None => Cow::Owned(addition(&content, wanted)),
            }
        }
    };
    if addition.is_empty() {
        return Ok(());
    }
    append(&mut open, &addition).at("append to", file)
}

/// Appends, or leaves the file as long as it was.
fn append(file: &mut File, addition: &[u8]) -> std::io::Result<()> {
    let before = file.metadata()?.len();
    let mut written = 0;
    while written < addition.len() {
        match file.write(&addition[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                // Another tool may have appended meanwhile; then the torn line is mended by the next command.
                if file.metadata()?.len() == before + written as u64 {
                    file.set_len(before)?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// What has to stand behind `content` so that it is whole lines and holds all of `wanted`.
fn addition(content: &[u8], wanted: &[u8]) -> Vec<u8> {
    let tail_at = content.rfind_byte(b'\n').map_or(0, |last| last + 1);
    let tail = &content[tail_at..];
    // What begins an event doesn't hold it, though its id may be readable already.
    let held = if event_id(tail).is_some() {
        content
    } else {
        &content[..tail_at]
    };
    let mut missing = missing(held, lines(wanted).collect());
    let mut addition = Vec::new();
    if !tail.is_empty() {
        if let Some(at) = missing.iter().position(|line| line.starts_with(tail)) {
            addition.extend_from_slice(&missing.remove(at)[tail.len()..]);
        }
        addition.push(b'\n');
    }
    for line in missing {
        addition.extend_from_slice(line);
        addition.push(b'\n');
    }
    addition
}

/// Returns `base` with the lines behind it whose events it lacks.
pub(crate) fn union(base: &[u8], added: &[String]) -> Vec<u8> {
    let mut whole = base.to_vec();
    extend(&mut whole, added);
    whole
}

/// Makes `whole` what [`union`] returns; says whether it changed.
pub(crate) fn extend(whole: &mut Vec<u8>, added: &[String]) -> bool {
    let before = whole.len();
    let missing = missing(whole, added.iter().map(String::as_bytes).collect());
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    for line in missing {
        whole.extend_from_slice(line);
        whole.push(b'\n');
    }
    whole.len() > before
}

/// Returns the lines of `content` that hold an event which neither `base` nor `known` has: another tool wrote them.
pub(crate) fn foreign_lines(content: &[u8], base: &[u8], known: &[String]) -> Vec<String> {
    let rest = content.strip_prefix(base).unwrap_or(content);
    // A last line without its end may still be in the making.
    let end = rest.rfind_byte(b'\n').map_or(0, |last| last + 1);
    let events = lines(&rest[..end]).filter(|line| event_id(line).is_some());
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    missing(base, events.collect())
        .into_iter()
        // What is no UTF-8 is damaged: it stays where it is, and whoever reads the file reports it.
        .filter_map(|line| line.to_str().ok())
        // Git may have checked the file out with other line ends than the branch has.
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !known.contains(line))
        .map(str::to_owned)
        .collect()
}

/// Returns the lines of a file as [`foreign_lines`] does; none where there is no file.
pub(crate) fn foreign_in(file: &Path, base: &[u8], known: &[String]) -> Result<Vec<String>> {
    if durable::beginning_of(file, base)? == Some(base.len()) {
        return Ok(Vec::new());
    }
    let content = durable::read(file)?.unwrap_or_default();
    Ok(foreign_lines(&content, base, known))
}

/// Returns those of `wanted` whose events `content` lacks, each once. A line without an event id is compared as text.
fn missing<'a>(content: &[u8], wanted: Vec<&'a [u8]>) -> Vec<&'a [u8]> {
    let mut added = Known::default();
    if wanted.len() <= FEW {
        return wanted
            .into_iter()
            .filter(|line| !stands_in(content, line) && added.add(line))
            .collect();
    }
    let mut known = Known::default();
    for line in lines(content) {
        known.add(line);
    }
    wanted.into_iter().filter(|line| known.add(line)).collect()
}

/// The events of some lines, and the lines that are none.
#[derive(Default)]
struct Known<'a> {
    events: HashSet<Cow<'a, str>>,
    others: HashSet<&'a [u8]>,
}

impl<'a> Known<'a> {
    /// Adds a line; false where it was known.
    fn add(&mut self, line: &'a [u8]) -> bool {
        match event_id(line) {
            Some(id) => self.events.insert(id),
            None => self.others.insert(line),
        }
    }
}

fn stands_in(content: &[u8], line: &[u8]) -> bool {
    match event_id(line) {
        Some(id) => holds(content, &id),
        None => lines(content).any(|known| known == line),
    }
}

/// Says whether a file holds an event, whatever its spacing.
pub(crate) fn holds(content: &[u8], event_id: &str) -> bool {
    ["\"event_id\":\"", "\"event_id\": \""]
        .iter()
        .any(|key| content.find(format!("{key}{event_id}\"")).is_some())
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
}

/// The event of a line, if it is one.
pub(crate) fn event_id(line: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        event_id: Cow<'a, str>,
    }
    let row: Id<'_> = serde_json::from_slice(line).ok()?;
    Some(row.event_id)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn joined(lines: &[String]) -> Vec<u8> {
        union(b"", lines)
    }

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
        project_into(&file, &joined(&[line("A")])).unwrap();
        for torn in [&line("X")[..12], &line("X")[..line("X").len() - 1]] {
            // Torn before or behind the event's id.
            assert_eq!(
                addition(torn.as_bytes(), &joined(&[line("X")])),
                format!("{}\n", &line("X")[torn.len()..]).as_bytes()
            );
        }
        let torn = &line("B")[..12];
        let append = |text: &str| {
            let mut open = OpenOptions::new().append(true).open(&file).unwrap();
            open.write_all(text.as_bytes()).unwrap();
        };
        append(torn);
        project_into(&file, &joined(&[line("A"), line("B"), line("C")])).unwrap();
        let expected = format!("{}\n{}\n{}\n", line("A"), line("B"), line("C"));
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        append("half a thou");
        project_into(&file, &joined(&[line("D")])).unwrap();
        let expected = format!("{expected}half a thou\n{}\n", line("D"));
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        project_into(&file, &joined(&[line("D")])).unwrap();
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
    fn many_lines_and_few_give_the_same() {
        let all: Vec<String> = (0..40).map(|n| line(&format!("E{n}"))).collect();
        let base = union(b"", &all[..20]);
        let whole = union(&base, &all);
        assert_eq!(whole, union(b"", &all));
        let mut one_by_one = base;
        for line in &all {
            one_by_one = union(&one_by_one, std::slice::from_ref(line));
        }
        assert_eq!(whole, one_by_one);
        let twice = [all[0].clone(), all[0].clone()];
        assert_eq!(union(b"", &twice), union(b"", &all[..1]));
    }
}
