//! The schemas beside the documents are those of this program, and the documents lead to each.

use std::collections::BTreeSet;
use std::path::Path;

use pawtrail_testkit::{Pawtrail, Scratch};

use crate::{BINARY, printed};

#[test]
fn the_documents_hold_what_the_program_says_today() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let all = printed(&pawtrail, scratch.path());
    let texts: String = ["protocol.md", "formats.md"]
        .map(|name| std::fs::read_to_string(docs.join(name)).unwrap())
        .concat();
    for (name, text) in &all {
        let file = docs.join("schemas").join(format!("{name}.json"));
        let held = std::fs::read_to_string(&file)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert!(
            held == *text,
            "docs/schemas/{name}.json is not what `pawtrail schema {name}` prints; renew all by: cargo run -- schema --dir docs/schemas"
        );
        let link = format!("](schemas/{name}.json)");
        assert!(
            texts.contains(&link),
            "neither protocol.md nor formats.md links {name}"
        );
    }
    let held: BTreeSet<String> = std::fs::read_dir(docs.join("schemas"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let made: BTreeSet<String> = all.keys().map(|name| format!("{name}.json")).collect();
    assert_eq!(
        held, made,
        "docs/schemas holds what the program doesn't print"
    );
}
