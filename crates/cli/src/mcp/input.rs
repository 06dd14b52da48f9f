//! From a call's input to the words of its command: checked first, and no value can be taken for a flag.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value, json};

use super::field::{Field, Kind};
use super::tool::{DIR, Tool};
use crate::error::CliError;

/// The most bytes of a text.
const MAX_TEXT: usize = 32 * 1024;
/// The most texts in a list.
const MAX_ITEMS: usize = 256;
/// The most bytes of all values of a call, which also every Unix takes as arguments of a program.
const MAX_INPUT: usize = 128 * 1024;

impl Tool {
    /// The words behind the program's name; `here` is where the command works if the input doesn't say.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, with everything that is wrong with the input.
    pub(super) fn words(
        &self,
        input: &Map<String, Value>,
        here: &Path,
    ) -> Result<Vec<OsString>, CliError> {
        let mut problems: Vec<String> = input
            .keys()
            .filter(|key| *key != DIR && !self.fields.iter().any(|field| field.name == **key))
            .map(|key| format!("{}: there is no such input", shown(key)))
            .collect();
        let mut words: Vec<OsString> = self.offer.command.iter().map(OsString::from).collect();
        words.push("--json".into());
        words.push("-C".into());
        match directory(input.get(DIR), here) {
            Ok(dir) => words.push(dir.into()),
            Err(problem) => problems.push(format!("{DIR}: {problem}")),
        }
        for flag in self.offer.always {
            words.push(format!("--{}", flag.replace('_', "-")).into());
        }
        let (mut behind, mut size) = (Vec::new(), 0);
        for field in &self.fields {
            let values = match field.values(input.get(&field.name)) {
                Ok(values) => values,
                Err(problem) => {
                    problems.push(format!("{}: {problem}", field.name));
                    continue;
                }
            };
            size += values.iter().map(String::len).sum::<usize>();
            match &field.option {
                None => behind.extend(values.into_iter().map(OsString::from)),
                Some(long) if field.kind == Kind::Flag => {
                    words.extend(values.iter().map(|_| format!("--{long}").into()));
                }
                Some(long) => {
                    words.extend(
                        values
                            .iter()
                            .map(|value| format!("--{long}={value}").into()),
                    );
                }
            }
        }
        if size > MAX_INPUT {
            problems.push(format!("the input has more than {MAX_INPUT} bytes"));
        }
        if !behind.is_empty() {
            words.push("--".into());
            words.append(&mut behind);
        }
        match problems.is_empty() {
            true => Ok(words),
            false => Err(self.refused(&problems)),
        }
    }

    fn refused(&self, problems: &[String]) -> CliError {
        CliError {
            details: json!({ "problems": problems }),
            ..CliError::bad_argument(self.offer.name, problems.join("; "))
                .next(format!("{} --help", self.command_line()))
        }
    }
}

impl Field {
    /// The values that the command gets; a flag that is set has one.
    fn values(&self, given: Option<&Value>) -> Result<Vec<String>, String> {
        let Some(given) = given else {
            return match self.required {
                true => Err("it is missing".to_owned()),
                false => Ok(self.otherwise.map(String::from).into_iter().collect()),
            };
        };
        match (&self.kind, given) {
            (Kind::Text, Value::String(value)) => Ok(vec![text(value)?]),
            (Kind::Choice(values), Value::String(value)) => match values.contains(value) {
                true => Ok(vec![value.clone()]),
                false => Err(format!("it is one of {}", values.join(", "))),
            },
            (Kind::Texts, Value::Array(values)) => self.texts(values),
            (Kind::Whole, Value::Number(number)) => Ok(vec![whole(number)?]),
            (Kind::Number, Value::Number(number)) => Ok(vec![number.to_string()]),
            (Kind::Flag, Value::Bool(set)) => {
                Ok(set.then(|| "true".to_owned()).into_iter().collect())
            }
            (Kind::Text | Kind::Choice(_), _) => Err("a string is expected".to_owned()),
            (Kind::Texts, _) => Err("an array of strings is expected".to_owned()),
            (Kind::Whole, _) => Err("a whole number from 0 is expected".to_owned()),
            (Kind::Number, _) => Err("a number is expected".to_owned()),
            (Kind::Flag, _) => Err("true or false is expected".to_owned()),
        }
    }

    fn texts(&self, values: &[Value]) -> Result<Vec<String>, String> {
        if values.len() > MAX_ITEMS {
            return Err(format!("it has more than {MAX_ITEMS} items"));
        }
        if values.is_empty() && self.required {
            return Err("it is empty".to_owned());
        }
        let one = |value: &Value| match value {
            Value::String(value) => text(value),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => Err("an array of strings is expected".to_owned()),
        };
        values.iter().map(one).collect()
    }
}

/// A whole number from zero, which JSON may also write as `7.0`.
fn whole(number: &Number) -> Result<String, String> {
    // Up to there each whole number is exact.
    let exact = 0.0..9_007_199_254_740_992.0;
    match number.as_f64() {
        _ if number.is_u64() => Ok(number.to_string()),
        Some(float) if float.fract() == 0.0 && exact.contains(&float) => Ok(format!("{float:.0}")),
        Some(_) | None => Err("a whole number from 0 is expected".to_owned()),
    }
}

/// A text that can be an argument of a program.
fn text(value: &str) -> Result<String, String> {
    if value.len() > MAX_TEXT {
        return Err(format!("it has more than {MAX_TEXT} bytes"));
    }
    if value.contains('\0') {
        return Err("it holds a null character".to_owned());
    }
    Ok(value.to_owned())
}

fn directory(given: Option<&Value>, here: &Path) -> Result<PathBuf, String> {
    let Some(given) = given else {
        return Ok(here.to_owned());
    };
    let path = given.as_str().map(text).ok_or("a string is expected")??;
    match Path::new(&path).is_absolute() {
        true => Ok(path.into()),
        false => Err("an absolute path is expected".to_owned()),
    }
}

/// A key that somebody else wrote, in a message.
fn shown(key: &str) -> String {
    key.chars()
        .take(60)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests;
