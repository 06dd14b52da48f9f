//! The JSON Schema of a seed file.

use pawtrail_event::glossary::{Scope, Status};
use pawtrail_event::schema::{Named, SAID, SURFACE, or_null};
use serde_json::{Value, json};

use super::seed::LIMIT;

/// The schema.
pub(crate) const SEED: Named = Named {
    name: "glossary-seed",
    title: "A seed file of the glossary, `.kittify/glossaries/<scope>.yaml`",
    about: || {
        let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!(
            "YAML of at most {LIMIT} bytes, one file for each scope: {}. A `surface` is trimmed and in lower case, and stands \
             once; a term that isn't sound costs only itself.",
            scopes.join(", ")
        )
    },
    body: seed,
};

fn seed() -> Value {
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let links = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let term = json!({
        "type": "object",
        "properties": {
            "surface": { "type": "string", "pattern": SURFACE, "description": "The term, trimmed and in lower case." },
            "definition": { "type": "string", "pattern": SAID, "description": "What it means." },
            "confidence": { "type": "number", "minimum": 0, "maximum": 1, "default": 1 },
            "status": { "type": "string", "enum": statuses, "default": Status::Draft.as_str() },
            "see_also": or_null(json!({ "type": "array", "items": links })),
            "synonyms_to_avoid": or_null(json!({ "type": "array", "items": { "type": "string" } })),
            "introduced_in_mission": { "type": ["string", "null"] },
        },
        "required": ["surface", "definition"],
        "additionalProperties": false,
    });
    json!({
        "type": ["object", "null"],
        "properties": { "terms": or_null(json!({ "type": "array", "items": term })) },
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use pawtrail_testkit::agree;

    use super::super::seed::read;
    use super::*;

    #[test]
    fn real_glossaries() {
        let schema = jsonschema::draft202012::new(&SEED.schema()).unwrap();
        let beside =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
        let corpus = std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, std::path::PathBuf::from);
        for file in std::fs::read_dir(corpus.join("glossaries"))
            .into_iter()
            .flatten()
        {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let seed: Value = serde_saphyr::from_str(&text).unwrap();
            assert!(schema.is_valid(&seed), "{text}");
        }
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let schema = jsonschema::draft202012::new(&SEED.schema()).unwrap();
        let term = json!({
            "surface": "t", "definition": "d", "confidence": 0.5, "status": "active", "see_also": [{ "a": "b" }],
            "synonyms_to_avoid": ["s"], "introduced_in_mission": null,
        });
        agree(
            |file| schema.is_valid(file),
            // JSON is YAML.
            |file| {
                let text = file.to_string();
                read(Scope::TeamDomain, text.as_bytes()).is_ok_and(|seed| seed.problems.is_empty())
            },
            &[json!({ "terms": [term] }), json!({ "terms": null })],
            &[],
        );
    }
}
