//! `sanitize`: JSON from standard input to standard output, without what is private.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufWriter, ErrorKind, Read, Write};

use pawtrail_event::sanitize::{Refusal, Sanitizer};
use pawtrail_repo::developer;
use serde_json::json;

use crate::args::SanitizeArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;

/// The largest document, or line, in bytes.
const LIMIT: usize = 64 * 1024 * 1024;

pub(super) fn sanitize(context: &Context, args: &SanitizeArgs) -> Result<Done, CliError> {
    let counts = match context.project() {
        Ok(project) => copy(context, args, project.sanitizer())?,
        Err(error) if error.code == "NOT_A_REPOSITORY" => {
            copy(context, args, &Sanitizer::new(&developer::outside()))?
        }
        Err(error) => return Err(error),
    };
    if !context.output.json() {
        return Ok(Done::silent());
    }
    let data = json!({ "lines": counts.lines, "changed": counts.changed, "counts": counts.rules });
    Ok(Done::new(data, String::new()))
}

/// What was done.
#[derive(Debug, Default)]
struct Counts {
    lines: usize,
    changed: usize,
    rules: BTreeMap<&'static str, usize>,
}

/// With `--json` standard output holds the counts, and the text goes nowhere.
fn copy(context: &Context, args: &SanitizeArgs, sanitizer: &Sanitizer) -> Result<Counts, CliError> {
    let counting = context.output.json();
    let mut output: Box<dyn Write> = match counting {
        true => Box::new(io::sink()),
        false => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let mut work = Work {
        sanitizer,
        counting,
        counts: Counts::default(),
    };
    let input = io::stdin().lock();
    let result = match args.lines {
        true => work.lines(input, &mut output),
        false => work.document(input, &mut output),
    };
    // What came before a bad line is whole, and out.
    match (result, output.flush().map_err(Failure::Output)) {
        (Ok(()), Ok(())) => Ok(work.counts),
        // A reader that has seen enough (`| head`) is no failure.
        (Err(Failure::Output(error)), _) | (Ok(()), Err(Failure::Output(error)))
            if error.kind() == ErrorKind::BrokenPipe =>
        {
            Ok(work.counts)
        }
        (Err(failure), _) | (Ok(()), Err(failure)) => Err(failure.into_error(args.lines)),
    }
}

/// Why the copy ended early.
enum Failure {
    Input(io::Error),
    Output(io::Error),
    TooLarge(usize),
    NotUnicode(usize),
    Refused(usize, Refusal),
    /// There is nothing where one document is expected.
    Empty,
    /// There are several where one document is expected.
    Several(Refusal),
}

impl Failure {
    fn into_error(self, lines: bool) -> CliError {
        let next_step = match &self {
            Self::Several(_) => Some("pawtrail sanitize --lines".to_owned()),
            Self::Empty => Some("pawtrail sanitize --help".to_owned()),
            Self::Input(_)
            | Self::Output(_)
            | Self::TooLarge(_)
            | Self::NotUnicode(_)
            | Self::Refused(..) => None,
        };
        let place = |line: usize| match lines {
            true => format!("line {line}: "),
            false => String::new(),
        };
        let (code, line, message) = match self {
            Self::Input(error) => return CliError::io("can't read standard input", &error),
            Self::Output(error) => return CliError::io("can't write standard output", &error),
            Self::TooLarge(line) => (
                "LINE_TOO_LARGE",
                line,
                format!("{}it is larger than {LIMIT} bytes", place(line)),
            ),
            Self::NotUnicode(line) => ("LINE_NOT_UTF8", line, format!("{}no UTF-8", place(line))),
            Self::Refused(line, refusal) => {
                (refusal.code(), line, format!("{}{refusal}", place(line)))
            }
            Self::Several(refusal) => (
                refusal.code(),
                1,
                format!("{refusal}: there is more than one document"),
            ),
            Self::Empty => (
                "NO_INPUT",
                1,
                "standard input is empty, where a JSON document is expected".to_owned(),
            ),
        };
        CliError {
            details: json!({ "line": line }),
            next_step,
            ..CliError::refused(code, message)
        }
    }
}

struct Work<'s> {
    sanitizer: &'s Sanitizer,
    counting: bool,
    counts: Counts,
}

impl Work<'_> {
    fn document(&mut self, input: impl Read, output: &mut dyn Write) -> Result<(), Failure> {
        let mut all = Vec::new();
        let mut input = input.take(LIMIT as u64 + 1);
        input.read_to_end(&mut all).map_err(Failure::Input)?;
        if all.len() > LIMIT {
            return Err(Failure::TooLarge(1));
        }
        let (text, rest) = all.split_at(all.trim_ascii_end().len());
        self.counts.lines = 1;
        if text.trim_ascii_start().is_empty() {
            return Err(Failure::Empty);
        }
        match self.one(text, output) {
            Ok(()) => output.write_all(rest).map_err(Failure::Output),
            Err(Failure::Refused(_, refusal)) if self.begins_with_a_line(text) => {
                Err(Failure::Several(refusal))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether the first line is a document of its own, with others behind it.
    fn begins_with_a_line(&self, text: &[u8]) -> bool {
        let mut lines = text.split(|byte| *byte == b'\n');
        let first = lines.next().and_then(|line| std::str::from_utf8(line).ok());
        lines.next().is_some()
            && first.is_some_and(|line| self.sanitizer.line(line.trim_end()).is_ok())
    }

    fn lines(&mut self, mut input: impl BufRead, output: &mut dyn Write) -> Result<(), Failure> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = (&mut input).take(LIMIT as u64 + 1);
            match limited.read_until(b'\n', &mut line) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(Failure::Input(error)),
            }
            self.counts.lines += 1;
            if line.len() > LIMIT {
                return Err(Failure::TooLarge(self.counts.lines));
            }
            let (text, end) = line.split_at(line.trim_ascii_end().len());
            // A blank line says nothing and stays.
            if !text.is_empty() {
                self.one(text, output)?;
            }
            output.write_all(end).map_err(Failure::Output)?;
        }
    }

    fn one(&mut self, text: &[u8], output: &mut dyn Write) -> Result<(), Failure> {
        let at = self.counts.lines;
        let text = std::str::from_utf8(text).map_err(|_| Failure::NotUnicode(at))?;
        let clean = self
            .sanitizer
            .line(text)
            .map_err(|refusal| Failure::Refused(at, refusal))?;
        if let Cow::Owned(_) = &clean {
            self.counts.changed += 1;
            if self.counting {
                for finding in self.sanitizer.findings(text.as_bytes()) {
                    *self.counts.rules.entry(finding.rule.name()).or_default() += 1;
                }
            }
        }
        output.write_all(clean.as_bytes()).map_err(Failure::Output)
    }
}
