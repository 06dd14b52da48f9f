//! A tool, as the command line's own description of its command makes it.

use clap::{Arg, Command};
use serde_json::{Map, Value, json};

use super::field::Field;
use super::offer::{Effect, OFFERED, Offer};

/// What each command takes and a tool doesn't: how to print, and where to work, which is [`DIR`] here.
const EVERYWHERE: [&str; 7] = [
    "dir", "json", "verbose", "quiet", "color", "help", "version",
];
/// The input that names the checkout to work in.
pub(super) const DIR: &str = "dir";

/// A tool.
#[derive(Debug)]
pub(super) struct Tool {
    /// The row of the table that it comes from.
    pub(super) offer: &'static Offer,
    /// What it does.
    pub(super) description: String,
    /// What it takes; positional arguments in their order.
    pub(super) fields: Vec<Field>,
}

impl Tool {
    /// Finds the command of a tool in the program, which is built; none is a defect of the table.
    pub(super) fn of(program: &Command, offer: &'static Offer) -> Option<Self> {
        let mut command = program;
        for word in offer.command {
            command = command.find_subcommand(word)?;
        }
        let own = |arg: &&Arg| !EVERYWHERE.contains(&arg.get_id().as_str());
        let (taken, left_out): (Vec<&Arg>, Vec<&Arg>) = command
            .get_arguments()
            .filter(own)
            .partition(|arg| offer.takes(arg));
        Some(Self {
            offer,
            description: description(command, offer, &left_out)?,
            fields: taken.iter().flat_map(|arg| Field::of(arg, offer)).collect(),
        })
    }

    /// The command as people write it: `pawtrail decision answer`.
    pub(super) fn command_line(&self) -> String {
        format!("pawtrail {}", self.offer.command.join(" "))
    }

    /// The JSON Schema (2020-12) of its input.
    pub(super) fn schema(&self) -> Map<String, Value> {
        let mut properties: Map<String, Value> = self
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.schema()))
            .collect();
        let dir = "The checkout to work in, an absolute path; default: where the server works";
        let dir = json!({ "type": "string", "description": dir });
        properties.insert(DIR.to_owned(), dir);
        let required = self.fields.iter().filter(|field| field.required);
        let required: Vec<&str> = required.map(|field| field.name.as_str()).collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }

    /// What a client may tell its user of a call: `readOnlyHint`, `destructiveHint`, `idempotentHint`, `openWorldHint`.
    pub(super) fn hints(&self) -> [bool; 4] {
        match self.offer.effect {
            Effect::Reads => [true, false, true, false],
            Effect::Writes => [false, false, false, false],
            Effect::WritesOnce => [false, false, true, false],
            Effect::Sends => [false, false, true, true],
        }
    }
}

/// What the command says of itself, as far as it holds for the tool.
fn description(command: &Command, offer: &Offer, left_out: &[&Arg]) -> Option<String> {
    let about = command.get_long_about().or(command.get_about())?;
    let mut always = String::new();
    let mut flags = vec!["--json".to_owned()];
    for arg in left_out {
        let Some(long) = arg.get_long() else { continue };
        match offer.always.contains(&arg.get_id().as_str()) {
            true => always.push_str(&format!("\n\nAlways with --{long}: {}.", arg.get_help()?)),
            false => flags.push(format!("--{long}")),
        }
    }
    let writes = |other: &Offer| other.command == offer.command && other.effect != Effect::Reads;
    let has_twin = offer.effect == Effect::Reads && OFFERED.iter().any(writes);
    let reads = if has_twin {
        "\n\nThis tool only reads."
    } else {
        ""
    };
    // What a paragraph says of an option that isn't offered would mislead.
    let about = about.to_string();
    let about: Vec<&str> = about
        .split("\n\n")
        .filter(|text| !flags.iter().any(|flag| text.contains(flag.as_str())))
        .collect();
    Some(format!("{}{always}{reads}", about.join("\n\n")))
}
