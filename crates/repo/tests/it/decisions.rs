//! The decision service: what is asked, answered, repeated and refused.

use pawtrail_event::decision::{ActorType, Status};
use pawtrail_repo::decisions::{self, Ask, Reply};
use pawtrail_testkit::Scratch;

use super::support::{answer, ask, create, ledger_file, open};

#[test]
fn the_request_rides_in_the_answers_commit() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "ride");
    let asked = ask(&project, &mission, "Which database?");
    assert_eq!(ledger_file(&repo, &asked), "");
    let done = answer(&project, &mission, &asked, "SQLite").unwrap();
    let file = ledger_file(&repo, &done);
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "at",
                "build_id",
                "event_id",
                "event_type",
                "mission_id",
                "payload"
            ]
        );
        assert_eq!(row["mission_id"], mission.mission_id.as_str());
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            *line,
            "compact and sorted"
        );
    }
    assert_eq!(
        repo.git(&[
            "rev-list",
            "--count",
            &format!("main..{}", done.receipt.r#ref)
        ])
        .trim(),
        "2"
    );
}

#[test]
fn the_same_answer_again_gives_the_first_receipt_and_another_is_refused() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "twice");
    let asked = ask(&project, &mission, "Once?");
    let first = answer(&project, &mission, &asked, "yes").unwrap();
    let again = answer(&project, &mission, &asked, "yes").unwrap();
    assert_eq!(first.receipt, again.receipt);
    let error = answer(&project, &mission, &asked, "no").unwrap_err();
    assert_eq!(
        (error.code(), error.exit_code()),
        ("DECISION_ALREADY_ANSWERED", 5)
    );
    assert_eq!(error.details()["answer"], "yes");
    assert_eq!(ledger_file(&repo, &first).lines().count(), 2);
}

#[test]
fn an_input_key_is_unique_in_its_mission() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "keys");
    let keyed = |question: &str| Ask {
        question: question.to_owned(),
        input_key: Some("db.engine".to_owned()),
        ..Ask::default()
    };
    let first = decisions::request(&project, &mission, keyed("Which?")).unwrap();
    assert_eq!(first.decision_id.as_str(), "input:db.engine");
    let again = decisions::request(&project, &mission, keyed("Which?")).unwrap();
    assert_eq!(first.receipt, again.receipt);
    let error = decisions::request(&project, &mission, keyed("Other?")).unwrap_err();
    assert_eq!(error.code(), "DECISION_EXISTS");
}

#[test]
fn an_idempotency_key_writes_once() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "idempotent");
    let keyed = |question: &str| Ask {
        question: question.to_owned(),
        idempotency_key: Some("k 1".to_owned()),
        ..Ask::default()
    };
    let first = decisions::request(&project, &mission, keyed("Which?")).unwrap();
    let again = decisions::request(&project, &mission, keyed("Which?")).unwrap();
    assert_eq!(first.decision_id, again.decision_id);
    assert_eq!(first.receipt.event_id, again.receipt.event_id);
    assert_eq!(
        decisions::list(&project, &mission).unwrap().decisions.len(),
        1
    );
    let error = decisions::request(&project, &mission, keyed("Other?")).unwrap_err();
    assert_eq!(
        (error.code(), error.exit_code()),
        ("IDEMPOTENCY_KEY_REUSED", 5)
    );
    let reply = |answer: &str| Reply {
        decision_id: first.decision_id.clone(),
        answer: answer.to_owned(),
        actor: decisions::actor("bot", ActorType::Llm),
        idempotency_key: Some("k 2".to_owned()),
    };
    let one = decisions::answer(&project, &mission, reply("yes")).unwrap();
    let two = decisions::answer(&project, &mission, reply("yes")).unwrap();
    assert_eq!(one.receipt, two.receipt);
    assert_eq!(
        decisions::answer(&project, &mission, reply("no"))
            .unwrap_err()
            .code(),
        "IDEMPOTENCY_KEY_REUSED"
    );
}

#[test]
fn an_unknown_decision_and_blank_texts_are_refused() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "bad");
    let asked = ask(&project, &mission, "Real?");
    let unknown = decisions::answer(
        &project,
        &mission,
        Reply {
            decision_id: "input:nothing".parse().unwrap(),
            answer: "x".to_owned(),
            actor: decisions::actor("alice", ActorType::Human),
            idempotency_key: None,
        },
    );
    assert_eq!(unknown.unwrap_err().code(), "DECISION_NOT_FOUND");
    let blank = decisions::request(&project, &mission, Ask::default()).unwrap_err();
    assert_eq!((blank.code(), blank.exit_code()), ("INVALID_ARGUMENT", 2));
    assert_eq!(
        answer(&project, &mission, &asked, " ")
            .unwrap_err()
            .exit_code(),
        2
    );
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].status, Status::Open);
}

#[test]
fn two_clones_that_answer_differently_keep_both() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "clones");
    let asked = ask(&project, &mission, "Which?");
    let done = answer(&project, &mission, &asked, "a").unwrap();
    let other = ledger_file(&repo, &done)
        .lines()
        .last()
        .unwrap()
        .replace(
            done.receipt.event_id.as_ref().unwrap().as_str(),
            "01KT119YA7GD2Y0D7MZRH5JSS3",
        )
        .replace("\"answer\":\"a\"", "\"answer\":\"b\"");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", &branch);
    let text = linked.read(&done.receipt.path).unwrap();
    linked.commit_file(&done.receipt.path, &format!("{text}{other}\n"), "merged");
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert_eq!(listed[0].status, Status::Contested);
    assert_eq!(listed[0].answers.len(), 2);
}

#[test]
fn log_reads_git_alone_and_any_revision() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let mission = create(&project, "log");
    let mut last = None;
    for n in 0..3 {
        let asked = ask(&project, &mission, &format!("{n}?"));
        last = Some(answer(&project, &mission, &asked, "ok").unwrap());
    }
    std::fs::remove_dir_all(project.state_dir()).unwrap();
    let found = decisions::log(&open(&repo), &mission, None)
        .unwrap()
        .decisions;
    assert_eq!(found.len(), 3);
    let commits: Vec<_> = found
        .iter()
        .map(|entry| entry.commit.clone().unwrap())
        .collect();
    assert_eq!(commits.last(), last.unwrap().receipt.commit.as_ref());
    let earlier = decisions::log(&project, &mission, Some(commits[0].as_str())).unwrap();
    assert_eq!(earlier.decisions.len(), 1);
    assert_eq!(
        decisions::log(&project, &mission, Some("main"))
            .unwrap()
            .decisions
            .len(),
        0
    );
    let error = decisions::log(&project, &mission, Some("no-such")).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert_eq!(
        decisions::find(&project, &found[0].decision_id)
            .unwrap()
            .mission_id,
        mission.mission_id
    );
}

#[test]
fn damaged_lines_are_skipped_and_reported() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "damaged");
    let asked = ask(&project, &mission, "Still?");
    let text = repo.read(&asked.receipt.path).unwrap();
    repo.write(&asked.receipt.path, format!("not json\n{text}"));
    let done = answer(&project, &mission, &asked, "yes").unwrap();
    assert!(done.receipt.committed);
    let reading = decisions::list(&project, &mission).unwrap();
    assert_eq!(reading.decisions.len(), 1);
    assert_eq!(reading.damaged.len(), 1);
    assert_eq!(reading.damaged[0].1.line, 1);
    assert!(
        repo.read(&asked.receipt.path)
            .unwrap()
            .starts_with("not json\n")
    );
}
