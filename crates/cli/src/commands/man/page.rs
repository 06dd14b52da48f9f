//! One manual page, made from what a command says of itself.

use std::io;

use clap::Command;
use clap::builder::Resettable;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// The section of the manual that holds commands.
const SECTION: &str = "1";

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    /// What `man` finds it by: `pawtrail-decision-answer`.
    name: String,
    /// Its file: the name and the section.
    pub(super) file: String,
    /// Its roff.
    pub(super) text: String,
}

impl Page {
    /// Makes the page of a built command; `above` is that of the command that it is below.
    ///
    /// # Errors
    /// None but defects: it is made in memory.
    pub(super) fn of(command: &Command, above: Option<&Self>) -> io::Result<Self> {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let usage = command.clone().render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
        // The examples come below, each on a line of its own.
        let said = command
            .clone()
            .override_usage(usage)
            .subcommand_help_heading("COMMANDS")
            .after_help(Resettable::Reset);
        let man = Man::new(said)
            // An empty field of the title would give its place to the next one.
            .date(" ")
            .source(concat!("pawtrail ", env!("CARGO_PKG_VERSION")))
            .manual("Pawtrail");
        let mut text = Vec::new();
        man.render(&mut text)?;
        let mut text = String::from_utf8(text).map_err(io::Error::other)?;
        let mut rest = Roff::new();
        if let Some(after) = command.get_after_help() {
            examples(&mut rest, &after.to_string());
        }
        if let Some(above) = above {
            let also = format!("{}({SECTION})", above.name);
            rest.control("SH", ["SEE ALSO"]).text([roman(also)]);
        }
        // What each piece begins with is there already.
        let begin = Roff::new().render();
        let rest = rest.render();
        text.push_str(rest.strip_prefix(&begin).unwrap_or(&rest));
        Ok(Self {
            file: format!("{name}.{SECTION}"),
            name: name.to_owned(),
            text,
        })
    }
}

/// What the help ends with; its indented lines are commands, and stay lines.
fn examples(roff: &mut Roff, after: &str) {
    let is_example = after.starts_with("Example");
    roff.control("SH", [if is_example { "EXAMPLES" } else { "NOTES" }]);
    let lines = after
        .lines()
        .filter(|line| !matches!(*line, "Example:" | "Examples:"));
    let mut verbatim = false;
    for line in lines {
        let (indented, text) = match line.strip_prefix("  ") {
            Some(text) => (true, text),
            None => (false, line),
        };
        match (verbatim, indented) {
            (false, true) => roff.control("RS", ["4"]).control("nf", []),
            (true, false) => roff.control("fi", []).control("RE", []),
            (true, true) | (false, false) => roff,
        };
        verbatim = indented;
        roff.text([roman(text)]);
    }
    if verbatim {
        roff.control("fi", []).control("RE", []);
    }
}
