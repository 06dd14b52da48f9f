//! `schema`: the JSON Schemas of what the program reads and writes.

use pawtrail_event::schema::Named;
use serde_json::{Value, json};
use strsim::levenshtein;

use super::generated::{self, Generated};
use crate::args::SchemaArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::schemas;
use crate::text::Text;

pub(super) fn schema(context: &Context, args: &SchemaArgs) -> Result<Done, CliError> {
    if let Some(dir) = &args.files {
        let files: Vec<Generated> = schemas::all()
            .map(|one| Generated {
                file: format!("{}.json", one.name),
                text: one.text(),
            })
            .collect();
        let dir = context.dir.join(dir);
        let paths = generated::write(&dir, &files, "pawtrail schema")?;
        let human =
            Text::new(&format!("Wrote {} schemas.", files.len())).field("dir", dir.display());
        return Ok(Done::new(json!({ "files": paths }), human.done()));
    }
    match &args.name {
        Some(name) => one(name),
        None => Ok(list()),
    }
}

fn one(name: &str) -> Result<Done, CliError> {
    let named = schemas::all()
        .find(|one| one.name == name)
        .ok_or_else(|| unknown(name))?;
    let data = json!({ "name": named.name, "schema": named.schema() });
    let human = named.text().trim_end().to_owned();
    Ok(Done::new(data, human).verbatim())
}

/// Says which names are near one that is none.
fn unknown(name: &str) -> CliError {
    let shown: String = name.chars().take(80).collect();
    let near = near(&shown);
    let message = format!("there is no schema `{shown}`; near it: {}", near.join(", "));
    CliError::bad_argument("NAME", message).next("pawtrail schema")
}

/// The names that differ the least from this one, and those that are part of it or it of them; three at most.
fn near(name: &str) -> Vec<&'static str> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let mut all: Vec<(usize, &'static str)> = schemas::all()
        .map(|one| {
            let part = !name.is_empty() && (one.name.contains(&name) || name.contains(one.name));
            let far = levenshtein(one.name, &name);
            (if part { far.min(1) } else { far }, one.name)
        })
        .collect();
    all.sort_unstable();
    all.into_iter().take(3).map(|(_, name)| name).collect()
}

fn list() -> Done {
    let all: Vec<&Named> = schemas::all().collect();
    let width = all.iter().map(|one| one.name.len()).max().unwrap_or(0);
    let lines: Vec<String> = all
        .iter()
        .map(|one| format!("{:width$}  {}", one.name, one.title))
        .collect();
    let data: Vec<Value> = all
        .iter()
        .map(|one| json!({ "name": one.name, "title": one.title }))
        .collect();
    Done::new(json!({ "schemas": data }), lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_named_first() {
        for (name, meant) in [
            ("local-comit", "local-commit"),
            ("LocalCommitAck", "local-commit-ack"),
            ("local_commit", "local-commit"),
            ("pings", "ping"),
            ("sync-state.json", "sync-state"),
            ("seed", "glossary-seed"),
            ("batchrequest", "batch-request"),
        ] {
            assert_eq!(near(name)[0], meant, "{name}: {:?}", near(name));
        }
        assert_eq!(near("").len(), 3);
    }
}
