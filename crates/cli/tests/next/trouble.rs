//! What can be wrong with a template, a run or its log: each a clear error or a stated block, with the way out.

use pawtrail_testkit::text;
use serde_json::Value;

use crate::support::{SHARED, TEMPLATE, World, answer_by};

const REPORT: [&str; 4] = ["--agent", "coder", "--result", "success"];

/// A template that can't be used: `next` says what is wrong and where, and `next template check` says it again.
fn refused(steps: &str, expected: &[&str]) {
    let world = World::shared();
    let template =
        format!("mission: {{key: shared, name: Shared, version: \"1\"}}\nsteps:\n{steps}");
    world.repo.write(TEMPLATE, template);
    for args in [&[][..], &REPORT] {
        let (status, error) = world.fails(args);
        assert_eq!(
            (status, text(&error["code"])),
            (1, "TEMPLATE_INVALID".to_owned()),
            "{error:#}"
        );
        let message = text(&error["message"]);
        for part in expected {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(
            error["details"]["problems"][0]["line"].is_u64(),
            "{error:#}"
        );
        let next = text(&error["next_step"]);
        assert!(next.starts_with("pawtrail next template check "), "{next}");
        let words: Vec<&str> = next.split(' ').skip(1).collect();
        let (status, checked) = world.pawtrail.json_in(world.repo.path(), &words);
        assert_eq!(
            (status, &checked["error"]["code"]),
            (1, &Value::from("TEMPLATE_INVALID"))
        );
    }
    assert!(!world.repo.path().join(".kittify/runtime").exists());
    // The way out: a template that can be used.
    world.repo.write(TEMPLATE, SHARED);
    let words = ["next", "template", "check", TEMPLATE];
    assert_eq!(world.pawtrail.data(&world.repo, &words)["audits"], 3);
    assert_eq!(world.report(&[])["kind"], "step");
}

#[test]
fn a_cycle_is_named_with_its_place() {
    refused(
        "  - {id: a, title: A, depends_on: [b]}\n  - {id: b, title: B, depends_on: [a]}\n",
        &["a", "b", "mission-runtime.yaml"],
    );
}

#[test]
fn an_unknown_dependency_is_named_with_its_place() {
    refused(
        "  - {id: a, title: A, depends_on: [nosuch]}\n",
        &["nosuch", "3:"],
    );
}

#[test]
fn a_mission_of_an_unknown_type_is_told_where_a_template_goes() {
    let world = World::new("nosuch");
    let (status, error) = world.fails(&REPORT);
    assert_eq!(
        (status, text(&error["code"])),
        (1, "TEMPLATE_NOT_FOUND".to_owned())
    );
    assert!(text(&error["next_step"]).contains(".kittify/missions/nosuch/mission-runtime.yaml"));
}

#[test]
fn a_missing_owner_is_named_by_the_command_that_names_one() {
    let world = World::ownerless("shared");
    world.report(&[]);
    world.report(&["--step", "shape"]);
    world.owner_answers("input:database", "sqlite");
    world.owner_answers("input:region", "eu");
    for step in ["build", "write", "glance"] {
        world.report(&["--step", step]);
    }
    let approve = answer_by("lead", "human", "audit:check", "approve");
    let (status, error) = world.fails(&approve);
    assert_eq!(
        (status, text(&error["code"])),
        (1, "DECISION_NOT_ALLOWED".to_owned())
    );
    let next = text(&error["next_step"]).replace("NAME", "lead");
    let words: Vec<&str> = next.split(' ').skip(1).collect();
    world.pawtrail.data(&world.repo, &words);
    // Another person is still refused, and told who may.
    let (_, error) = world.fails(&answer_by("else", "human", "audit:check", "approve"));
    assert_eq!(error["details"]["may_answer"], "human lead");
    // An agent's name is no person, even where it is the owner's.
    let (_, error) = world.fails(&answer_by("lead", "llm", "audit:check", "approve"));
    assert_eq!(error["code"], "DECISION_NOT_ALLOWED");
    assert_eq!(world.next(&approve).0, 0);
}

#[test]
fn an_answer_past_next_takes_the_same_right() {
    let world = World::shared();
    world.report(&[]);
    world.report(&["--step", "shape"]);
    let given = |id: &str, answer: &str, who: &str, kind: &str| {
        let words = [
            "decision",
            "answer",
            id,
            answer,
            "--mission",
            &world.slug,
            "--actor",
            who,
            "--actor-type",
            kind,
        ];
        let (status, said) = world.pawtrail.json_in(world.repo.path(), &words);
        (status, said["error"]["code"].clone())
    };
    let denied = (1, Value::from("DECISION_NOT_ALLOWED"));
    assert_eq!(given("input:database", "sqlite", "coder", "llm"), denied);
    let log = std::fs::read_to_string(world.run_dir().join("run.events.jsonl")).unwrap();
    assert!(log.contains("DecisionAuthorityDenied"), "{log}");
    assert_eq!(given("input:database", "sqlite", "anyone", "human").0, 0);
    world.report(&[]);
    world.owner_answers("input:region", "eu");
    for step in ["build", "write", "glance"] {
        world.report(&["--step", step]);
    }
    assert_eq!(given("audit:check", "approve", "else", "human"), denied);
    assert_eq!(given("audit:check", "approve", "lead", "llm"), denied);
    assert_eq!(
        given("audit:check", "perhaps", "lead", "human"),
        (2, Value::from("ANSWER_NOT_AN_OPTION"))
    );
    assert_eq!(given("audit:check", "approve", "lead", "human").0, 0);
    // What no run asks for is anybody's.
    let words = [
        "decision",
        "request",
        "--mission",
        &world.slug,
        "--question",
        "Tea?",
        "--input-key",
        "tea",
    ];
    world.pawtrail.data(&world.repo, &words);
    assert_eq!(given("input:tea", "yes", "coder", "llm").0, 0);
}

#[test]
fn agents_neither_name_owners_nor_delegate() {
    let world = World::ownerless("shared");
    for verb in [
        &["owner", "coder"][..],
        &["delegate", "*", "--rationale", "because"],
    ] {
        let mut words = vec!["next"];
        words.extend(verb);
        words.extend(["--mission", &world.slug, "--actor-type", "llm"]);
        let (status, refused) = world.pawtrail.json_in(world.repo.path(), &words);
        assert_eq!(
            (status, &refused["error"]["code"]),
            (1, &Value::from("PERSON_REQUIRED"))
        );
    }
}

#[test]
fn a_template_edited_during_a_run_blocks_until_it_is_adopted_or_restored() {
    let world = World::shared();
    world.report(&[]);
    let edited = SHARED
        .replace("write, title: Write it down", "note, title: Note it")
        .replace("depends_on: [write]", "depends_on: [note]");
    world.repo.write(TEMPLATE, &edited);
    let query = world.query();
    let changed = "Template changed during active run. Migration required.";
    assert_eq!(query["reason"], changed);
    let way_out = text(&query["next_step"]);
    let adopt = "pawtrail next template adopt --mission";
    assert_eq!(
        way_out,
        format!("{adopt} {} --actor-type human --actor lead", world.slug)
    );
    let (status, blocked) = world.next(&REPORT);
    assert_eq!(
        (status, &blocked["kind"], &blocked["reason"]),
        (1, &"blocked".into(), &changed.into())
    );
    // Restored: it goes on as if nothing had been.
    world.repo.write(TEMPLATE, SHARED);
    assert_eq!(world.report(&[])["kind"], "decision_required");
    // Adopted: what is complete stays so, and the new steps come.
    world.repo.write(TEMPLATE, &edited);
    let words: Vec<&str> = way_out.split(' ').skip(1).collect();
    let agents = [&words[..5], &["--actor-type", "llm"]].concat();
    let (_, refused) = world.pawtrail.json_in(world.repo.path(), &agents);
    assert_eq!(refused["error"]["code"], "PERSON_REQUIRED");
    world.pawtrail.data(&world.repo, &words);
    world.owner_answers("input:database", "sqlite");
    assert_eq!(
        world.owner_answers("input:region", "eu")["step_id"],
        "build"
    );
    assert_eq!(world.report(&["--step", "build"])["step_id"], "note");
}

#[test]
fn a_failed_step_blocks_until_it_is_cleared_and_is_issued_again() {
    let world = World::shared();
    world.report(&[]);
    let (status, blocked) = world.next(&["--agent", "coder", "--result", "failed"]);
    assert_eq!((status, &blocked["kind"]), (1, &"blocked".into()));
    assert_eq!(
        blocked["reason"],
        "Previous step 'shape' failed; manual intervention required."
    );
    // For ever, as with the Python tool, unless somebody clears it.
    assert_eq!(world.next(&REPORT).0, 1);
    let words: Vec<String> = text(&blocked["next_step"])
        .split(' ')
        .skip(1)
        .map(str::to_owned)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(
        world.pawtrail.data(&world.repo, &words)["subjects"][0],
        "shape"
    );
    assert_eq!(world.report(&[])["step_id"], "shape");
    let (_, refused) = world.pawtrail.json_in(world.repo.path(), &words);
    assert_eq!(refused["error"]["code"], "RUN_NOT_BLOCKED");
}

#[test]
fn a_rejected_audit_blocks_and_is_asked_again_in_another_round() {
    let world = World::shared();
    world.report(&[]);
    world.report(&["--step", "shape"]);
    world.owner_answers("input:database", "sqlite");
    world.owner_answers("input:region", "eu");
    for step in ["build", "write", "glance"] {
        world.report(&["--step", step]);
    }
    let rejected = world.owner_answers("audit:check", "reject");
    assert_eq!(rejected["kind"], "blocked");
    assert_eq!(rejected["reason"], "Audit step 'check' rejected by lead");
    world.say(&[
        "unblock",
        "--rationale",
        "repaired",
        "--actor",
        "lead",
        "--actor-type",
        "human",
    ]);
    let again = world.report(&[]);
    let id = text(&again["decision_id"]);
    assert_eq!(
        (&again["kind"], &*id),
        (&"decision_required".into(), "audit:check#2")
    );
    assert_eq!(
        world.owner_answers(&id, "approve")["decision_id"],
        "audit:weigh"
    );
    // Deferred: the question stays, nothing is in git; then decided.
    let deferred = world.owner_answers("audit:weigh", "defer");
    assert_eq!(deferred["decision_id"], "audit:weigh");
    assert!(deferred["receipt"].is_null());
    let open = world.decisions();
    assert!(
        open.iter()
            .all(|one| one["decision_id"] != "audit:weigh" || one["answer"].is_null())
    );
    let (status, error) = world.fails(&answer_by("lead", "human", "audit:weigh", "approve"));
    assert_eq!(
        (status, text(&error["code"])),
        (2, "ANSWER_NOT_AN_OPTION".to_owned())
    );
    assert_eq!(
        world.owner_answers("audit:weigh", "decide_solo")["kind"],
        "terminal"
    );
    let answers: Vec<String> = world
        .decisions()
        .iter()
        .map(|one| text(&one["decision_id"]))
        .collect();
    assert!(
        answers.contains(&"audit:check".to_owned()) && answers.contains(&id),
        "{answers:?}"
    );
}

#[test]
fn a_corrupt_line_of_the_run_log_is_told_and_the_run_goes_on() {
    let world = World::shared();
    world.report(&[]);
    world.report(&["--step", "shape"]);
    world.owner_answers("input:database", "sqlite");
    world.owner_answers("input:region", "eu");
    let log = world.run_dir().join("run.events.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    let lines = whole.lines().count();
    for damaged in 0..lines {
        let text_of: Vec<String> = whole
            .lines()
            .enumerate()
            .map(|(at, line)| match at == damaged {
                true => line.chars().take(line.len() / 2).collect(),
                false => line.to_owned(),
            })
            .collect();
        std::fs::write(&log, format!("{}\n", text_of.join("\n"))).unwrap();
        let query = world.query();
        let warnings = query["warnings"].to_string();
        let expected = format!("line {}: skipped", damaged + 1);
        assert!(warnings.contains(&expected), "{damaged}: {query:#}");
        let (status, said) = world.next(&REPORT);
        assert_eq!(status, 0, "{damaged}: {said:#}");
        assert!(
            said["warnings"].to_string().contains(&expected),
            "{damaged}: {said:#}"
        );
        assert_eq!(said["kind"], "step", "{damaged}: {said:#}");
        let step = text(&said["step_id"]);
        assert!(
            ["build", "write"].contains(&step.as_str()),
            "{damaged}: {step}"
        );
        std::fs::write(&log, &whole).unwrap();
    }
    // A tail that lost its end: the next rows stand on lines of their own.
    std::fs::write(&log, format!("{whole}{{\"event_type\": \"Next")).unwrap();
    assert_eq!(world.report(&["--step", "build"])["step_id"], "write");
    assert_eq!(world.query()["step_id"], "write");
}

#[test]
fn a_damaged_or_missing_frozen_template_is_named_and_adopting_mends_it() {
    let world = World::shared();
    world.report(&[]);
    let frozen = world.run_dir().join("mission_template_frozen.yaml");
    for damage in [Some("steps: [{id: "), Some(""), None] {
        match damage {
            Some(text) => std::fs::write(&frozen, text).unwrap(),
            None => std::fs::remove_file(&frozen).unwrap(),
        }
        for args in [&[][..], &REPORT] {
            let (status, error) = world.fails(args);
            let code = text(&error["code"]);
            assert_eq!(
                (status, code.as_str()),
                (1, "RUN_TEMPLATE_DAMAGED"),
                "{error:#}"
            );
            let next = text(&error["next_step"]);
            assert!(
                next.starts_with("pawtrail next template adopt --mission"),
                "{next}"
            );
        }
        let person = ["--actor", "lead", "--actor-type", "human"];
        world.say(&[&["template", "adopt"][..], &person].concat());
        assert_eq!(world.query()["step_id"], "shape");
    }
    assert_eq!(
        world.report(&["--step", "shape"])["kind"],
        "decision_required"
    );
}
