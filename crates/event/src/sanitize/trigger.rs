//! The few places of a text where a rule can act at all. Only these are looked at closely.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::find::token::SHAPES;

/// How much of a name is searched for, in bytes: every way to write it is a text of its own.
const BEGINNING: usize = 3;

/// What a general trigger may be the beginning of.
#[derive(Debug, Clone, Copy)]
pub(super) enum General {
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
    /// `Bearer` without its first letter.
    Bearer,
    /// `Basic` without its first letter.
    Basic,
    /// The end of the name of the secret half of an AWS key.
    AwsSecret,
}

/// The triggers beside those of [`SHAPES`].
const OTHERS: [(&str, General); 21] = [
    ("/home", General::Home),
    ("\\home", General::Home),
    ("/Users", General::Home),
    ("\\Users", General::Home),
    ("/users", General::Home),
    ("\\users", General::Home),
    ("Fhome", General::Home),
    ("fhome", General::Home),
    ("FUsers", General::Home),
    ("fUsers", General::Home),
    ("://", General::Url),
    ("%40", General::EscapedAt),
    ("eyJ", General::Jwt),
    ("-----BEGIN ", General::PrivateKey),
    ("earer ", General::Bearer),
    ("EARER ", General::Bearer),
    ("asic ", General::Basic),
    ("ASIC ", General::Basic),
    ("cess_key", General::AwsSecret),
    ("cessKey", General::AwsSecret),
    ("CESS_KEY", General::AwsSecret),
];

/// Texts to search for, and what each stands for.
pub(super) struct Triggers<T> {
    texts: Vec<String>,
    stand_for: Vec<T>,
    search: Option<AhoCorasick>,
}

/// A place where a rule can act.
pub(super) struct Hit<'t, T> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) stands_for: &'t T,
}

impl<T> Triggers<T> {
    fn new(triggers: Vec<(String, T)>) -> Self {
        let (texts, stand_for): (Vec<String>, Vec<T>) = triggers.into_iter().unzip();
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .ok();
        Self {
            texts,
            stand_for,
            search,
        }
    }

    /// Returns the first hit that begins at a place or behind it.
    pub(super) fn next<'t>(&'t self, text: &str, from: usize) -> Option<Hit<'t, T>> {
        let (which, start, end) = match &self.search {
            Some(search) => {
                let hit = search.find(Input::new(text).range(from..))?;
                (hit.pattern().as_usize(), hit.start(), hit.end())
            }
            // More texts than an automaton holds: slow, and nothing is passed over.
            None => self.one_by_one(text, from)?,
        };
        Some(Hit {
            start,
            end,
            stands_for: self.stand_for.get(which)?,
        })
    }

    fn one_by_one(&self, text: &str, from: usize) -> Option<(usize, usize, usize)> {
        let rest = text.get(from..)?;
        let places = self
            .texts
            .iter()
            .enumerate()
            .filter_map(|(which, trigger)| {
                let start = from + rest.find(trigger.as_str())?;
                Some((which, start, start + trigger.len()))
            });
        places.min_by_key(|(_, start, _)| *start)
    }
}

/// Returns the triggers of the rules that need to know nobody.
pub(super) fn general() -> &'static Triggers<General> {
    static GENERAL: LazyLock<Triggers<General>> = LazyLock::new(|| {
        let others = OTHERS.map(|(text, stands_for)| (text.to_owned(), stands_for));
        let mut triggers = Vec::from(others);
        // Shapes that begin alike stand together and share a trigger, the shortest of their prefixes.
        for shape in SHAPES {
            let text = shape.trigger();
            if !triggers.iter().any(|(known, _)| known == text) {
                triggers.push((text.to_owned(), General::Token));
            }
        }
        Triggers::new(triggers)
    });
    &GENERAL
}

/// What is known of one developer, by how it begins.
pub(super) fn known<T: Clone>(beginnings: Vec<(&str, bool, T)>) -> Option<Triggers<Vec<T>>> {
    let mut triggers: Vec<(String, Vec<T>)> = Vec::new();
    for (text, any_case, stands_for) in beginnings {
        for way in ways(text, any_case) {
            match triggers.iter_mut().find(|(known, _)| *known == way) {
                Some((_, all)) => all.push(stands_for.clone()),
                None => triggers.push((way, vec![stands_for.clone()])),
            }
        }
    }
    (!triggers.is_empty()).then(|| Triggers::new(triggers))
}

/// Returns all ways in which the beginning of a text may be written.
fn ways(text: &str, any_case: bool) -> Vec<String> {
    let mut ways = vec![String::new()];
    for c in text.chars() {
        if ways.first().is_some_and(|way| way.len() >= BEGINNING) {
            break;
        }
        let forms = if any_case { forms(c) } else { vec![c] };
        ways = ways
            .iter()
            .flat_map(|way| forms.iter().map(move |form| format!("{way}{form}")))
            .collect();
    }
    ways
}

/// Returns the characters whose lower case is the same.
fn forms(c: char) -> Vec<char> {
    let lower: Vec<char> = c.to_lowercase().collect();
    let mut forms: Vec<char> = lower.clone();
    forms.extend(
        c.to_uppercase()
            .filter(|upper| upper.to_lowercase().eq(lower.iter().copied())),
    );
    // Two letters beside their capitals are written as `k` and `å` in lower case.
    forms.extend(match c {
        'k' | 'K' => Some('\u{212a}'),
        'å' | 'Å' => Some('\u{212b}'),
        _ => None,
    });
    forms.sort_unstable();
    forms.dedup();
    forms
}
