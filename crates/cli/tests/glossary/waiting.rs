//! Resolutions that wait: they keep nothing else from being told, and nothing of theirs is lost.

use pawtrail_testkit::{Project, Scratch};

use crate::support::{BINARY, SEED, ask, assert_agrees, resolve, resolve_in};

#[test]
fn the_same_answer_again_gives_its_first_receipt_whatever_else_waits() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let (gauge, panel) = (ask(&project, "gauge"), ask(&project, "panel"));
    let first = resolve(&project, &gauge, "One number")["receipt"].take();
    resolve(&project, &ask(&project, "chart"), "A drawing");
    // Somebody else is at work with git for longer than a command waits.
    let lock = project.repo.common_dir().join("index.lock");
    std::fs::write(&lock, "").unwrap();
    let (status, waits) = resolve_in(&project, &project.repo, &panel, "A frame");
    assert_eq!(status, 3, "{waits:#}");
    let (status, again) = resolve_in(&project, &project.repo, &gauge, "One number");
    assert_eq!(status, 0, "{again:#}");
    assert_eq!(again["receipt"]["committed"], true);
    for name in ["event_id", "commit", "ref"] {
        assert_eq!(again["receipt"][name], first[name], "{name}");
    }
    std::fs::remove_file(&lock).unwrap();
    let observe = ["glossary", "observe", "--term", "something else"];
    project.pawtrail.data(&project.repo, &observe);
    assert!(
        project
            .repo
            .read_at("HEAD", SEED)
            .unwrap()
            .contains("A frame")
    );
    assert_agrees(&project, &project.repo);
}

#[test]
fn a_line_of_the_spool_that_is_no_event_is_kept_and_told() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    resolve(&project, &ask(&project, "gauge"), "One number");
    let spool = project
        .repo
        .common_dir()
        .join("pawtrail/spool")
        .join(&project.mission_id)
        .join("glossary.events.jsonl");
    std::fs::write(&spool, "{\"torn\n").unwrap();
    let done = resolve(&project, &ask(&project, "panel"), "A frame");
    assert_eq!(done["receipt"]["committed"], true, "{done:#}");
    assert!(
        done["warnings"].to_string().contains("line 1 is no event"),
        "{done:#}"
    );
    let kept = std::fs::read_to_string(&spool).unwrap();
    assert!(kept.starts_with("{\"torn\n"), "{kept}");
    assert!(
        project
            .repo
            .read_at("HEAD", SEED)
            .unwrap()
            .contains("A frame")
    );
    // Once somebody has taken it out, the rest goes.
    std::fs::write(&spool, kept.replace("{\"torn\n", "")).unwrap();
    let observe = ["glossary", "observe", "--term", "something else"];
    project.pawtrail.data(&project.repo, &observe);
    assert_eq!(std::fs::read(&spool).unwrap(), b"");
    assert_agrees(&project, &project.repo);
}
