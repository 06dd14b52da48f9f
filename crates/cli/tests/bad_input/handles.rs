//! Handles and ids that name nothing, or several things.

use pawtrail_testkit::{Project, Scratch, text};
use serde_json::json;

use crate::support::{BINARY, follow, refused};

#[test]
fn an_unknown_mission() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let ask = [
        "decision",
        "request",
        "--mission",
        "nowhere",
        "--question",
        "Which?",
    ];
    let error = refused(&project, &ask, 1, "MISSION_NOT_FOUND");
    assert_eq!(error["details"]["handle"], "nowhere");
    follow(&project.pawtrail, &project.repo, &error);
    let id = project.request("Which?");
    let answer = ["decision", "answer", &id, "yes", "--mission", "nowhere"];
    refused(&project, &answer, 1, "MISSION_NOT_FOUND");
    for handle in [
        "../payments",
        "kitty-specs/payments",
        "",
        "*",
        "pay ments",
        "\u{202e}",
    ] {
        let list = ["decision", "list", "--mission", handle];
        let error = refused(&project, &list, 1, "MISSION_NOT_FOUND");
        assert_eq!(error["details"]["handle"], handle);
    }
    project.answer(&id, "yes");
}

#[test]
fn an_ambiguous_handle() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    // Two clones made a mission of the same slug, which a merge brought together.
    let ids = ["01KT119YA7GD2Y0D7MZRH5JSS3", "01KT219YA7GD2Y0D7MZRH5JSS3"];
    let topic = project.repo.worktree("topic", "kitty/mission-twins");
    for id in ids {
        let slug = format!("twins-{}", &id[..8]);
        let meta = json!({ "mission_id": id, "mission_slug": slug, "slug": "twins", "friendly_name": "Twins" });
        topic.commit_file(
            &format!("kitty-specs/{slug}/meta.json"),
            &meta.to_string(),
            "Add a twin",
        );
    }
    let ask = [
        "decision",
        "request",
        "--mission",
        "twins",
        "--question",
        "Which?",
    ];
    let error = refused(&project, &ask, 1, "MISSION_AMBIGUOUS");
    let mut candidates: Vec<String> = error["details"]["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| text(&candidate["mission_id"]))
        .collect();
    candidates.sort();
    assert_eq!(candidates, ids);
    follow(&project.pawtrail, &project.repo, &error);
    let ask = [
        "decision",
        "request",
        "--mission",
        ids[0],
        "--question",
        "Which?",
    ];
    assert_eq!(project.receipt(&ask)["mission_id"], ids[0]);
}

#[test]
fn an_unknown_decision() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project.request("Which?");
    let unknown = "01KT119YA7GD2Y0D7MZRH5JSS3";
    for args in [
        &["decision", "answer", unknown, "yes"][..],
        &[
            "decision",
            "answer",
            unknown,
            "yes",
            "--mission",
            "payments",
        ],
        &["decision", "show", unknown],
    ] {
        let error = refused(&project, args, 1, "DECISION_NOT_FOUND");
        assert_eq!(error["details"]["decision_id"], unknown);
        follow(&project.pawtrail, &project.repo, &error);
    }
    for id in ["", "no-id", "input:", "../x", "input:a b"] {
        refused(&project, &["decision", "answer", id, "yes"], 2, "USAGE");
    }
}

#[test]
fn a_decision_is_found_by_its_id_where_several_missions_exist() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project
        .pawtrail
        .data(&project.repo, &["mission", "create", "search"]);
    let id = project.request("Which?");
    let receipt = project.answer(&id, "yes");
    assert_eq!(receipt["mission_id"], project.mission_id.as_str());
    let shown = project
        .pawtrail
        .data(&project.repo, &["decision", "show", &id]);
    assert_eq!(shown["answer"], "yes");
    // A new question can't know its mission.
    let ask = ["decision", "request", "--question", "Which?"];
    let error = refused(&project, &ask, 2, "MISSION_REQUIRED");
    assert_eq!(error["details"]["missions"], 2);
    follow(&project.pawtrail, &project.repo, &error);
    // An id that two missions have needs one more word.
    for mission in ["payments", "search"] {
        let ask = [
            "decision",
            "request",
            "--mission",
            mission,
            "--input-key",
            "db",
            "--question",
            "Which?",
        ];
        project.receipt(&ask);
    }
    let error = refused(
        &project,
        &["decision", "answer", "input:db", "yes"],
        1,
        "DECISION_AMBIGUOUS",
    );
    assert_eq!(error["details"]["missions"].as_array().unwrap().len(), 2);
    let answer = [
        "decision",
        "answer",
        "input:db",
        "yes",
        "--mission",
        "search",
    ];
    assert_ne!(
        project.receipt(&answer)["mission_id"],
        project.mission_id.as_str()
    );
}
