//! What was there before Pawtrail, and what a remote had once, is never sent.

use pawtrail_testkit::{Pawtrail, Project, Scratch, text};

use crate::ear::Ear;
use crate::support::{BINARY, agent, enable, spec};

#[test]
fn a_clone_with_a_long_history_and_no_remote_sends_nothing_from_before() {
    let scratch = Scratch::new();
    let repo = scratch.repo("old");
    let meta = "kitty-specs/old-01KT119Y/meta.json";
    let id = r#"{"mission_id": "01KT119YJ5M0V7Q8Z9X2C3D4E5", "mission_slug": "old-01KT119Y"}"#;
    repo.git(&["switch", "-q", "-c", "kitty/mission-old-01KT119Y"]);
    repo.commit_file(meta, id, "An old mission");
    for at in 0..60 {
        repo.commit_file(
            &format!("kitty-specs/old-01KT119Y/{at}.md"),
            "x",
            "Old work",
        );
    }
    repo.git(&["switch", "-q", "main"]);
    repo.git(&[
        "merge",
        "-q",
        "--no-ff",
        "--no-edit",
        "kitty/mission-old-01KT119Y",
    ]);
    let before = repo.git(&["rev-list", "--all"]);

    let project = Project::in_repo(repo, Pawtrail::new(&scratch, BINARY));
    let hub = Ear::hub();
    enable(&project, &hub.url(), &[]);
    let decided = project.decide("Which?");
    project
        .repo
        .git(&["switch", "-q", "kitty/mission-old-01KT119Y"]);
    let path = "kitty-specs/old-01KT119Y/new.md";
    let new = project
        .repo
        .commit_file(path, "new", "New work on the old mission");
    // Without the file all is derived again.
    std::fs::remove_file(project.repo.path().join(".kittify/sync-state.json")).unwrap();
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let sent = hub.commits();
    assert!(sent.contains(&decided) && sent.contains(&new), "{sent:?}");
    assert!(
        !sent.iter().any(|hash| before.contains(hash.as_str())),
        "{sent:?}"
    );
    // The mission's creation, the decision, and the new work.
    let once: std::collections::BTreeSet<&String> = sent.iter().collect();
    assert_eq!(once.len(), 3, "{sent:?}");
}

#[test]
fn a_merged_and_pruned_remote_branch_sends_nothing_again() {
    for squashed in [false, true] {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let origin = scratch.bare("origin.git");
        let url = origin.path().to_string_lossy().into_owned();
        project.repo.git(&["remote", "add", "origin", &url]);
        project.repo.git(&["push", "-q", "origin", "main"]);
        let agent = agent(&project);
        let hub = Ear::hub();
        enable(&project, &hub.url(), &[]);
        spec(&project, &agent, "one");
        project.decide("Which?");
        project.pawtrail.data(&project.repo, &["sync", "now"]);
        let sent = hub.commits();
        assert!(sent.len() >= 3, "{sent:?}");

        agent.git(&["push", "-q", "origin", project.branch()]);
        project.pawtrail.data(&project.repo, &["sync", "now"]);
        // Somebody merges it there, deletes the branch, and this clone hears of it.
        let away = scratch.clone_of(&project.repo, "away");
        away.git(&["remote", "set-url", "origin", &url]);
        away.git(&["fetch", "-q", "origin"]);
        let theirs = format!("origin/{}", project.branch());
        if squashed {
            away.git(&["merge", "-q", "--squash", &theirs]);
            away.git(&["commit", "-q", "-m", "Squashed"]);
        } else {
            away.git(&["merge", "-q", "--no-ff", "--no-edit", &theirs]);
        }
        away.git(&[
            "push",
            "-q",
            "origin",
            "main",
            &format!(":{}", project.branch()),
        ]);
        project.repo.git(&["fetch", "-q", "--prune", "origin"]);
        assert_eq!(
            project
                .repo
                .git(&["for-each-ref", "--format=%(refname)", "refs/remotes"])
                .trim(),
            "refs/remotes/origin/main"
        );
        if !squashed {
            // From the refs alone: what is merged is on a remote.
            std::fs::remove_file(project.repo.path().join(".kittify/sync-state.json")).unwrap();
        }
        project.pawtrail.data(&project.repo, &["sync", "now"]);
        assert_eq!(hub.commits(), sent, "squashed: {squashed}");
        let next = text(&serde_json::json!(spec(&project, &agent, "two")));
        project.pawtrail.data(&project.repo, &["sync", "now"]);
        assert_eq!(hub.commits()[sent.len()..], [next]);
    }
}
