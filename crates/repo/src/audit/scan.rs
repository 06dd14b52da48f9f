//! One text, line by line: where something private stands, and under which rule.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, ErrorKind, Read};

use pawtrail_event::sanitize::{Rule, Sanitizer};

/// A longer line is looked at in pieces of this length, in bytes.
const PIECE: usize = 4 * 1024 * 1024;
/// By how much pieces overlap, so that nothing private is cut in two.
const OVERLAP: usize = 4 * 1024;

/// One rule that a line offends against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offence {
    /// The line, from 1.
    pub(super) line: usize,
    /// Where the line ends, line feed included, in bytes from the start of the text.
    pub(super) end: usize,
    /// A digest of the line, to tell whether it is the same elsewhere.
    pub(super) digest: u64,
    /// The rule.
    pub(super) rule: Rule,
}

/// Looks at lines. Digests are comparable within one scanner.
pub(super) struct Scanner<'s> {
    sanitizer: &'s Sanitizer,
    hasher: RandomState,
}

impl<'s> Scanner<'s> {
    pub(super) fn new(sanitizer: &'s Sanitizer) -> Self {
        Self {
            sanitizer,
            hasher: RandomState::new(),
        }
    }

    /// Looks at the lines of `text` from the byte `from`, where line number `first` begins.
    pub(super) fn text(&self, text: &[u8], from: usize, first: usize) -> Vec<Offence> {
        let mut found = Vec::new();
        let mut end = from;
        let rest = text.get(from..).unwrap_or_default();
        for (at, line) in rest.split_inclusive(|byte| *byte == b'\n').enumerate() {
            end += line.len();
            self.line(line, first + at, end, &mut found);
        }
        found
    }

    /// Looks at the lines of a stream; memory is bounded by a piece of a line.
    ///
    /// # Errors
    /// When the stream can't be read.
    pub(super) fn stream(&self, mut input: impl BufRead) -> std::io::Result<Vec<Offence>> {
        let mut found: Vec<Offence> = Vec::new();
        let mut piece = Vec::new();
        let (mut line, mut end, mut of_line) = (1, 0, 0);
        loop {
            let room = PIECE - piece.len();
            let read = match (&mut input).take(room as u64).read_until(b'\n', &mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if read == 0 {
                return Ok(found);
            }
            end += read;
            self.line(&piece, line, end, &mut found);
            if piece.ends_with(b"\n") {
                // The pieces of a long line offend once.
                once(&mut found, of_line);
                line += 1;
                of_line = found.len();
                piece.clear();
            } else if piece.len() < PIECE {
                once(&mut found, of_line);
                return Ok(found);
            } else {
                piece.drain(..PIECE - OVERLAP);
            }
        }
    }

    fn line(&self, line: &[u8], number: usize, end: usize, found: &mut Vec<Offence>) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let of_line = found.len();
        for finding in self.sanitizer.findings(line) {
            found.push(Offence {
                line: number,
                end,
                digest: self.hasher.hash_one(line),
                rule: finding.rule,
            });
        }
        once(found, of_line);
    }
}

/// Keeps one offence a rule of those from `start`.
fn once(found: &mut Vec<Offence>, start: usize) {
    let mut kept = start;
    for at in start..found.len() {
        let rule = found[at].rule;
        if !found[start..kept].iter().any(|known| known.rule == rule) {
            found.swap(kept, at);
            kept += 1;
        }
    }
    found.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(found: &[Offence]) -> Vec<(usize, usize)> {
        found.iter().map(|one| (one.line, one.end)).collect()
    }

    #[test]
    fn a_line_is_reported_once_a_rule_wherever_it_stands() {
        let sanitizer = Sanitizer::general();
        let scanner = Scanner::new(&sanitizer);
        let bad = "{\"a\":\"write to ada@example.test or to ada@example.test\"}";
        let text = format!("{{\"a\":1}}\n{bad}\r\nnot json, ada@example.test\n\n{bad}");
        let found = scanner.text(text.as_bytes(), 0, 1);
        let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert_eq!(found[0].digest, found[2].digest);
        assert_ne!(found[0].digest, found[1].digest);
        assert_eq!(found[2].end, text.len());
        let streamed = scanner.stream(text.as_bytes()).unwrap();
        assert_eq!(places(&streamed), places(&found));
        let from = text.find("not json").unwrap();
        assert_eq!(scanner.text(text.as_bytes(), from, 3), found[1..]);
    }

    #[test]
    fn a_line_that_is_longer_than_a_piece_is_still_one() {
        let sanitizer = Sanitizer::general();
        let scanner = Scanner::new(&sanitizer);
        let mut text = vec![b' '; PIECE - 5];
        text.extend_from_slice(b" ada@example.test ");
        text.resize(2 * PIECE, b' ');
        text.extend_from_slice(b" bob@example.test \nbob@example.test\n");
        let found = scanner.stream(&text[..]).unwrap();
        let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
        assert_eq!(lines, [1, 2]);
    }
}
