//! The few places of a text where a rule can act at all. Only these are looked at closely.
//!
//! Every rule knows how what it finds begins, or has at its beginning. All these beginnings are searched for at once:
//! three bytes, in lower case, name a bit of a table, and only where that is set are the beginnings compared.

use super::find::token;
use super::known::Known;

/// How much of a beginning the table looks at, in bytes.
const WIDTH: usize = 3;
/// How many bits the table has, as a power of two.
const BITS: u32 = 15;
const WORDS: usize = 1 << (BITS - 6);

/// What a trigger may be the beginning of.
#[derive(Clone)]
pub(super) enum Rules {
    /// A separator, or its last letter, before `home` or `Users`.
    Home,
    /// `://`.
    Url,
    /// `%40`, an `@` in a URL.
    EscapedAt,
    /// The beginning of a secret's prefix.
    Token,
    /// `eyJ`.
    Jwt,
    /// `-----BEGIN `.
    PrivateKey,
    /// The end of `Bearer `.
    Bearer,
    /// The end of `Basic `.
    Basic,
    /// The end of the name of the secret half of an AWS key.
    AwsSecret,
    /// A value of an identity.
    Known(Known),
}

/// The triggers of the rules that need to know nobody, beside those of tokens; in lower case where any case counts.
const GENERAL: [(&str, bool, Rules); 14] = [
    ("/home", false, Rules::Home),
    ("\\home", false, Rules::Home),
    ("/users", true, Rules::Home),
    ("\\users", true, Rules::Home),
    ("fhome", true, Rules::Home),
    ("fusers", true, Rules::Home),
    ("://", false, Rules::Url),
    ("%40", false, Rules::EscapedAt),
    ("eyJ", false, Rules::Jwt),
    ("-----BEGIN ", false, Rules::PrivateKey),
    ("rer ", true, Rules::Bearer),
    ("sic ", true, Rules::Basic),
    ("ss_key", true, Rules::AwsSecret),
    ("sskey", true, Rules::AwsSecret),
];

struct Trigger {
    text: String,
    /// Whether ASCII letters count in either case; then the text has none in upper case.
    any_case: bool,
    /// How many bytes of it stand before what it is the beginning of.
    lead: usize,
    rules: Rules,
}

/// All triggers of one sanitizer.
pub(super) struct Triggers {
    table: Box<[u64; WORDS]>,
    /// In the order of their place in the table.
    triggers: Vec<(u32, Trigger)>,
}

/// A place where a rule can act.
pub(super) struct Hit<'t> {
    /// Where the trigger begins.
    pub(super) start: usize,
    /// Where what it is the beginning of begins.
    pub(super) from: usize,
    /// Where the trigger ends.
    pub(super) end: usize,
    pub(super) rules: &'t Rules,
}

/// Returns the place of three bytes in the table, the last of them in the highest bits.
const fn place(three: u32) -> u32 {
    (three.wrapping_mul(0x9e37_79b1)) >> (32 - BITS)
}

/// Adds a byte to the three that came last, in lower case.
fn shift(three: u32, byte: u8) -> u32 {
    three >> 8 | u32::from(byte | 0x20) << 16
}

impl Triggers {
    /// Makes the triggers of the general rules and of what is known.
    pub(super) fn new(known: &[Known]) -> Self {
        let mut all: Vec<Trigger> = GENERAL
            .into_iter()
            .map(|(text, any_case, rules)| Trigger {
                text: text.to_owned(),
                any_case,
                lead: 0,
                rules,
            })
            .collect();
        all.extend(token::triggers().map(|text| Trigger {
            text: text.to_owned(),
            any_case: false,
            lead: 0,
            rules: Rules::Token,
        }));
        for one in known {
            let (beginning, any_case) = one.beginning();
            for (text, lead) in ways(beginning, any_case) {
                all.push(Trigger {
                    text,
                    any_case,
                    lead,
                    rules: Rules::Known(one.clone()),
                });
            }
        }
        let mut table = Box::new([0; WORDS]);
        let mut triggers: Vec<(u32, Trigger)> = Vec::with_capacity(all.len());
        for trigger in all {
            let place = place(trigger.text.bytes().take(WIDTH).fold(0, shift));
            if let Some(word) = table.get_mut((place >> 6) as usize) {
                *word |= 1 << (place & 63);
            }
            triggers.push((place, trigger));
        }
        triggers.sort_by_key(|(place, _)| *place);
        Self { table, triggers }
    }

    /// Returns where the first trigger begins, at a place or behind it.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<usize> {
        let mut from = from;
        loop {
            let start = self.candidate(text, from)?;
            if self.at(text, start).next().is_some() {
                return Some(start);
            }
            from = start + 1;
        }
    }

    /// Returns the first place, at one or behind it, whose three bytes are set in the table: no trigger begins before.
    /// Every byte of every event passes here.
    pub(super) fn candidate(&self, text: &str, from: usize) -> Option<usize> {
        let bytes = text.as_bytes().get(from..)?;
        let (head, rest) = bytes.split_at_checked(WIDTH - 1)?;
        let table: &[u64; WORDS] = &self.table;
        let mut three = head.iter().fold(0, |three, b| shift(three, *b));
        let found = rest.iter().position(|byte| {
            three = shift(three, *byte);
            let place = place(three);
            table[(place >> 6) as usize] >> (place & 63) & 1 == 1
        });
        found.map(|at| from + at)
    }

    /// Returns the triggers that begin at a place.
    pub(super) fn at<'t>(&'t self, text: &str, start: usize) -> impl Iterator<Item = Hit<'t>> {
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let place = place(rest.iter().take(WIDTH).fold(0, |three, b| shift(three, *b)));
        let first = self.triggers.partition_point(|(other, _)| *other < place);
        self.triggers
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(other, _)| *other == place)
            .filter(move |(_, trigger)| trigger.begins(rest))
            .map(move |(_, trigger)| Hit {
                start,
                from: start + trigger.lead,
                end: start + trigger.text.len(),
                rules: &trigger.rules,
            })
    }
}

impl Trigger {
    fn begins(&self, rest: &[u8]) -> bool {
        rest.get(..self.text.len()).is_some_and(|head| {
            if self.any_case {
                head.eq_ignore_ascii_case(self.text.as_bytes())
            } else {
                head == self.text.as_bytes()
            }
        })
    }
}

/// Returns the ways in which a text may begin: at least [`WIDTH`] bytes of it, or what stands before a shorter one,
/// which is the name of a directory.
fn ways(beginning: &str, any_case: bool) -> Vec<(String, usize)> {
    let lengths = beginning.char_indices().map(|(at, c)| at + c.len_utf8());
    let length = lengths.clone().find(|end| *end >= WIDTH);
    let head = beginning.get(..length.unwrap_or(beginning.len()));
    let mut ways = vec![String::new()];
    for c in head.unwrap_or_default().chars() {
        // Letters of ASCII are compared in either case; others have forms of their own.
        let forms = if any_case { forms(c) } else { vec![c] };
        ways = ways
            .iter()
            .flat_map(|way| forms.iter().map(move |form| format!("{way}{form}")))
            .collect();
    }
    let short = length.is_none();
    let separators: &[&str] = if short { &["/", "\\"] } else { &[""] };
    let mut led: Vec<(String, usize)> = Vec::new();
    for way in ways {
        for before in separators {
            let behind = if way.len() + before.len() < WIDTH {
                separators
            } else {
                &[""]
            };
            led.extend(
                behind
                    .iter()
                    .map(|behind| (format!("{before}{way}{behind}"), before.len())),
            );
        }
    }
    led
}

/// Returns the characters whose lower case is the same, of ASCII only the one in lower case.
fn forms(c: char) -> Vec<char> {
    let mut forms: Vec<char> = c.to_lowercase().collect();
    let lower = forms.clone();
    if !c.is_ascii() {
        forms.extend(
            c.to_uppercase()
                .filter(|upper| upper.to_lowercase().eq(lower.iter().copied())),
        );
    }
    // Two signs are written as letters in lower case.
    forms.extend(match c {
        'k' => Some('\u{212a}'),
        'å' => Some('\u{212b}'),
        _ => None,
    });
    forms.dedup();
    forms
}
