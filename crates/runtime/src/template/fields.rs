//! The fields of one mapping: each is taken once, and what is left over is unknown.

use super::problem::{Place, Problem};
use super::spelling;
use super::yaml::{Key, Kind, Yaml};

/// The longest text of one field, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The longest title, key or name, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 1024;
/// The most entries of one list: steps, audits, dependencies.
pub(super) const MAX_LIST: usize = 2048;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

impl Findings {
    pub(super) fn problem(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(Problem {
            place,
            message: message.into(),
        });
    }

    pub(super) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(Problem {
            place,
            message: message.into(),
        });
    }
}

/// Whether keys that nobody knows are refused; misspelled ones always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Refused,
    Reported,
}

/// The fields of one mapping.
#[derive(Debug)]
pub(super) struct Fields<'y> {
    /// What the mapping is, for messages: "step `plan`".
    pub(super) what: String,
    /// Where it begins.
    pub(super) place: Place,
    members: &'y [(Key, Yaml)],
    known: &'static [&'static str],
}

impl<'y> Fields<'y> {
    /// Looks at a mapping; reports its unknown keys.
    pub(super) fn of(
        what: impl Into<String>,
        yaml: &'y Yaml,
        known: &'static [&'static str],
        others: Others,
        findings: &mut Findings,
    ) -> Option<Self> {
        let what = what.into();
        let Kind::Map(members) = &yaml.value else {
            findings.problem(
                yaml.place,
                format!("{what} is {}, not a mapping", yaml.kind()),
            );
            return None;
        };
        for (key, _) in members {
            let name = shown(&key.name);
            if known.contains(&key.name.as_str()) {
            } else if let Some(meant) = spelling::meant(&key.name, known) {
                let message = format!("{what} has no key `{name}`; is `{meant}` meant?");
                findings.problem(key.place, message);
            } else {
                match others {
                    Others::Refused => {
                        let message = format!("{what} has no key `{name}`; it has {}", list(known));
                        findings.problem(key.place, message);
                    }
                    Others::Reported => {
                        let message =
                            format!("{what}: `{name}` is no key that means something here");
                        findings.warning(key.place, message);
                    }
                }
            }
        }
        Some(Self {
            what,
            place: yaml.place,
            members,
            known,
        })
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, name: &'static str) -> Option<&'y Yaml> {
        debug_assert!(self.known.contains(&name));
        let mut members = self.members.iter();
        members
            .find(|(key, _)| key.name == name)
            .map(|(_, value)| value)
    }

    /// Returns a text that must be there and say something.
    pub(super) fn required(
        &self,
        name: &'static str,
        limit: usize,
        findings: &mut Findings,
    ) -> Option<(Place, &'y str)> {
        let Some(yaml) = self.get(name) else {
            findings.problem(self.place, format!("{} has no `{name}`", self.what));
            return None;
        };
        let text = self.text_of(name, yaml, limit, findings)?;
        if text.trim().is_empty() {
            findings.problem(yaml.place, format!("{}: `{name}` is empty", self.what));
            return None;
        }
        Some((yaml.place, text))
    }

    /// Returns a text that may be missing or null.
    pub(super) fn optional(
        &self,
        name: &'static str,
        limit: usize,
        findings: &mut Findings,
    ) -> Option<(Place, &'y str)> {
        let yaml = self.get(name)?;
        match yaml.value {
            Kind::Null => None,
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_) => {
                let text = self.text_of(name, yaml, limit, findings)?;
                Some((yaml.place, text))
            }
        }
    }

    /// Returns the entries of a list that may be missing.
    pub(super) fn list(&self, name: &'static str, findings: &mut Findings) -> &'y [Yaml] {
        let Some(yaml) = self.get(name) else {
            return &[];
        };
        let Kind::List(all) = &yaml.value else {
            let message = format!(
                "{}: `{name}` is {}, not a list; leave it out where there is none",
                self.what,
                yaml.kind()
            );
            findings.problem(yaml.place, message);
            return &[];
        };
        if all.len() > MAX_LIST {
            let message = format!(
                "{}: `{name}` has {} entries; the limit is {MAX_LIST}",
                self.what,
                all.len()
            );
            findings.problem(yaml.place, message);
            return &[];
        }
        all
    }

    /// Returns the texts of a list that may be missing, each read by `parse`.
    pub(super) fn texts<T>(
        &self,
        name: &'static str,
        findings: &mut Findings,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(Place, T)> {
        let mut read = Vec::new();
        for yaml in self.list(name, findings) {
            if let Some(text) = self.text_of(name, yaml, MAX_NAME_BYTES, findings) {
                match parse(text) {
                    Ok(one) => read.push((yaml.place, one)),
                    Err(reason) => {
                        findings.problem(yaml.place, format!("{}: `{name}`: {reason}", self.what));
                    }
                }
            }
        }
        read
    }

    /// Returns the word of a key that must be one of these.
    pub(super) fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&'static str, T)],
        findings: &mut Findings,
    ) -> Option<T> {
        let (place, text) = self.required(name, MAX_NAME_BYTES, findings)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let all: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!(
                "{}: `{name}` is `{}`; it can be {}",
                self.what,
                shown(text),
                list(&all)
            );
            findings.problem(place, message);
        }
        found.map(|(_, value)| *value)
    }

    fn text_of(
        &self,
        name: &str,
        yaml: &'y Yaml,
        limit: usize,
        findings: &mut Findings,
    ) -> Option<&'y str> {
        let Kind::Text(text) = &yaml.value else {
            let quote = match yaml.value {
                Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => "; put it in quotes",
                Kind::Null | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => "",
            };
            let message = format!(
                "{}: `{name}` is {}, not a text{quote}",
                self.what,
                yaml.kind()
            );
            findings.problem(yaml.place, message);
            return None;
        };
        if text.len() > limit {
            let message = format!(
                "{}: `{name}` has {} bytes; the limit is {limit}",
                self.what,
                text.len()
            );
            findings.problem(yaml.place, message);
            return None;
        }
        Some(text)
    }
}

/// What comes from the file, fit for a message.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    cut.escape_debug().to_string()
}

/// `a`, `b` or `c`.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
