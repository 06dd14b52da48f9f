//! Two clones agree on a mission's ledger branch, whichever was made first and whoever chose.

use pawtrail_testkit::{Project, Repo, Scratch, rows, text};
use serde_json::Value;

use super::BINARY;

/// A project with a remote that has all its branches.
fn shared(scratch: &Scratch, project: Project) -> (Project, Repo) {
    let remote = scratch.bare("remote");
    let url = remote.path().to_string_lossy().into_owned();
    project.repo.git(&["remote", "add", "origin", &url]);
    push(&project.repo);
    project
        .repo
        .git(&["remote", "set-head", "origin", "--auto"]);
    (project, remote)
}

fn push(repo: &Repo) {
    repo.git(&["push", "-q", "--all", "origin"]);
    repo.git(&["fetch", "-q", "origin"]);
}

/// The ledger branch as a clone sees it, and who chose it.
#[track_caller]
fn place(project: &Project, clone: &Repo) -> (String, String) {
    let place = project
        .pawtrail
        .data(clone, &["where", &project.mission_id]);
    let place = &place["placement"];
    (text(&place["ledger_ref"]), text(&place["chosen_by"]))
}

#[track_caller]
fn set(project: &Project, clone: &Repo, branch: &str) -> Value {
    let args = ["mission", "ledger", &project.mission_id, "--set", branch];
    let (status, document) = project.pawtrail.json_in(clone.path(), &args);
    assert_eq!(status, 0, "{document:#}");
    document
}

#[track_caller]
fn decide(project: &Project, clone: &Repo, question: &str) -> Value {
    let mission = &project.mission_id;
    let ask = [
        "decision",
        "request",
        "--mission",
        mission,
        "--question",
        question,
    ];
    let id = text(&project.pawtrail.data(clone, &ask)["decision_id"]);
    let args = ["decision", "answer", &id, "yes", "--mission", mission];
    let (status, document) = project.pawtrail.json_in(clone.path(), &args);
    assert_eq!(status, 0, "{document:#}");
    document["receipt"].clone()
}

/// What `doctor` says of the choice.
#[track_caller]
fn doctor(project: &Project, clone: &Repo) -> Value {
    let (_, document) = project.pawtrail.json_in(clone.path(), &["doctor"]);
    let checks = document["data"]["checks"]
        .as_array()
        .or_else(|| document["error"]["details"]["checks"].as_array());
    let found =
        checks.and_then(|checks| checks.iter().find(|check| check["name"] == "ledger_choice"));
    found.unwrap_or_else(|| panic!("{document:#}")).clone()
}

fn questions(project: &Project, clone: &Repo, revision: &str) -> Vec<String> {
    let file = clone.read_at(revision, &project.path).unwrap_or_default();
    let rows = rows(&file);
    let asked = rows
        .iter()
        .filter(|row| row["event_type"] == "DecisionInputRequested");
    asked.map(|row| text(&row["payload"]["question"])).collect()
}

#[test]
fn on_a_protected_branch_both_come_to_the_missions_own() {
    let scratch = Scratch::new();
    let (project, remote) = shared(&scratch, Project::new(&scratch, BINARY));
    let early = scratch.clone_of(&remote, "early");
    project.decide("First?");
    push(&project.repo);
    let late = scratch.clone_of(&remote, "late");
    early.git(&["fetch", "-q"]);
    for clone in [&project.repo, &early, &late] {
        assert_eq!(place(&project, clone).0, project.ledger);
        assert!(doctor(&project, clone)["ok"] == true);
    }
    let receipt = decide(&project, &late, "From the late one?");
    assert_eq!(receipt["ref"], project.ledger.as_str());
    assert_eq!(questions(&project, &late, &project.ledger).len(), 2);
}

#[test]
fn a_branch_that_was_set_is_the_later_clones_too_and_the_earlier_ones_after_a_fetch() {
    for protected in [true, false] {
        let scratch = Scratch::new();
        let project = match protected {
            true => Project::new(&scratch, BINARY),
            false => Project::on_work(&scratch, BINARY),
        };
        let (project, remote) = shared(&scratch, project);
        let early = scratch.clone_of(&remote, "early");
        if !protected {
            early.git(&["switch", "-q", "work"]);
        }
        decide(&project, &early, "Before?");
        let before = place(&project, &early);
        early.git(&["push", "-q", "--all", "origin"]);
        project.repo.git(&["fetch", "-q"]);
        set(&project, &project.repo, "team/ledger");
        decide(&project, &project.repo, "After?");
        project.repo.git(&["push", "-q", "origin", "team/ledger"]);
        // Before it has fetched, the early one can't know.
        assert_eq!(place(&project, &early), before);
        early.git(&["fetch", "-q"]);
        let late = scratch.clone_of(&remote, "late");
        if !protected {
            late.git(&["switch", "-q", "work"]);
        }
        for clone in [&early, &late] {
            let expected = (
                "refs/heads/team/ledger".to_owned(),
                "another_clone".to_owned(),
            );
            assert_eq!(place(&project, clone), expected, "{protected}");
            let receipt = decide(&project, clone, "Here too?");
            assert_eq!(receipt["ref"], "refs/heads/team/ledger");
            // Written down now, and nothing of the other side is lost.
            assert_eq!(place(&project, clone), expected);
            let asked = questions(&project, clone, "team/ledger");
            assert!(
                asked.iter().any(|question| question == "After?"),
                "{asked:?}"
            );
            clone.fsck();
        }
        assert_eq!(place(&project, &project.repo).1, "command");
    }
}

#[test]
fn of_two_choices_the_later_counts_everywhere_and_doctor_brings_over_what_was_left() {
    let scratch = Scratch::new();
    let (project, remote) = shared(&scratch, Project::new(&scratch, BINARY));
    let other = scratch.clone_of(&remote, "other");
    set(&project, &project.repo, "team/one");
    decide(&project, &project.repo, "On one?");
    set(&project, &other, "team/two");
    decide(&project, &other, "On two?");
    push(&project.repo);
    push(&other);
    project.repo.git(&["fetch", "-q"]);
    for clone in [&project.repo, &other] {
        assert_eq!(place(&project, clone).0, "refs/heads/team/two");
    }
    assert_eq!(doctor(&project, &other)["ok"], true);
    // The first has answers where nobody looks any more; before and after its next write `doctor` says so.
    let mend = format!(
        "pawtrail mission ledger {} --set team/two",
        project.dir.trim_start_matches("kitty-specs/")
    );
    for _ in 0..2 {
        let said = doctor(&project, &project.repo);
        assert_eq!(said["ok"], false, "{said:#}");
        assert!(
            text(&said["message"]).contains("team/one has events"),
            "{said:#}"
        );
        assert_eq!(said["next_step"], mend.as_str());
        decide(&project, &project.repo, "After the fetch?");
    }
    let words: Vec<&str> = mend.split(' ').skip(1).collect();
    let done = project.pawtrail.run(&project.repo, &words);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(doctor(&project, &project.repo)["ok"], true);
    let asked = questions(&project, &project.repo, "team/two");
    for question in ["On one?", "On two?", "After the fetch?"] {
        assert!(asked.iter().any(|known| known == question), "{asked:?}");
    }
    let proof = project.pawtrail.data(&project.repo, &["verify"]);
    assert_eq!(proof["verified"], 4, "{proof:#}");
}

#[test]
fn a_bare_clone_and_one_that_merged_agree_and_a_branch_that_is_gone_is_none() {
    let scratch = Scratch::new();
    let (project, remote) = shared(&scratch, Project::new(&scratch, BINARY));
    set(&project, &project.repo, "team/ledger");
    decide(&project, &project.repo, "First?");
    push(&project.repo);
    // A bare repository has no remote-tracking branches; its own branches tell.
    assert_eq!(place(&project, &remote).0, "refs/heads/team/ledger");
    project
        .repo
        .git(&["merge", "-q", "--no-edit", "team/ledger"]);
    push(&project.repo);
    let merged = scratch.clone_of(&remote, "merged");
    assert_eq!(place(&project, &merged).0, "refs/heads/team/ledger");
    remote.git(&["branch", "-D", "team/ledger"]);
    let later = scratch.clone_of(&remote, "later");
    assert_eq!(place(&project, &later).0, project.ledger);
}
