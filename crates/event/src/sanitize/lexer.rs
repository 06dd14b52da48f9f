//! JSON as it is written: where its strings and scalars begin and end.

use super::refusal::Refusal;

/// A string as it is written, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it holds escapes.
    pub(super) escaped: bool,
}

/// A place in a document.
pub(super) struct Lexer<'a> {
    line: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;

/// Marks the bytes that are 0 in their highest bits; the lowest mark is exact.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Marks the quotes, backslashes and control characters of eight bytes; the lowest mark is exact.
const fn marks(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64)) | control
}

impl<'a> Lexer<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self {
            line,
            bytes: line.as_bytes(),
            at: 0,
        }
    }

    /// Returns the next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Skips what may stand between two words of JSON, and returns the next byte.
    pub(super) fn skip_space(&mut self) -> Option<u8> {
        while let Some(b) = self.peek() {
            if !matches!(b, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(b);
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn refuse(&self, reason: &'static str) -> Refusal {
        Refusal::Syntax {
            at: self.at,
            reason,
        }
    }

    /// Reads a string whose opening quote is next.
    pub(super) fn string(&mut self) -> Result<Text, Refusal> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(Text {
                        start,
                        end,
                        escaped,
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return Err(self.refuse("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.refuse("a string without its end")),
            }
        }
    }

    /// Skips what is no quote, backslash or control character, eight bytes at a time.
    fn skip_plain(&mut self) {
        while let Some(chunk) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let found = marks(u64::from_le_bytes(*chunk));
            if found != 0 {
                self.at += (found.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
        while self
            .peek()
            .is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\')
        {
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.refuse("an escape without its four digits"));
                }
                self.at += 6;
            }
            Some(_) | None => return Err(self.refuse("an unknown escape")),
        }
        Ok(())
    }

    /// Reads a number, `true`, `false` or `null`, or one of the three that Python writes: `NaN`, `Infinity` and
    /// `-Infinity`.
    pub(super) fn scalar(&mut self) -> Result<(), Refusal> {
        let rest = self.line.get(self.at..).unwrap_or_default();
        for word in ["true", "false", "null", "NaN", "Infinity", "-Infinity"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return self.ends_here();
            }
        }
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => {
                self.digits();
            }
            Some(_) | None => return Err(self.refuse("no value")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.refuse("a number without its digits"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.refuse("a number without its digits"));
            }
        }
        self.ends_here()
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn ends_here(&self) -> Result<(), Refusal> {
        match self.peek() {
            None | Some(b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r') => Ok(()),
            Some(_) => Err(self.refuse("no value")),
        }
    }
}

/// Says what a string means. Half a pair of surrogates means nothing and reads as `U+FFFD`.
pub(super) fn decode(raw: &str) -> String {
    decoded(raw, |_, _| {})
}

/// Says what a string means, and for each place of it where that is written: pairs of a place in the meaning and one
/// in the writing, one for each character that follows an escape or is one.
pub(super) fn decode_with_places(raw: &str) -> (String, Vec<(usize, usize)>) {
    let mut places = Vec::new();
    let text = decoded(raw, |means, written| places.push((means, written)));
    (text, places)
}

/// Returns where a place in the meaning is written.
pub(super) fn written_at(places: &[(usize, usize)], means: usize) -> usize {
    let next = places.partition_point(|(place, _)| *place <= means);
    match next.checked_sub(1).and_then(|last| places.get(last)) {
        Some((place, written)) => written + (means - place),
        None => means,
    }
}

fn decoded(raw: &str, mut place: impl FnMut(usize, usize)) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        place(text.len(), at);
        let Some(plain) = rest.find('\\') else {
            text.push_str(rest);
            at = raw.len();
            break;
        };
        text.push_str(rest.get(..plain).unwrap_or_default());
        at += plain;
        place(text.len(), at);
        let (c, length) = escape(raw.get(at..).unwrap_or_default());
        text.push(c);
        at += length;
    }
    place(text.len(), at);
    text
}

/// Reads an escape that is known to be one, and says how many bytes it has.
fn escape(raw: &str) -> (char, usize) {
    match raw.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => {
            let high = unit(raw, 0);
            let low = unit(raw, 6);
            match (high, low) {
                (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                    let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (
                        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                        12,
                    )
                }
                (Some(code), _) => (
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ),
                (None, _) => (char::REPLACEMENT_CHARACTER, 6),
            }
        }
        Some(b'"') => ('"', 2),
        Some(b'/') => ('/', 2),
        Some(_) | None => ('\\', 2),
    }
}

fn unit(raw: &str, at: usize) -> Option<u32> {
    let digits = raw.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}
