//! What a command prints: one JSON envelope, or short text; and the exit code that goes with it.

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use owo_colors::OwoColorize as _;
use pawtrail_repo::Receipt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::{ColorWhen, GlobalArgs};
use crate::error::CliError;
use crate::text::plain;

/// What a finished command has to say.
#[derive(Debug)]
pub(crate) struct Done {
    /// `data` of the envelope.
    data: Value,
    /// `receipt` of the envelope; writes only.
    receipt: Option<Value>,
    /// The same for people.
    human: String,
    /// Whether the text for people is the content of a file, and goes out as it is.
    verbatim: bool,
    /// The whole document where the command has a form of its own, which says everything.
    document: Option<String>,
    /// What did not work beside it, though the command did what it was asked for.
    warnings: Vec<String>,
    /// The exit code, 0 unless the answer itself is a "no".
    exit: u8,
    /// What a program is told of a "no", which people see in the text.
    refusal: Option<CliError>,
}

impl Done {
    /// Answers with data and the same for people.
    pub(crate) fn new(data: Value, human: String) -> Self {
        Self {
            data,
            receipt: None,
            human,
            verbatim: false,
            document: None,
            warnings: Vec::new(),
            exit: 0,
            refusal: None,
        }
    }

    /// Adds the receipt of a write.
    ///
    /// # Errors
    /// When it can't be written as JSON.
    pub(crate) fn with_receipt(mut self, receipt: &impl Serialize) -> Result<Self, CliError> {
        self.receipt = Some(to_json(receipt)?);
        Ok(self)
    }

    /// Says that the text for people is the content of a file, to be printed byte for byte.
    pub(crate) fn verbatim(mut self) -> Self {
        self.verbatim = true;
        self
    }

    /// Answers with a JSON document of its own form in place of the envelope.
    pub(crate) fn with_document(mut self, document: String) -> Self {
        self.document = Some(document);
        self
    }

    /// Adds what did not work beside it.
    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Makes the exit code say "no".
    pub(crate) fn with_exit(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }

    /// Makes it a "no": the exit code is 1, and a program gets an error beside the data.
    pub(crate) fn refusing(
        mut self,
        code: &'static str,
        message: impl Into<String>,
        next_step: String,
    ) -> Self {
        self.exit = 1;
        let error = CliError::answer(code, message, self.data.take()).next(next_step);
        self.refusal = Some(error);
        self
    }

    /// Answers nothing, because the command has printed while it ran.
    pub(crate) fn silent() -> Self {
        Self::new(Value::Null, String::new())
    }
}

/// Turns a value of the crates below into JSON.
///
/// # Errors
/// When it holds something that JSON can't, which is a defect.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Value, CliError> {
    serde_json::to_value(value).map_err(|error| CliError::internal(&error))
}

/// The document of a failure, as `--json` prints it.
///
/// # Errors
/// As [`to_json`].
pub(crate) fn failure_document(error: &CliError) -> Result<Value, CliError> {
    to_json(&failure(error, &[]))
}

/// Where and how a command prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    color: ColorWhen,
}

impl Output {
    /// Takes the settings of a command line.
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        Self {
            json: global.json,
            quiet: global.quiet,
            color: global.color,
        }
    }

    /// Takes settings where there is no command line.
    pub(crate) fn plain(json: bool, color: ColorWhen) -> Self {
        Self {
            json,
            quiet: false,
            color,
        }
    }

    /// Whether nothing but errors is wanted.
    pub(crate) fn quiet(self) -> bool {
        self.quiet
    }

    /// Whether one JSON document is wanted.
    pub(crate) fn json(self) -> bool {
        self.json
    }

    /// Prints the answer of a command and returns the exit code.
    pub(crate) fn done(self, done: &Done) -> u8 {
        if self.json {
            if let Some(document) = &done.document {
                return self.finish(raw(document), done.exit);
            }
            if let Some(refusal) = &done.refusal {
                let document = failure(refusal, &done.warnings);
                return self.finish(self.document(&document), done.exit);
            }
            if done.data.is_null() {
                return done.exit;
            }
            return self.finish(self.document(&success(done)), done.exit);
        }
        for warning in done.warnings.iter().filter(|_| !self.quiet) {
            self.complain(&format!(
                "{} {}",
                "warning:".yellow().bold(),
                plain(warning)
            ));
        }
        // The content of a file is what was asked for, and not something said about it.
        if done.verbatim {
            return self.finish(raw(&done.human), done.exit);
        }
        if self.quiet || done.human.is_empty() {
            return done.exit;
        }
        self.finish(self.line(&done.human), done.exit)
    }

    /// Draws a screen that takes the place of the one before; where there is no terminal, it comes below.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(crate) fn frame(self, text: &str, first: bool) -> io::Result<()> {
        let separator = match (io::stdout().is_terminal(), first) {
            // Home, and everything behind it cleared; the scrollback stays.
            (true, _) => "\u{1b}[H\u{1b}[2J",
            (false, true) => "",
            (false, false) => "\n",
        };
        let mut out = io::stdout().lock();
        out.write_all(separator.as_bytes())?;
        drop(out);
        self.line(text)
    }

    /// Prints the first document of a command that goes on running (`hub serve`), or its text.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(crate) fn started(self, done: &Done) -> io::Result<()> {
        if self.json {
            self.document(&success(done))
        } else if self.quiet {
            Ok(())
        } else {
            self.line(&done.human)
        }
    }

    /// Prints a failure and returns its exit code.
    pub(crate) fn failed(self, error: &CliError) -> u8 {
        if self.json {
            return self.finish(self.document(&failure(error, &[])), error.exit);
        }
        self.lament(error);
        error.exit
    }

    /// Says something to whoever sits at the terminal, on standard error.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Tells a failure of a command whose one document is out already: on standard error.
    pub(crate) fn failed_late(self, error: &CliError) -> Done {
        self.lament(error);
        Done::silent().with_exit(error.exit)
    }

    fn lament(self, error: &CliError) {
        // A message may quote what somebody else wrote.
        let lines: Vec<String> = error.message.lines().map(plain).collect();
        let mut text = format!("{} {}", "error:".red().bold(), lines.join("\n"));
        if let Some(step) = &error.next_step {
            text.push_str(&format!("\n {} {}", "next:".dimmed(), plain(step).cyan()));
        }
        self.complain(&text);
    }

    /// Prints a usage error for people and returns its exit code.
    pub(crate) fn usage(self, text: &str) -> u8 {
        self.complain(text.trim_end());
        2
    }

    /// Prints one line, or several, on standard output.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        let mut out = AutoStream::new(io::stdout().lock(), self.choice(&io::stdout()));
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Prints on standard error. There is nowhere left to complain about a failure of that.
    fn complain(self, text: &str) {
        let mut out = AutoStream::new(io::stderr().lock(), self.choice(&io::stderr()));
        let _ = out.write_all(text.as_bytes());
        let _ = out.write_all(b"\n");
    }

    fn document(self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        let mut out = io::stdout().lock();
        out.write_all(&text)?;
        out.flush()
    }

    /// A reader that has seen enough (`| head`) is no failure. What the command did, or refused, stays as it is
    /// whoever reads of it, and so does its exit code.
    fn finish(self, written: io::Result<()>, exit: u8) -> u8 {
        match written {
            Ok(()) => exit,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
            Err(error) => {
                let also = match exit {
                    0 => "; the command itself is done",
                    _ => "",
                };
                self.complain(&format!(
                    "error: can't write standard output: {error}{also}"
                ));
                exit.max(1)
            }
        }
    }

    fn choice(self, stream: &impl anstream::stream::RawStream) -> ColorChoice {
        match self.color {
            ColorWhen::Auto => AutoStream::choice(stream),
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        }
    }
}

fn raw(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The envelope of what a command has to say, its keys in the order of all our JSON.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Success<'a> {
    /// What the command has to say; its own help says what that is.
    #[schemars(with = "Map<String, Value>")]
    data: &'a Value,
    /// It did what it was asked for.
    #[schemars(extend("const" = true))]
    ok: bool,
    /// What is true now; of writes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Receipt>")]
    receipt: Option<&'a Value>,
    /// What did not work beside it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

fn success(done: &Done) -> Success<'_> {
    Success {
        data: &done.data,
        ok: true,
        receipt: done.receipt.as_ref(),
        warnings: &done.warnings,
    }
}

/// The envelope of a failure. Beside the error stands what is true all the same: the answer to a question, the receipt of
/// a write that is recorded and not committed yet.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Failure<'a> {
    /// What was found, where the answer to a question is "no".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    data: Option<&'a Value>,
    /// What went wrong.
    error: Told<'a>,
    /// It did not do what it was asked for.
    #[schemars(extend("const" = false))]
    ok: bool,
    /// What is true now, of a write that is recorded and not committed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Receipt>")]
    receipt: Option<&'a Value>,
    /// What did not work beside it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

/// An error as a program is told of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct Told<'a> {
    /// A stable code.
    #[schemars(regex(pattern = "^[A-Z][A-Z0-9_]*$"))]
    code: &'a str,
    /// More, for a program.
    #[schemars(with = "Map<String, Value>")]
    details: &'a Value,
    /// What is wrong, for a person.
    message: &'a str,
    /// A command that can be run next.
    next_step: Option<&'a str>,
}

fn failure<'a>(error: &'a CliError, warnings: &'a [String]) -> Failure<'a> {
    Failure {
        data: error.is_answer.then_some(&error.details),
        error: Told {
            code: &error.code,
            details: &error.details,
            message: &error.message,
            next_step: error.next_step.as_deref(),
        },
        ok: false,
        receipt: error.details.get("receipt"),
        warnings,
    }
}
