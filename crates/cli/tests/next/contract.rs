//! The form of `next`: its keys and their order, its exit codes, its errors, and that a query writes nothing.

use pawtrail_testkit::text;

use crate::support::{World, answer_by, everything};

/// The keys of the Python tool, in its order.
const KEYS: [&str; 24] = [
    "kind",
    "agent",
    "mission_slug",
    "mission_number",
    "mission_type",
    "mission",
    "mission_state",
    "timestamp",
    "action",
    "wp_id",
    "workspace_path",
    "prompt_file",
    "reason",
    "guard_failures",
    "progress",
    "origin",
    "run_id",
    "step_id",
    "decision_id",
    "input_key",
    "question",
    "options",
    "is_query",
    "preview_step",
];

/// The keys of a document as they stand in it.
fn keys(stdout: &str) -> Vec<String> {
    stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  \""))
        .filter_map(|line| line.split_once("\":"))
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[test]
fn the_json_has_the_keys_of_the_reference_in_their_order() {
    let world = World::shared();
    let report = ["--agent", "coder", "--result", "success"];
    let with_step = [&report[..], &["--step", "shape"]].concat();
    let answer = answer_by("lead", "human", "input:database", "sqlite");
    let issued = &["issued_to", "issued_at"][..];
    for (args, more) in [
        (&[][..], &[][..]),
        (&report, issued),
        (&[], issued),
        (&with_step, &[]),
        (&[], &[]),
        (&answer, &["answered", "answer", "receipt"]),
        (&["--explain"], &["explain"]),
    ] {
        let output = world.raw(&world.repo, args);
        let expected: Vec<&str> = KEYS.iter().chain(more).copied().collect();
        assert_eq!(keys(&output.stdout), expected, "{args:?}");
        output.json();
    }
}

#[test]
fn a_query_writes_nothing_in_any_state() {
    let world = World::shared();
    let quiet = |state: &str| {
        let before = everything(world.scratch.path());
        for args in [&[][..], &["--explain"], &["--agent", "coder"]] {
            let (status, document) = world.next(args);
            assert_eq!(
                (status, text(&document["kind"])),
                (0, "query".to_owned()),
                "{state}"
            );
        }
        let after = everything(world.scratch.path());
        let changed: Vec<_> = after
            .iter()
            .filter(|(path, was)| before.get(*path) != Some(*was))
            .collect();
        assert!(
            changed.is_empty() && before.len() == after.len(),
            "{state}: {changed:?}"
        );
    };
    quiet("not started");
    world.report(&[]);
    quiet("a step is issued");
    world.report(&["--step", "shape"]);
    quiet("a decision waits");
    world.owner_answers("input:database", "sqlite");
    world.owner_answers("input:region", "eu");
    let (status, blocked) = world.next(&["--agent", "coder", "--result", "failed"]);
    assert_eq!((status, text(&blocked["kind"])), (1, "blocked".to_owned()));
    quiet("blocked");
    world.say(&["unblock"]);
    for step in ["build", "write", "glance"] {
        world.report(&[]);
        world.report(&["--step", step]);
    }
    world.owner_answers("audit:check", "approve");
    world.owner_answers("audit:weigh", "decide_solo");
    assert_eq!(world.query()["mission_state"], "done");
    quiet("at the end");
    std::fs::remove_dir_all(world.repo.path().join(".kittify/runtime")).unwrap();
    quiet("lost");
}

#[test]
fn the_number_of_a_mission_is_shown() {
    // Defect 47: the Python tool shows none.
    let world = World::shared();
    assert_eq!(world.query()["mission_number"], "");
    let meta = format!("kitty-specs/{}/meta.json", world.slug);
    let content = world.repo.read(&meta).unwrap();
    let numbered = content.replace("\"mission_number\": null", "\"mission_number\": 126");
    assert_ne!(content, numbered);
    world.repo.write(&meta, numbered);
    world.repo.git(&["commit", "-qam", "Number it"]);
    assert_eq!(world.query()["mission_number"], "126");
    assert_eq!(world.report(&[])["mission_number"], "126");
}

#[test]
fn a_wrong_line_is_a_usage_error() {
    let world = World::shared();
    for args in [
        &["--result", "success"][..],
        &["--result", "done", "--agent", "coder"],
        &["--answer", "yes"],
        &["--answer", "yes", "--agent", "coder"],
        &["--decision-id", "input:x"],
        &["--step", "shape"],
        &["--take-over"],
        &["--take-over", "--agent", "coder", "--result", "success"],
    ] {
        let (status, error) = world.fails(args);
        assert_eq!(
            (status, text(&error["code"])),
            (2, "USAGE".to_owned()),
            "{args:?}"
        );
    }
    let (status, error) = world.fails(&["--agent", " ", "--result", "success"]);
    assert_eq!(
        (status, text(&error["code"])),
        (2, "INVALID_ARGUMENT".to_owned())
    );
}

#[test]
fn errors_have_codes_exit_codes_and_a_way_on() {
    let world = World::shared();
    let report = ["--agent", "coder", "--result", "success"];
    let with = |more: &[&'static str]| [&report[..], more].concat();
    let expect = |args: &[&str], status: i32, code: &str, next: &str| {
        let (exit, error) = world.fails(args);
        assert_eq!(
            (exit, text(&error["code"])),
            (status, code.to_owned()),
            "{error:#}"
        );
        let way = error["next_step"].as_str().unwrap_or_default();
        assert!(way.contains(next), "{error:#}");
    };
    expect(
        &["--agent", "coder", "--take-over"],
        1,
        "NOTHING_ISSUED",
        "pawtrail next --mission",
    );
    world.report(&[]);
    expect(
        &with(&["--answer", "x"]),
        1,
        "NO_DECISION_PENDING",
        "pawtrail next --mission",
    );
    expect(
        &with(&["--step", "nosuch"]),
        2,
        "STEP_UNKNOWN",
        "pawtrail next --mission",
    );
    expect(
        &with(&["--step", "write"]),
        5,
        "STEP_NOT_ISSUED",
        "pawtrail next --mission",
    );
    let other = ["--agent", "other", "--result", "success"];
    expect(
        &other,
        5,
        "STEP_ISSUED_TO_ANOTHER",
        "--agent other --take-over",
    );
    let (_, error) = world.fails(&other);
    assert_eq!(error["details"]["agent"], "coder");
    assert_eq!(error["details"]["step_id"], "shape");
    assert!(error["details"]["since"].is_string());
    world.report(&["--step", "shape"]);
    let wrong = ["--decision-id", "input:nosuch", "--answer", "x"];
    expect(
        &[&report[..], &wrong].concat(),
        1,
        "DECISION_NOT_ASKED",
        "pawtrail next --mission",
    );
    world.owner_answers("input:database", "sqlite");
    let changed = answer_by("lead", "human", "input:database", "postgres");
    expect(
        &changed,
        5,
        "DECISION_ALREADY_ANSWERED",
        "pawtrail decision show input:database --mission",
    );
}

#[test]
fn a_step_is_taken_over_on_request_only() {
    let world = World::shared();
    let first = world.report(&[]);
    let (status, taken) = world.next(&["--agent", "other", "--take-over"]);
    assert_eq!(status, 0, "{taken:#}");
    assert_eq!(
        (&taken["kind"], &taken["agent"]),
        (&"step".into(), &"other".into())
    );
    assert_eq!(taken["step_id"], first["step_id"]);
    let (status, error) = world.fails(&["--agent", "coder", "--result", "success"]);
    assert_eq!(
        (status, text(&error["code"])),
        (5, "STEP_ISSUED_TO_ANOTHER".to_owned())
    );
    // The same again changes nothing.
    let rows = world.run_rows();
    world.next(&["--agent", "other", "--take-over"]);
    assert_eq!(world.run_rows(), rows);
    let (status, done) = world.next(&["--agent", "other", "--result", "success"]);
    assert_eq!((status, &done["kind"]), (0, &"decision_required".into()));
}

#[test]
fn a_repeated_report_completes_nothing_twice() {
    let world = World::shared();
    world.report(&[]);
    let first = world.report(&["--step", "shape"]);
    let rows = world.run_rows();
    let mut again = world.report(&["--step", "shape"]);
    again["timestamp"] = first["timestamp"].clone();
    again["reason"] = first["reason"].clone();
    assert_eq!(again, first);
    assert_eq!(world.run_rows(), rows);
    // An answer repeated with its id: the first receipt, and the step that came next isn't completed.
    let answered = world.owner_answers("input:database", "sqlite");
    let repeated = world.owner_answers("input:database", "sqlite");
    assert_eq!(repeated["receipt"], answered["receipt"]);
    world.owner_answers("input:region", "eu");
    let repeated = world.owner_answers("input:region", "eu");
    assert_eq!(
        (&repeated["kind"], &repeated["step_id"]),
        (&"step".into(), &"build".into())
    );
    assert_eq!(world.count("NextStepAutoCompleted")["shape"], 1);
    assert!(!world.count("NextStepAutoCompleted").contains_key("build"));
}

#[test]
fn explain_says_why_this_and_not_another() {
    let world = World::shared();
    world.report(&[]);
    let (_, said) = world.next(&["--explain"]);
    let standing = |step: &str| {
        let all = said["explain"].as_array().unwrap();
        let one = all.iter().find(|one| one["step_id"] == step).unwrap();
        (text(&one["standing"]), text(&one["why"]))
    };
    assert_eq!(standing("shape").0, "issued");
    assert_eq!(
        standing("build"),
        ("waits".to_owned(), "it waits for shape".to_owned())
    );
    world.report(&["--step", "shape"]);
    let (_, said) = world.next(&["--explain"]);
    let all = said["explain"].as_array().unwrap();
    let build = all.iter().find(|one| one["step_id"] == "build").unwrap();
    assert_eq!(build["why"], "decision input:database comes first");
}

#[test]
fn people_read_text() {
    let world = World::shared();
    let run = |args: &[&str]| {
        let mut all = vec!["next", "--mission", &world.slug];
        all.extend(args);
        let output = world.pawtrail.run(&world.repo, &all);
        (output.status, output.stdout)
    };
    let (status, query) = run(&[]);
    assert_eq!(status, 0);
    assert!(
        query.contains("stands at not_started; nothing was written."),
        "{query}"
    );
    let report = ["--agent", "coder", "--result", "success"];
    let (_, step) = run(&report);
    assert!(step.starts_with("Step shape is yours."), "{step}");
    assert!(
        step.contains("prompt") && step.contains("--step shape --result success"),
        "{step}"
    );
    let (_, query) = run(&[]);
    assert!(
        query.contains("--agent coder --step shape --result success"),
        "{query}"
    );
    let (_, asked) = run(&report);
    assert!(asked.contains("provide value for 'database'"), "{asked}");
    assert!(
        asked.contains("--decision-id input:database --answer ANSWER"),
        "{asked}"
    );
    let (_, answered) = run(&answer_by("lead", "human", "input:database", "sqlite"));
    assert!(
        answered.contains("answered") && answered.contains("commit"),
        "{answered}"
    );
    run(&answer_by("lead", "human", "input:region", "eu"));
    let (status, blocked) = run(&["--agent", "coder", "--result", "blocked"]);
    assert_eq!(status, 1);
    assert!(blocked.starts_with("Blocked."), "{blocked}");
    assert!(
        blocked.contains(&format!("pawtrail next unblock --mission {}", world.slug)),
        "{blocked}"
    );
}

#[test]
fn work_packages_are_counted() {
    let world = World::new("plan");
    assert!(world.query()["progress"].is_null());
    let move_to = |wp: &str, lane: &str| {
        let args = [
            "wp",
            "move",
            wp,
            lane,
            "--mission",
            &world.slug,
            "--actor",
            "lead",
            "--force",
            "--reason",
            "trial",
        ];
        world.pawtrail.data(&world.repo, &args);
    };
    move_to("WP01", "planned");
    move_to("WP02", "planned");
    move_to("WP02", "claimed");
    move_to("WP02", "in_progress");
    let progress = world.query()["progress"].clone();
    assert_eq!(
        progress,
        serde_json::json!({
            "total_wps": 2, "done_wps": 0, "approved_wps": 0, "in_progress_wps": 1,
            "planned_wps": 1, "for_review_wps": 0, "weighted_percentage": 15.0,
        })
    );
}
