//! The Python tool's defects, each as the opposite that holds here.

use pawtrail_testkit::{Project, Scratch, rows};
use serde_json::Value;

use crate::support::{BINARY, SEED, ask, assert_agrees, log, meaning, resolve};

/// What the Python tool's log of a conflict looks like, in the file that it uses for a mission named by slug.
fn python_asked(project: &Project, file: &str, mission: &str) -> &'static str {
    let conflict = "0f7c1a52-6a3c-4d9e-8f00-000000000001";
    let row = format!(
        "{{\"conflict_id\": \"{conflict}\", \"event_id\": \"2f7c1a52-6a3c-4d9e-8f00-000000000001\", \"event_type\": \"GlossaryClarificationRequested\", \"mission_id\": \"{mission}\", \"options\": [\"One number\"], \"question\": \"Which?\", \"run_id\": \"r\", \"step_id\": \"s\", \"term\": \"gauge\", \"timestamp\": \"2026-06-01T00:00:01.000001+00:00\", \"urgency\": \"high\"}}\n"
    );
    project.repo.write(
        &format!(".kittify/events/glossary/{file}.events.jsonl"),
        row,
    );
    conflict
}

#[test]
fn defect_48_clarifications_reach_the_queue() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    resolve(&project, &conflict, "One number");
    let types = crate::queue::types(&project);
    assert_eq!(
        types,
        [
            "GlossaryClarificationRequested",
            "GlossaryClarificationResolved"
        ]
    );
}

#[test]
fn defect_49_a_resolution_changes_the_seed_file() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    assert_eq!(project.repo.read(SEED), None);
    resolve(&project, &conflict, "One number");
    assert!(project.repo.read(SEED).unwrap().contains("One number"));
    // Whoever reads the seed file alone knows it.
    std::fs::remove_dir_all(project.repo.path().join(".kittify/events")).unwrap();
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "One number"
    );
}

#[test]
fn defect_50_replay_follows_time_and_repeats_no_term_and_every_row_has_ids() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let slug = project.dir.trim_start_matches("kitty-specs/").to_owned();
    // In a file that sorts before ours, with a resolution that came first in time but has no ids.
    let conflict = python_asked(&project, "000-first", &slug);
    let (one, two) = (ask(&project, "gauge"), ask(&project, "gauge"));
    resolve(&project, conflict, "Python's question");
    resolve(&project, &one, "Python's question");
    let args = [
        "glossary",
        "resolve",
        &two,
        "--definition",
        "The last word",
        "--replace",
    ];
    project.pawtrail.data(&project.repo, &args);
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "The last word"
    );
    let listed = project.pawtrail.data(&project.repo, &["glossary", "list"]);
    assert_eq!(listed["terms"].as_array().unwrap().len(), 1, "{listed:#}");
    assert_agrees(&project, &project.repo);
    assert!(
        !project
            .repo
            .path()
            .join(".kittify/events/glossary/unknown.events.jsonl")
            .exists()
    );
    for row in log(&project) {
        assert_eq!(
            row["mission_id"],
            project.mission_id.as_str(),
            "the id, never the slug"
        );
        assert_eq!(row["payload"]["mission_id"], project.mission_id.as_str());
        assert_eq!(row["event_id"].as_str().unwrap().len(), 26);
    }
}

#[test]
fn defect_50_a_resolution_that_names_no_scope_is_reported_and_the_conflict_stays_open() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = python_asked(&project, "unknown", "unknown");
    let path = ".kittify/events/glossary/unknown.events.jsonl";
    let resolved = format!(
        "{{\"conflict_id\": \"{conflict}\", \"event_type\": \"GlossaryClarificationResolved\", \"selected_sense\": {{\"confidence\": 0.5, \"definition\": \"One number\", \"scope\": \"unknown\", \"surface\": \"gauge\"}}, \"term_surface\": \"gauge\", \"timestamp\": \"2026-06-01T00:00:02+00:00\"}}\n"
    );
    project
        .repo
        .write(path, project.repo.read(path).unwrap() + &resolved);
    let listed = project.pawtrail.data(&project.repo, &["glossary", "list"]);
    assert_eq!(listed["open"].as_array().unwrap().len(), 1);
    assert_eq!(listed["problems"][0]["line"], 2, "{listed:#}");
    let args = [
        "glossary",
        "resolve",
        conflict,
        "--definition",
        "One number",
    ];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
    assert_eq!(status, 0, "{document:#}");
    let rows = rows(&project.repo.read(path).unwrap());
    assert_eq!(rows.len(), 2, "the other tool's file is left alone");
    assert_eq!(log(&project).len(), 1);
}

#[test]
fn defect_51_rows_keep_the_published_contract_and_are_sanitized() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let run = |args: &[&str]| project.pawtrail.data(&project.repo, args);
    run(&[
        "glossary",
        "observe",
        "--term",
        "gauge",
        "--confidence",
        "0.7",
    ]);
    run(&[
        "glossary",
        "sense",
        "--term",
        "gauge",
        "--definition",
        "write to eve@acme-tools.com",
    ]);
    let conflict = ask(&project, "gauge");
    resolve(&project, &conflict, "One number");
    let rows = log(&project);
    let types: Vec<&str> = rows
        .iter()
        .map(|row| row["event_type"].as_str().unwrap())
        .collect();
    let expected = [
        "TermCandidateObserved",
        "GlossarySenseUpdated",
        "GlossaryClarificationRequested",
        "GlossaryClarificationResolved",
    ];
    assert_eq!(types, expected);
    for row in &rows {
        let payload = &row["payload"];
        let found =
            pawtrail_event::glossary::Payload::parse(row["event_type"].as_str().unwrap(), payload);
        assert!(found.is_ok(), "{row:#}");
        assert!(matches!(payload["actor"], Value::String(_)));
    }
    assert!(!rows[1].to_string().contains("eve@acme-tools.com"));
}
