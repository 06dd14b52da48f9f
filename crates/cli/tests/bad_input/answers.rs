//! Answers to what is answered, and answers that can only be recorded.

use pawtrail_testkit::{Project, Scratch, text};

use crate::support::{BINARY, fails, follow, refused};

#[test]
fn an_answered_decision_tells_the_answer_it_has() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which database?");
    let first = project.answer(&id, "sqlite");
    let other = ["decision", "answer", &id, "postgres"];
    let error = refused(&project, &other, 5, "DECISION_ALREADY_ANSWERED");
    assert_eq!(error["details"]["answer"], "sqlite");
    assert_eq!(error["details"]["decision_id"], id.as_str());
    assert!(text(&error["message"]).contains("sqlite"), "{error:#}");
    follow(&project.pawtrail, &project.repo, &error);
    let output = project.pawtrail.run(&project.repo, &other).expect_status(5);
    assert!(output.stderr.contains("sqlite"), "{output}");
    let again = project.answer(&id, "sqlite");
    for field in ["event_id", "commit", "committed", "ref", "path"] {
        assert_eq!(first[field], again[field], "{field}");
    }
}

#[test]
fn an_answer_that_cannot_be_committed_now_is_recorded_and_the_next_command_commits_it() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    // Another process holds the branch's lock, and it is none of ours.
    let lock = project
        .repo
        .common_dir()
        .join(format!("{}.lock", project.ledger));
    std::fs::write(&lock, "").unwrap();
    let tip = project.repo.rev(&project.ledger);
    let answer = ["decision", "answer", &id, "yes"];
    let error = fails(
        &project.pawtrail,
        project.repo.path(),
        &answer,
        3,
        "NOT_COMMITTED_YET",
    );
    assert_eq!(error["details"]["receipt"]["committed"], false, "{error:#}");
    assert!(lock.exists(), "a foreign lock was removed");
    assert_eq!(project.repo.rev(&project.ledger), tip);
    // It is recorded: it shows, and another answer is refused.
    let shown = project
        .pawtrail
        .data(&project.repo, &["decision", "show", &id]);
    assert_eq!(
        (shown["answer"].as_str(), shown["commit"].as_str()),
        (Some("yes"), None)
    );
    refused(
        &project,
        &["decision", "answer", &id, "no"],
        5,
        "DECISION_ALREADY_ANSWERED",
    );
    std::fs::remove_file(&lock).unwrap();
    // Whatever comes next commits it.
    project.request("And?");
    let rows = project.rows();
    let event = &error["details"]["receipt"]["event_id"];
    assert_eq!(
        rows.iter().filter(|row| row["event_id"] == *event).count(),
        1,
        "{rows:#?}"
    );
    assert_eq!(project.answer(&id, "yes")["event_id"], *event);
}
