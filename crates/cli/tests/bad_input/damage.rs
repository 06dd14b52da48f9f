//! Damaged files of the project and of the clone.

use std::path::Path;

use pawtrail_testkit::{Project, Repo, Scratch, text};

use crate::support::{BINARY, refused};

#[test]
fn a_damaged_sync_state_is_kept_aside_and_made_again_from_git() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let mut made: Vec<String> = (0..3)
        .map(|at| project.decide(&format!("Question {at}?")))
        .collect();
    let before = project.pending();
    assert_eq!(before[before.len() - 3..], made);
    let whole = project.repo.read(".kittify/sync-state.json").unwrap();
    let torn = &whole[..whole.len() / 2];
    let mut kept = 0;
    let old = before.len() - made.len();
    for damage in [
        torn,
        "",
        "\u{0}\u{0}\u{0}",
        "[]",
        "{\"pending_local_commits\": 7}",
        "<<<<<<< ours\n",
    ] {
        project.repo.write(".kittify/sync-state.json", damage);
        assert_eq!(project.status()["pending"], old + made.len());
        let after = project.repo.read(".kittify/sync-state.json").unwrap();
        assert_eq!(after, damage, "a command that only reads has written");
        let question = format!("After {damage:?}?");
        made.push(project.decide(&question));
        let pending = project.pending();
        assert_eq!(
            pending[pending.len() - made.len()..],
            made,
            "after {damage:?}"
        );
        let copies: Vec<String> = copies(&project.repo);
        kept += 1;
        assert_eq!(copies.len(), kept, "after {damage:?}");
        assert!(
            copies.iter().any(|copy| copy == damage),
            "{damage:?} isn't kept"
        );
    }
    assert_eq!(
        project.repo.status_v2(),
        "",
        "copies are private to the clone"
    );
}

/// What stands in the copies of damaged state files.
fn copies(repo: &Repo) -> Vec<String> {
    std::fs::read_dir(repo.path().join(".kittify"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("sync-state.json.damaged-"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn a_damaged_configuration_is_named_and_left_as_it_is() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let whole = project.repo.read(".kittify/config.yaml").unwrap();
    for damage in [
        "project: [\n",
        "project:\n  uuid: no-uuid\n",
        "\u{0}",
        "<<<<<<< ours\n",
    ] {
        project.repo.write(".kittify/config.yaml", damage);
        let error = refused(&project, &["init"], 1, "FILE_DAMAGED");
        let path = text(&error["details"]["path"]);
        assert!(Path::new(&path).ends_with(".kittify/config.yaml"), "{path}");
        assert_eq!(project.repo.read(".kittify/config.yaml").unwrap(), damage);
    }
    project.repo.write(".kittify/config.yaml", whole);
    project.answer(&id, "yes");
}
