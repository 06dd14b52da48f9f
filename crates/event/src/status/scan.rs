//! The head of a row in one pass over the bytes of its line, where the line is as the tools write lines.
//!
//! A line with anything unusual in it is left to the JSON reader, and so is every line that is no JSON: what is passed
//! over is checked as strictly as what is kept. What this returns is what the JSON reader returns, only sooner; tests
//! hold one beside the other.

use std::borrow::Cow;

use serde_json::Number;

use super::head::{Head, Pick};
use super::loose::Loose;

/// What nests deeper is unusual.
const MAX_DEPTH: u32 = 32;
/// Up to so many digits an integer fits 64 bits.
const MAX_DIGITS: usize = 18;
/// A string's end is looked for by eights up to here, which is where most end; then by what needs a longer run.
const SHORT: usize = 32;

/// Fills an empty head from a line; nothing where the line is for the JSON reader. The head is then of no use.
pub(super) fn fill<'a>(head: &mut Head<'a>, line: &'a str) -> Option<()> {
    // No string may hold one of these, so none has to be looked for in each; between values they are unusual.
    if line
        .bytes()
        .fold(false, |found, byte| found | (byte < b' '))
    {
        return None;
    }
    let mut scan = Scan { line, at: 0 };
    scan.members(|scan, key| {
        if let Some(slot) = head.slot(key) {
            *slot = Some(scan.value(MAX_DEPTH)?);
            return Some(());
        }
        match key {
            "policy_metadata" => head.claim = scan.picked()?,
            "payload" => head.payload = scan.picked()?,
            _ => scan.pass()?,
        }
        Some(())
    })?;
    (scan.at == line.len()).then_some(())
}

/// A line, and how far it was read.
struct Scan<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn blanks(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Walks the object that begins here; `each` reads the value of a key.
    fn members(&mut self, mut each: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        self.blanks();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        self.take(b'"')?;
        loop {
            let from = self.at;
            let to = self.stop()?;
            let key = self.line.get(from..to)?;
            self.at = to;
            if self.skip(b"\": ") {
                self.blanks();
            } else {
                // A key with an escape in it is unusual.
                self.take(b'"')?;
                self.colon()?;
            }
            each(self, key)?;
            if !self.skip(b", \"") {
                self.blanks();
                match self.next()? {
                    b',' => self.blanks(),
                    b'}' => return Some(()),
                    _ => return None,
                }
                self.take(b'"')?;
            }
        }
    }

    /// Passes over three bytes as the tools write them; false where others stand there.
    fn skip(&mut self, usual: &[u8; 3]) -> bool {
        let stands = self.line.as_bytes().get(self.at..self.at + 3) == Some(usual);
        if stands {
            self.at += 3;
        }
        stands
    }

    fn colon(&mut self) -> Option<()> {
        self.blanks();
        self.take(b':')?;
        self.blanks();
        Some(())
    }

    /// Reads a value that is kept.
    fn value(&mut self, depth: u32) -> Option<Loose<'a>> {
        Some(match self.peek()? {
            b'"' => Loose::Text(self.text()?),
            b'{' => {
                let depth = depth.checked_sub(1)?;
                let mut entries = Vec::new();
                self.members(|scan, key| {
                    entries.push((Cow::Borrowed(key), scan.value(depth)?));
                    Some(())
                })?;
                Loose::Map(entries)
            }
            b'[' => Loose::List(self.list(depth.checked_sub(1)?)?),
            b'n' => self.word("null").map(|()| Loose::Null)?,
            b't' => self.word("true").map(|()| Loose::Bool(true))?,
            b'f' => self.word("false").map(|()| Loose::Bool(false))?,
            _ => Loose::Number(self.integer()?),
        })
    }

    fn list(&mut self, depth: u32) -> Option<Vec<Loose<'a>>> {
        self.take(b'[')?;
        self.blanks();
        let mut items = Vec::new();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            self.blanks();
            match self.next()? {
                b',' => self.blanks(),
                b']' => return Some(items),
                _ => return None,
            }
        }
    }

    /// Reads what counts of a value: some keys, where it is an object.
    fn picked<T: Pick<'a>>(&mut self) -> Option<T> {
        let mut picked = T::default();
        if self.peek()? != b'{' {
            // The JSON reader is stricter with a number or a text that it was asked for.
            self.value(MAX_DEPTH)?;
            return Some(picked);
        }
        self.members(|scan, key| {
            match picked.slot(key) {
                Some(slot) => *slot = Some(scan.value(MAX_DEPTH)?),
                None => scan.pass()?,
            }
            Some(())
        })?;
        Some(picked)
    }

    /// Passes over a value, which must be JSON.
    fn pass(&mut self) -> Option<()> {
        // What is open, innermost last: a bit for each, set for an object, behind a bit that is always set.
        let mut open = 1_u64;
        loop {
            match self.peek()? {
                b'"' => self.pass_text()?,
                b'{' => {
                    self.at += 1;
                    self.blanks();
                    if self.peek()? == b'}' {
                        self.at += 1;
                    } else {
                        open = deeper(open, 1)?;
                        self.pass_key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.blanks();
                    if self.peek()? == b']' {
                        self.at += 1;
                    } else {
                        open = deeper(open, 0)?;
                        continue;
                    }
                }
                b'n' => self.word("null")?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                _ => self.pass_number()?,
            }
            loop {
                if open == 1 {
                    return Some(());
                }
                self.blanks();
                let is_object = open & 1 == 1;
                match self.next()? {
                    b',' => {
                        self.blanks();
                        if is_object {
                            self.pass_key()?;
                        }
                        break;
                    }
                    b'}' if is_object => open >>= 1,
                    b']' if !is_object => open >>= 1,
                    _ => return None,
                }
            }
        }
    }

    fn pass_key(&mut self) -> Option<()> {
        self.pass_text()?;
        self.colon()
    }

    fn pass_text(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            self.at = self.stop()?;
            if self.next()? == b'"' {
                return Some(());
            }
            match self.next()? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let digits = self.line.as_bytes().get(self.at..self.at + 4)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    self.at += 4;
                }
                _ => return None,
            }
        }
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let open = self.at;
        self.take(b'"')?;
        let to = self.stop()?;
        if self.line.as_bytes().get(to) == Some(&b'"') {
            self.at = to + 1;
            return Some(Cow::Borrowed(self.line.get(open + 1..to)?));
        }
        self.at = open;
        self.pass_text()?;
        // What an escape stands for, the JSON reader knows.
        let text: String = serde_json::from_str(self.line.get(open..self.at)?).ok()?;
        Some(Cow::Owned(text))
    }

    /// Returns the place of the next quote or backslash.
    fn stop(&self) -> Option<usize> {
        let rest = self.line.as_bytes().get(self.at..)?;
        let mut at = 0;
        for eight in rest.as_chunks().0.iter().take(SHORT / 8) {
            match stop_in(*eight) {
                Some(found) => return Some(self.at + at + found),
                None => at += 8,
            }
        }
        memchr::memchr2(b'"', b'\\', rest.get(at..)?).map(|found| self.at + at + found)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.line.as_bytes().get(self.at..)?;
        rest.starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
        })
    }

    /// Reads an integer that 64 bits hold in any case.
    fn integer(&mut self) -> Option<Number> {
        let from = self.at;
        let is_negative = self.peek()? == b'-';
        if is_negative {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        let is_zero = self.line.as_bytes().get(first) == Some(&b'0');
        let count = self.at - first;
        // `-0` is a float to the JSON reader, and a fraction or an exponent makes one.
        if count > MAX_DIGITS
            || (is_zero && (is_negative || count > 1))
            || matches!(self.peek(), Some(b'.' | b'e' | b'E'))
        {
            return None;
        }
        let text = self.line.get(from..self.at)?;
        if is_negative {
            text.parse::<i64>().ok().map(Number::from)
        } else {
            text.parse::<u64>().ok().map(Number::from)
        }
    }

    fn pass_number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        // Nothing but a fraction or an exponent follows a zero, and what else does is found by who called.
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Passes over one digit or more.
    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }
}

fn deeper(open: u64, bit: u64) -> Option<u64> {
    (open >> 62 == 0).then_some(open << 1 | bit)
}

/// Returns the place of the first quote or backslash among eight bytes.
fn stop_in(eight: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(eight);
    // The highest bit of each byte that is zero; above the first one it may be wrong, and there nobody looks.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let found = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}
