//! A mission of each built-in template from its first step to its end, and what git knows afterwards.

use std::collections::BTreeMap;

use pawtrail_testkit::text;
use serde_json::Value;

use crate::support::{TURNS, World, answer_by, sensible};

const KINDS: [&str; 4] = ["software-dev", "research", "documentation", "plan"];

/// What was asked and answered.
type Answers = BTreeMap<String, (String, String)>;

/// Drives a mission to its end; `answer` answers each question.
fn drive(world: &World, mut answer: impl FnMut(&World, &Value) -> Value) -> Answers {
    let mut answers = Answers::new();
    let mut said = world.report(&[]);
    for _ in 0..TURNS {
        match said["kind"].as_str().unwrap() {
            "terminal" => {
                assert_eq!(said["reason"], "All mission steps completed");
                return answers;
            }
            "step" => {
                let step = text(&said["step_id"]);
                let prompt = std::fs::read_to_string(text(&said["prompt_file"])).unwrap();
                assert!(prompt.contains(&format!("--step {step}")), "{prompt}");
                for (question, answer) in answers.values() {
                    assert!(
                        prompt.contains(question) && prompt.contains(answer),
                        "{prompt}"
                    );
                }
                let query = world.query();
                assert_eq!(query["step_id"], said["step_id"]);
                assert_eq!(query["prompt_file"], said["prompt_file"]);
                said = world.report(&["--step", &step]);
            }
            "decision_required" => {
                let id = text(&said["decision_id"]);
                let question = text(&said["question"]);
                let query = world.query();
                for key in ["decision_id", "question", "options", "step_id", "input_key"] {
                    assert_eq!(query[key], said[key], "{key}");
                }
                let answered = answer(world, &said);
                assert_eq!(answered["answered"], id.as_str(), "{answered:#}");
                let given = text(&answered["answer"]);
                assert_eq!(answered["receipt"]["committed"], true, "{answered:#}");
                answers.insert(id, (question, given));
                said = answered;
            }
            other => panic!("{other}: {said:#}"),
        }
    }
    panic!("no end: {said:#}");
}

fn by_a_human(world: &World, said: &Value) -> Value {
    world.owner_answers(&text(&said["decision_id"]), &sensible(said))
}

/// Questions are asked on the way, git has all of it, and the queue never had any.
fn holds(world: &World, kind: &str, answers: &Answers) {
    assert!(answers.len() >= 2, "{kind} asks {answers:?}");
    let queue = world.pawtrail.data(&world.repo, &["queue", "list"]);
    let events = queue["events"].as_array().unwrap();
    let types: Vec<String> = events
        .iter()
        .map(|event| text(&event["event_type"]))
        .collect();
    assert!(types.contains(&"MissionStarted".to_owned()), "{types:?}");
    assert!(
        types.iter().all(|name| !name.starts_with("Decision")),
        "{types:?}"
    );
    let file = world.repo.common_dir().join("pawtrail/queue.sqlite");
    let db = rusqlite::Connection::open(&file).unwrap();
    let decisions: i64 = db
        .query_row(
            "SELECT count(*) FROM events WHERE body LIKE '%DecisionInput%' OR event_type LIKE 'Decision%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(decisions, 0);
    drop(db);
    // Scenario 1 of the requirements: only git is left.
    for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
        let _ = std::fs::remove_file(world.repo.common_dir().join("pawtrail").join(name));
    }
    std::fs::remove_dir_all(world.repo.path().join(".kittify/runtime")).unwrap();
    let _ = std::fs::remove_file(world.repo.path().join(".kittify/sync-state.json"));
    let log = world.decisions();
    assert_eq!(log.len(), answers.len(), "{log:#?}");
    for entry in &log {
        let (question, answer) = &answers[entry["decision_id"].as_str().unwrap()];
        assert_eq!(entry["question"], question.as_str());
        assert_eq!(entry["answer"], answer.as_str());
        assert!(entry["commit"].is_string(), "{entry:#}");
    }
    let verified = world.pawtrail.data(&world.repo, &["verify"]);
    assert_eq!(verified["missing"], serde_json::json!([]), "{verified:#}");
}

#[test]
fn each_builtin_template_is_driven_by_a_human_from_first_step_to_terminal() {
    for kind in KINDS {
        let world = World::new(kind);
        assert_eq!(world.query()["mission_state"], "not_started");
        let answers = drive(&world, by_a_human);
        for (step, times) in world.count("NextStepIssued") {
            assert_eq!(times, 1, "{kind}: {step}");
        }
        assert_eq!(world.query()["mission_state"], "done");
        // At the end nothing more happens, however often one asks.
        let rows = world.run_rows();
        assert_eq!(world.report(&[])["kind"], "terminal");
        assert_eq!(world.run_rows(), rows);
        holds(&world, kind, &answers);
    }
}

#[test]
fn an_agent_answers_with_a_delegation_and_never_without() {
    for kind in KINDS {
        let world = World::new(kind);
        let mut refused = 0;
        let mut delegated = 0;
        let answers = drive(&world, |world, said| {
            let id = text(&said["decision_id"]);
            let answer = sensible(said);
            let as_agent = answer_by("coder", "llm", &id, &answer);
            if id.starts_with("audit:") || delegated == 0 {
                let (status, error) = world.fails(&as_agent);
                assert_eq!(
                    (status, text(&error["code"])),
                    (1, "DECISION_NOT_ALLOWED".to_owned())
                );
                refused += 1;
                let next = text(&error["next_step"]);
                if id.starts_with("audit:") {
                    assert!(next.contains("--actor-type human --actor lead"), "{next}");
                    return by_a_human(world, said);
                }
                assert!(next.starts_with("pawtrail next delegate"), "{next}");
                let delegate = ["delegate", "*", "--rationale", "ADR 7"];
                let person = ["--actor", "lead", "--actor-type", "human"];
                world.say(&[&delegate[..], &person[..]].concat());
            }
            delegated += 1;
            let (status, answered) = world.next(&as_agent);
            assert_eq!(status, 0, "{answered:#}");
            answered
        });
        assert!(
            refused > 0 && delegated > 0,
            "{kind}: {refused} {delegated}"
        );
        let denied = world.run_rows();
        let denied = denied
            .iter()
            .filter(|row| row["event_type"] == "DecisionAuthorityDenied");
        assert_eq!(denied.count(), refused, "{kind}");
        let by_agents = world.decisions();
        let by_agents = by_agents
            .iter()
            .filter(|one| one["answered_by"]["actor_type"] == "llm");
        assert_eq!(by_agents.count(), delegated, "{kind}");
        holds(&world, kind, &answers);
    }
}

#[test]
fn a_fresh_clone_continues_from_what_git_knows_and_says_so() {
    let world = World::new("software-dev");
    // Up to the second question after the first answers: the run is in the midst of it.
    let mut said = world.report(&[]);
    let mut answered = Vec::new();
    while answered.len() < 2 {
        said = match said["kind"].as_str().unwrap() {
            "step" => world.report(&["--step", &text(&said["step_id"])]),
            "decision_required" => {
                answered.push(text(&said["decision_id"]));
                by_a_human(&world, &said)
            }
            other => panic!("{other}: {said:#}"),
        };
    }
    let clone = world.scratch.clone_of(&world.repo, "clone");
    clone.git(&["switch", "-q", "work"]);
    let (_, query) = world.next_in(&clone, &[]);
    let warnings = query["warnings"].to_string();
    assert!(
        warnings.contains("continues from what git knows: 2 answers"),
        "{query:#}"
    );
    let mut report = vec!["--agent", "other", "--result", "success"];
    let (status, begun) = world.next_in(&clone, &report);
    assert_eq!(status, 0, "{begun:#}");
    assert!(
        begun["warnings"]
            .to_string()
            .contains("continues from what git knows"),
        "{begun:#}"
    );
    // Nobody is asked again what was answered.
    let mut said = begun;
    for _ in 0..TURNS {
        match said["kind"].as_str().unwrap() {
            "terminal" => return,
            "step" => {
                let step = text(&said["step_id"]);
                report.truncate(4);
                let with_step = [&report[..], &["--step", &step]].concat();
                said = world.next_in(&clone, &with_step).1;
            }
            "decision_required" => {
                let id = text(&said["decision_id"]);
                assert!(!answered.contains(&id), "{said:#}");
                said = world
                    .next_in(&clone, &answer_by_other(&id, &sensible(&said)))
                    .1;
            }
            other => panic!("{other}: {said:#}"),
        }
    }
    panic!("no end: {said:#}");
}

fn answer_by_other<'a>(decision: &'a str, answer: &'a str) -> Vec<&'a str> {
    let mut args = answer_by("lead", "human", decision, answer);
    args[1] = "other";
    args
}

#[test]
fn a_lost_run_directory_is_continued_in_the_same_clone() {
    let world = World::shared();
    world.report(&[]);
    world.report(&["--step", "shape"]);
    world.owner_answers("input:database", "sqlite");
    std::fs::remove_dir_all(world.repo.path().join(".kittify/runtime")).unwrap();
    let query = world.query();
    assert!(
        query["warnings"]
            .to_string()
            .contains("the run's directory is gone"),
        "{query:#}"
    );
    assert_eq!(query["decision_id"], "input:region", "{query:#}");
    let said = world.report(&[]);
    assert!(
        said["warnings"]
            .to_string()
            .contains("assumed complete: shape"),
        "{said:#}"
    );
    assert_eq!(said["decision_id"], "input:region");
    // Once it goes on, it says so no more.
    assert!(world.report(&[])["warnings"].is_null());
}
