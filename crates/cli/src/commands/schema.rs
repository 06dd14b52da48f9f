//! `schema`: the JSON Schemas of what the program reads and writes.

use pawtrail_event::schema::Named;
use serde_json::{Value, json};

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
        .ok_or_else(|| CliError::bad_argument("NAME", "there is no such schema"))?;
    let data = json!({ "name": named.name, "schema": named.schema() });
    let human = named.text().trim_end().to_owned();
    Ok(Done::new(data, human).verbatim())
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
