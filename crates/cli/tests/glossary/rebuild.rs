//! FR-022: seed files and resolutions, folded, are what the seed files say, over random histories.

use std::hash::{BuildHasher, RandomState};

use pawtrail_testkit::{Project, Scratch, text};
use serde_json::Value;

use crate::support::{BINARY, SEED, ask, assert_agrees, meaning, resolve};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const TERMS: [&str; 4] = ["gauge", "dash board", "Panel", "yes"];
const MEANINGS: [&str; 6] = [
    "One number",
    "two: parts # of it",
    "line\nline",
    "'quoted'",
    "2026-01-01",
    "ünï - \t\"x\"",
];
const SCOPES: [&str; 3] = ["team_domain", "mission_local", "spec_kitty_core"];

#[test]
fn fr_022_rebuilding_from_seed_files_and_resolutions_equals_the_direct_read() {
    let seed = std::env::var("PAWTRAIL_TEST_SEED").map_or_else(
        |_| RandomState::new().hash_one(0),
        |seed| seed.parse().unwrap(),
    );
    let rounds = std::env::var("PAWTRAIL_TEST_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        history(
            &mut Dice(seed.wrapping_add(round)),
            &format!("seed {seed}, round {round}"),
        );
    }
}

fn history(dice: &mut Dice, name: &str) {
    let scratch = Scratch::new();
    let project = if dice.below(2) == 0 {
        Project::on_work(&scratch, BINARY)
    } else {
        Project::new(&scratch, BINARY)
    };
    let run = |args: &[&str]| project.pawtrail.json_in(project.repo.path(), args);
    let mut open: Vec<String> = Vec::new();
    let mut last: Vec<(String, String, String)> = Vec::new();
    for step in 0..12 {
        let term = TERMS[dice.below(4) as usize];
        let meaning = MEANINGS[dice.below(6) as usize];
        let scope = SCOPES[dice.below(3) as usize];
        match dice.below(6) {
            0 | 1 => {
                let (status, document) = run(&[
                    "glossary",
                    "ask",
                    "--term",
                    term,
                    "--question",
                    "What?",
                    "--scope",
                    scope,
                ]);
                assert_eq!(status, 0, "{name}: {document:#}");
                open.push(text(&document["data"]["conflict_id"]));
            }
            2 | 3 => {
                let Some(conflict) = open.pop() else { continue };
                let args = [
                    "glossary",
                    "resolve",
                    &conflict,
                    "--definition",
                    meaning,
                    "--replace",
                ];
                let (status, document) = run(&args);
                assert_eq!(status, 0, "{name}: {document:#}");
                let data = &document["data"];
                let key = (text(&data["term"]), text(&data["scope"]));
                last.retain(|(term, scope, _)| (term, scope) != (&key.0, &key.1));
                last.push((key.0, key.1, meaning.to_owned()));
            }
            4 => {
                let (status, document) = run(&[
                    "glossary",
                    "sense",
                    "--term",
                    term,
                    "--definition",
                    meaning,
                    "--scope",
                    scope,
                ]);
                assert_eq!(status, 0, "{name}: {document:#}");
            }
            _ => {
                // Somebody adds a term by hand.
                let path = format!(".kittify/glossaries/{scope}.yaml");
                let mut file = project
                    .repo
                    .read(&path)
                    .unwrap_or_else(|| "terms:\n".to_owned());
                file.push_str(&format!(
                    "  - surface: by hand {step}\n    definition: |\n      meant {step}\n"
                ));
                project.repo.write(&path, &file);
            }
        }
        let (status, document) = run(&["glossary", "rebuild", "--check"]);
        assert_eq!(status, 0, "{name}, step {step}: {document:#}");
    }
    let listed = run(&["glossary", "list"]).1;
    let terms = listed["data"]["terms"].as_array().unwrap().clone();
    for (term, scope, meaning) in &last {
        let found = terms
            .iter()
            .find(|known| known["surface"] == term.as_str() && known["scope"] == scope.as_str());
        assert_eq!(found.unwrap()["definition"], meaning.as_str(), "{name}");
    }
    let rebuilt = run(&["glossary", "rebuild"]).1;
    let seeds: Vec<&Value> = terms
        .iter()
        .filter(|term| term["source"] == "seed")
        .collect();
    assert_eq!(
        rebuilt["data"]["terms"]
            .as_array()
            .unwrap()
            .iter()
            .collect::<Vec<_>>(),
        seeds,
        "{name}"
    );
}

#[test]
fn a_difference_is_shown_as_a_diff_and_mended_and_committed() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let (gauge, panel) = (ask(&project, "gauge"), ask(&project, "panel"));
    resolve(&project, &gauge, "One number");
    resolve(&project, &panel, "A framed part");
    let damaged = project
        .repo
        .read(SEED)
        .unwrap()
        .replace("One number", "Something else");
    let without = damaged.split("  - surface: panel").next().unwrap();
    project.repo.write(SEED, without);
    let output = project
        .pawtrail
        .run(&project.repo, &["glossary", "rebuild", "--check"]);
    assert_eq!(output.status, 1);
    let shown = output.stderr;
    for line in [
        "@@ team_domain gauge @@",
        "-Something else",
        "+One number",
        "@@ team_domain panel @@",
        "+A framed part",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["glossary", "rebuild", "--check"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &"GLOSSARY_DIFFERS".into())
    );
    assert_eq!(
        document["error"]["details"]["differences"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // Without being asked to, it changes nothing, and the direct read says what the file says.
    project
        .pawtrail
        .data(&project.repo, &["glossary", "rebuild"]);
    assert_eq!(project.repo.read(SEED).unwrap(), without);
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "Something else"
    );
    project.repo.git(&["commit", "-qam", "Damage"]);
    let receipt = project.receipt(&["glossary", "rebuild", "--fix"]);
    assert_eq!(receipt["committed"], true);
    assert_agrees(&project, &project.repo);
    assert_eq!(project.repo.status_v2(), "");
    assert_eq!(
        project.repo.read_at("HEAD", SEED).unwrap(),
        project.repo.read(SEED).unwrap()
    );
    assert_eq!(
        meaning(&project, &project.repo, "panel").unwrap(),
        "A framed part"
    );
}

#[test]
fn list_and_show_read_one_store() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.repo.write(
        ".kittify/glossaries/spec_kitty_core.yaml",
        "terms:\n- surface: gauge\n  definition: The tool's\n  status: active\n",
    );
    let conflict = ask(&project, "Gauge");
    resolve(&project, &conflict, "One number");
    let sense = [
        "glossary",
        "sense",
        "--term",
        "Panel",
        "--definition",
        "A frame",
    ];
    project.pawtrail.data(&project.repo, &sense);
    let listed = project.pawtrail.data(&project.repo, &["glossary", "list"])["terms"]
        .as_array()
        .unwrap()
        .clone();
    let names: Vec<_> = listed
        .iter()
        .map(|term| {
            (
                text(&term["surface"]),
                text(&term["scope"]),
                text(&term["source"]),
            )
        })
        .collect();
    let expected = [
        ("gauge", "team_domain", "seed"),
        ("panel", "team_domain", "log"),
        ("gauge", "spec_kitty_core", "seed"),
    ];
    assert_eq!(
        names,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
    for term in &listed {
        let shown = project.pawtrail.data(
            &project.repo,
            &["glossary", "show", term["surface"].as_str().unwrap()],
        );
        assert!(
            shown["terms"].as_array().unwrap().contains(term),
            "{shown:#}"
        );
    }
    let shown = project
        .pawtrail
        .data(&project.repo, &["glossary", "show", " GAUGE "]);
    assert_eq!(
        shown["terms"][0]["definition"], "One number",
        "the first scope counts"
    );
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["glossary", "show", "nothing"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &"TERM_NOT_FOUND".into())
    );
    let only = project.pawtrail.data(
        &project.repo,
        &["glossary", "list", "--scope", "spec_kitty_core"],
    );
    assert_eq!(only["terms"].as_array().unwrap().len(), 1);
}
