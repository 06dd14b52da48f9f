//! FR-021: the seed file holds a resolution before the command returns, and nothing else in it changes.

use pawtrail_testkit::{Project, Scratch};

use crate::support::{BINARY, SEED, ask, assert_agrees, count, log, meaning, resolve};

const HAND_WRITTEN: &str = "# Our words: by hand\n\nterms:\n\n  - surface: 'panel'   # as it is\n    definition: >\n      A part of a page\n      with a head.\n\n    status: draft\n\n# end\n";

#[test]
fn fr_021_a_resolution_is_in_seed_file_and_commit_before_the_command_returns() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "Dashboard");
    let done = resolve(&project, &conflict, "A page of charts, live");
    assert_eq!(done["data"]["term"], "dashboard");
    assert_eq!(done["data"]["path"], SEED);
    let receipt = &done["receipt"];
    assert_eq!(receipt["committed"], true);
    assert_eq!(receipt["ref"], "refs/heads/work");
    assert_eq!(receipt["mission_id"], project.mission_id.as_str());
    let seed = project.repo.read(SEED).unwrap();
    assert!(
        seed.contains("surface: dashboard\n    definition: A page of charts, live\n"),
        "{seed}"
    );
    assert_eq!(
        project
            .repo
            .read_at(receipt["commit"].as_str().unwrap(), SEED)
            .unwrap(),
        seed
    );
    assert_eq!(project.repo.status_v2(), "");
    let last = log(&project).pop().unwrap();
    assert_eq!(last["event_type"], "GlossaryClarificationResolved");
    assert_eq!(last["event_id"], receipt["event_id"]);
    assert_eq!(last["payload"]["clarification_event_id"], conflict.as_str());
    assert_agrees(&project, &project.repo);
}

#[test]
fn everything_else_in_the_seed_file_stays_byte_for_byte() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.repo.commit_file(SEED, HAND_WRITTEN, "Our words");
    let conflict = ask(&project, "panel");
    let done = resolve(&project, &conflict, "A framed part");
    assert_eq!(done["data"]["replaced"], "A part of a page with a head.\n");
    let replaced = HAND_WRITTEN
        .replace(
            ">\n      A part of a page\n      with a head.",
            "A framed part",
        )
        .replace("draft", "active");
    assert_eq!(project.repo.read(SEED).unwrap(), replaced);
    let conflict = ask(&project, "gauge");
    resolve(&project, &conflict, "One number");
    let added = replaced.replace(
        "status: active\n",
        "status: active\n  - surface: gauge\n    definition: One number\n    confidence: 1.0\n    status: active\n",
    );
    assert_eq!(project.repo.read(SEED).unwrap(), added);
    assert_eq!(project.repo.status_v2(), "");
}

#[test]
fn what_the_user_staged_or_left_in_the_file_is_kept_and_not_swept_into_the_commit() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.repo.commit_file(SEED, HAND_WRITTEN, "Our words");
    let staged = HAND_WRITTEN.replace("# end", "# staged by me");
    project.repo.write(SEED, &staged);
    project.repo.git(&["add", SEED]);
    let dirty = staged.replace("Our words", "My words");
    project.repo.write(SEED, &dirty);
    let conflict = ask(&project, "gauge");
    resolve(&project, &conflict, "One number");
    let committed = project.repo.read_at("HEAD", SEED).unwrap();
    assert!(
        committed.contains("One number") && committed.contains("# end"),
        "{committed}"
    );
    assert!(
        !committed.contains("My words") && !committed.contains("staged by me"),
        "{committed}"
    );
    let index = project.repo.git(&["show", &format!(":{SEED}")]);
    assert!(
        index.contains("One number")
            && index.contains("staged by me")
            && !index.contains("My words"),
        "{index}"
    );
    let file = project.repo.read(SEED).unwrap();
    assert!(
        file.contains("One number") && file.contains("staged by me") && file.contains("My words"),
        "{file}"
    );
}

#[test]
fn a_bad_term_is_reported_and_skipped_and_never_blanks_the_file() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let seed =
        "terms:\n- surface: Bad\n  definition: x\n- surface: good\n  definition: y\n- nonsense\n";
    project.repo.commit_file(SEED, seed, "Words");
    let data = project.pawtrail.data(&project.repo, &["glossary", "list"]);
    assert_eq!(data["terms"].as_array().unwrap().len(), 1);
    assert_eq!(data["problems"].as_array().unwrap().len(), 2);
    assert_eq!(data["problems"][0]["line"], 2);
    let conflict = ask(&project, "gauge");
    resolve(&project, &conflict, "One number");
    let after = project.repo.read(SEED).unwrap();
    assert!(
        after.starts_with(seed) && after.contains("One number"),
        "{after}"
    );
}

#[test]
fn a_file_that_cannot_be_changed_without_harm_stays_and_nothing_is_recorded() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    for damaged in [
        "terms: [\n",
        "terms:\n- surface: gauge\n  definition: x\n  colour: red\n",
    ] {
        project.repo.write(SEED, damaged);
        let args = [
            "glossary",
            "resolve",
            &conflict,
            "--definition",
            "One number",
        ];
        let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
        assert_eq!(
            (status, &document["error"]["code"]),
            (1, &"FILE_DAMAGED".into()),
            "{document:#}"
        );
        assert_eq!(project.repo.read(SEED).unwrap(), damaged);
        assert_eq!(count(&project, "GlossaryClarificationResolved"), 0);
        let listed = project.pawtrail.data(&project.repo, &["glossary", "list"]);
        assert_eq!(listed["open"][0]["conflict_id"], conflict.as_str());
    }
}

#[test]
fn the_same_answer_gives_the_first_receipt_and_another_is_told_what_there_is() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    let first = resolve(&project, &conflict, "One number");
    project.repo.commit_file("other.txt", "x", "Something else");
    let again = resolve(&project, &conflict, "One number");
    assert_eq!(again["receipt"], first["receipt"]);
    assert_eq!(count(&project, "GlossaryClarificationResolved"), 1);
    let args = [
        "glossary",
        "resolve",
        &conflict,
        "--definition",
        "Two numbers",
    ];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
    assert_eq!(status, 5);
    assert_eq!(document["error"]["code"], "CONFLICT_ALREADY_RESOLVED");
    assert_eq!(document["error"]["details"]["definition"], "One number");
    assert_eq!(
        document["error"]["next_step"],
        "pawtrail glossary show gauge"
    );
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "One number"
    );
}

#[test]
fn an_answer_to_an_outdated_question_replaces_nothing_unasked() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let (one, two) = (ask(&project, "gauge"), ask(&project, "gauge"));
    resolve(&project, &one, "One number");
    let args = ["glossary", "resolve", &two, "--definition", "Two numbers"];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
    assert_eq!(
        (status, &document["error"]["code"]),
        (5, &"TERM_ALREADY_RESOLVED".into())
    );
    assert_eq!(document["error"]["details"]["definition"], "One number");
    let args = [
        "glossary",
        "resolve",
        &two,
        "--definition",
        "Two numbers",
        "--replace",
    ];
    let data = project.pawtrail.data(&project.repo, &args);
    assert_eq!(data["replaced"], "One number");
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "Two numbers"
    );
    // A question that is asked now knows what the term means, and may change it.
    let three = ask(&project, "gauge");
    resolve(&project, &three, "Three numbers");
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "Three numbers"
    );
    assert_agrees(&project, &project.repo);
}

#[test]
fn neither_log_nor_seed_file_nor_commit_holds_anything_private() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let secret = "See https://me:hunter2@acme-tools.com/x, what is it?";
    let args = [
        "glossary",
        "ask",
        "--term",
        "gauge",
        "--question",
        secret,
        "--option",
        "mail carol@acme-tools.com",
    ];
    let data = project.pawtrail.data(&project.repo, &args);
    let conflict = data["conflict_id"].as_str().unwrap();
    let definition = "See /home/carol/notes and ask bob@acme-tools.com: he knows";
    let done = resolve(&project, conflict, definition);
    let written = done["data"]["definition"].as_str().unwrap();
    assert!(
        written.ends_with(": he knows") && written != definition,
        "{written}"
    );
    let rows: String = log(&project).iter().map(ToString::to_string).collect();
    let seed = project.repo.read(SEED).unwrap();
    let shown = project.repo.git(&["show", "HEAD", "--format="]);
    for text in [&rows, &seed, &shown] {
        for private in ["hunter2", "carol", "bob@acme"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    }
    // What was written is what counts: the same words again are the same answer.
    let again = resolve(&project, conflict, definition);
    assert_eq!(again["receipt"], done["receipt"]);
    assert_agrees(&project, &project.repo);
}
