//! The floor, remotes, worktrees and bare repositories.

use pawtrail_repo::{mission, sync_state};

use crate::support::{BRANCH, Ground, META, MISSION, REF, SLUG, hashes, meta, project};

#[test]
fn what_was_there_at_first_sight_is_never_announced() {
    let ground = Ground::new();
    assert!(ground.record().is_empty());
    let floor = ground.repo.common_dir().join("pawtrail/floor");
    let text = std::fs::read_to_string(&floor).unwrap();
    let tips = ground.repo.git(&["for-each-ref", "--format=%(objectname)"]);
    let mut tips: Vec<&str> = tips.lines().collect();
    tips.sort_unstable();
    assert_eq!(text.lines().collect::<Vec<_>>(), tips);
    let commit = ground.spec("new.md");
    sync_state::first_sight(&ground.project()).unwrap();
    assert_eq!(std::fs::read_to_string(&floor).unwrap(), text);
    // A floor commit that git has removed says nothing.
    std::fs::write(&floor, format!("{text}{}\n", "a".repeat(40))).unwrap();
    assert_eq!(hashes(&ground.record()), [commit]);
    // Of a line that can't be read nobody knows what it held back.
    std::fs::write(&floor, format!("{text}nonsense\n")).unwrap();
    let refused = sync_state::record(&ground.project()).unwrap_err();
    assert_eq!(refused.code(), "FILE_DAMAGED", "{refused}");
}

#[test]
fn readers_of_an_unseen_clone_find_nothing_and_write_nothing() {
    let ground = Ground::new();
    std::fs::remove_dir_all(ground.repo.common_dir().join("pawtrail")).unwrap();
    ground.spec("a.md");
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state, sync_state::State::default());
    assert!(!ground.repo.common_dir().join("pawtrail").exists());
    assert!(ground.record().is_empty());
    assert_eq!(ground.repo.status_v2(), "");
}

#[test]
fn our_own_first_commit_is_announced_though_it_came_before_the_floor() {
    let ground = Ground::new();
    std::fs::remove_dir_all(ground.repo.common_dir().join("pawtrail")).unwrap();
    let commit = ground.spec("a.md");
    let project = ground.project();
    let tip = project.git().head_id().unwrap().detach();
    let parent = project.git().rev_parse_single("HEAD~1").unwrap().detach();
    sync_state::record_commit(&project, REF, Some(parent), tip).unwrap();
    assert_eq!(hashes(&sync_state::pending(&project).unwrap()), [commit]);
}

#[test]
fn what_a_remote_has_is_not_derived_but_waits_where_it_waited() {
    let ground = Ground::new();
    ground.origin();
    let waiting = ground.spec("a.md");
    ground.record();
    ground.repo.git(&["push", "-q", "origin", BRANCH]);
    let unseen = ground.spec("b.md");
    ground.repo.git(&["push", "-q", "origin", BRANCH]);
    assert_eq!(hashes(&ground.record()), std::slice::from_ref(&waiting));
    let local = ground.spec("c.md");
    assert_eq!(hashes(&ground.record()), [waiting.clone(), local.clone()]);
    ground.acknowledge(&[&waiting]);
    std::fs::remove_file(ground.file()).unwrap();
    assert_eq!(hashes(&ground.record()), [local]);
    drop(unseen);
}

#[test]
fn a_pruned_remote_branch_sends_nothing_again() {
    let ground = Ground::new();
    let origin = ground.origin();
    let first = ground.spec("a.md");
    ground.record();
    ground.acknowledge(&[&first]);
    ground.spec("b.md");
    ground.repo.git(&["push", "-q", "origin", BRANCH]);
    assert!(ground.record().is_empty());
    assert_eq!(ground.json()["acknowledged"], serde_json::json!([]));
    origin.git(&["update-ref", "-d", REF]);
    ground.repo.git(&["fetch", "-q", "--prune", "origin"]);
    assert_eq!(ground.repo.git(&["for-each-ref", "refs/remotes"]), "");
    assert!(ground.record().is_empty());
    let later = ground.spec("c.md");
    assert_eq!(hashes(&ground.record()), [later]);
}

#[test]
fn lanes_and_several_missions_stand_in_one_order_of_ancestry() {
    let ground = Ground::new();
    let repo = &ground.repo;
    let a = ground.spec("a.md");
    repo.git(&["switch", "-q", "-c", &format!("{BRANCH}-lane-b")]);
    let lane = ground.spec("lane.md");
    repo.git(&["switch", "-q", "-c", "kitty/mission-other-01KT0000", "main"]);
    repo.write(
        "kitty-specs/other/meta.json",
        meta("01KT0000000000000000000000"),
    );
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "Other"]);
    let frames = ground.record();
    assert_eq!(frames.len(), 3);
    let at = |hash: &str| hashes(&frames).iter().position(|h| h == hash).unwrap();
    assert!(at(&a) < at(&lane));
    assert_eq!(frames[at(&a)].branch.as_deref(), Some(REF));
    assert_eq!(
        frames[at(&lane)].branch.as_deref(),
        Some(&*format!("{REF}-lane-b"))
    );
}

#[test]
fn a_linked_worktree_writes_the_primary_checkouts_file() {
    let ground = Ground::new();
    ground.repo.git(&["switch", "-q", "main"]);
    let other = ground.repo.worktree("other", BRANCH);
    let commit = other.commit_file(&format!("kitty-specs/{SLUG}/w.md"), "w", "w");
    let frames = sync_state::record(&project(&other)).unwrap();
    assert_eq!(hashes(&frames), [commit]);
    assert_eq!(frames[0].build_id, project(&other).build_id().unwrap());
    assert!(ground.file().exists());
    assert!(!other.path().join(".kittify").exists());
    // The checkout that recorded it stays its build.
    ground
        .repo
        .git(&["commit", "-q", "--allow-empty", "-m", "Elsewhere"]);
    assert_eq!(ground.record(), frames);
    assert_eq!(ground.repo.status_v2(), "");
}

#[test]
fn a_bare_repository_keeps_the_file_in_its_state() {
    let ground = Ground::new();
    let bare = ground.scratch.bare("bare.git");
    let url = bare.path().to_string_lossy().into_owned();
    sync_state::first_sight(&project(&bare)).unwrap();
    let commit = ground.spec("a.md");
    ground.repo.git(&["push", "-q", &url, BRANCH]);
    let frames = sync_state::record(&project(&bare)).unwrap();
    assert_eq!(hashes(&frames).last(), Some(&commit));
    assert_eq!(frames[0].changed_files, [META]);
    assert!(bare.path().join("pawtrail/sync-state.json").exists());
}

#[test]
fn a_recorded_ledger_branch_is_a_mission_branch() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo.git(&["branch", "-q", "-D", BRANCH]);
    let commit = repo.commit_file(&format!("kitty-specs/{SLUG}/f.md"), "f", "f");
    assert!(ground.record().is_empty());
    let record = format!(
        "{{\"mission_slug\":\"{SLUG}\",\"ledger_ref\":\"refs/heads/feature\",\"chosen_by\":\"current_branch\"}}\n"
    );
    let dir = repo.common_dir().join("pawtrail/missions");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(MISSION), record).unwrap();
    assert_eq!(mission::list(&ground.project()).unwrap().missions.len(), 1);
    assert_eq!(hashes(&ground.record()), [commit]);
}

#[test]
fn a_pushed_branch_hides_another_that_it_contains_whatever_the_clock_said() {
    // All in one second; then each commit an hour before its parent.
    for step in [0, -3_600] {
        let ground = Ground::new();
        ground.origin();
        let now: i64 = ground
            .repo
            .git(&["log", "-1", "--format=%ct"])
            .trim()
            .parse()
            .unwrap();
        let commit = |at: i64| {
            ground
                .repo
                .write(&format!("kitty-specs/{SLUG}/{at}.md"), "x");
            ground.repo.git(&["add", "kitty-specs"]);
            let mut git = ground.repo.env().clone().command("git");
            git.current_dir(ground.repo.path())
                .env("GIT_COMMITTER_DATE", format!("{} +0000", now + at * step))
                .args(["commit", "-q", "-m", "spec"]);
            assert!(git.status().unwrap().success());
        };
        for at in 0..6 {
            commit(at);
        }
        ground
            .repo
            .git(&["switch", "-q", "-c", "kitty/mission-other"]);
        for at in 6..12 {
            commit(at);
        }
        assert_eq!(ground.record().len(), 12);
        std::fs::remove_file(ground.file()).unwrap();
        ground
            .repo
            .git(&["push", "-q", "origin", "kitty/mission-other"]);
        assert!(ground.record().is_empty(), "step {step}");
    }
}

/// A pushed branch that leads to the commit through one whose clock was years behind, in a history longer than what is
/// looked at regardless of clocks: git's commit-graph tells.
#[test]
fn a_long_history_with_clocks_off_by_years_is_told_apart_by_the_commit_graph() {
    const YEAR: i64 = 365 * 24 * 3_600;
    let ground = Ground::new();
    ground.origin();
    let repo = &ground.repo;
    let now: i64 = repo
        .git(&["log", "-1", "--format=%ct"])
        .trim()
        .parse()
        .unwrap();
    let commit = |at: i64, path: &str| {
        repo.write(path, at.to_string());
        repo.git(&["add", "--", path]);
        let mut git = repo.env().clone().command("git");
        git.current_dir(repo.path())
            .env("GIT_COMMITTER_DATE", format!("{at} +0000"))
            .args(["commit", "-q", "-m", "spec"]);
        assert!(git.status().unwrap().success());
    };
    // What the remote has besides, newer than all else.
    repo.git(&["switch", "-q", "-c", "long", "main"]);
    let mut stream = String::new();
    for at in 0..700 {
        let from = if at == 0 {
            "from refs/heads/long^0\n"
        } else {
            ""
        };
        stream += &format!(
            "commit refs/heads/long\ncommitter A <a@b.example> {} +0000\ndata 1\nx\n{from}\n",
            now - 700 + at
        );
    }
    fast_import(&ground, &stream);
    repo.git(&["switch", "-q", BRANCH]);
    commit(now, &format!("kitty-specs/{SLUG}/a.md"));
    repo.git(&["switch", "-q", "-c", "ahead"]);
    commit(now - 5 * YEAR, "src/old.rs");
    repo.git(&["merge", "-q", "--no-ff", "-m", "both", "long"]);
    repo.git(&["switch", "-q", BRANCH]);
    repo.git(&["push", "-q", "origin", "long", "ahead"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert_eq!(hashes(&ground.record()), Vec::<String>::new());
    // What came after the commit-graph was written is looked at by itself.
    let spec = ground.spec("b.md");
    assert_eq!(hashes(&ground.record()), [spec]);
}

fn fast_import(ground: &Ground, stream: &str) {
    use std::io::Write as _;
    let mut git = ground.repo.env().clone().command("git");
    let mut import = git
        .current_dir(ground.repo.path())
        .args(["fast-import", "--quiet", "--force"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(stream.as_bytes())
        .unwrap();
    assert!(import.wait().unwrap().success());
}

/// Git forgets a commit that was amended away; what it kept down stays down.
#[test]
fn what_was_there_at_first_sight_stays_there_though_its_last_commit_is_rewritten_and_forgotten() {
    let ground = Ground::new();
    let old = ["a.md", "b.md", "c.md"].map(|name| ground.spec(name));
    std::fs::remove_file(ground.repo.common_dir().join("pawtrail/floor")).unwrap();
    sync_state::first_sight(&ground.project()).unwrap();
    assert!(ground.record().is_empty());
    let forget = || {
        ground
            .repo
            .git(&["reflog", "expire", "--expire=now", "--all"]);
        ground.repo.git(&["gc", "-q", "--prune=now"]);
    };
    let mut made = Vec::new();
    for name in ["d.md", "e.md"] {
        made.push(ground.spec(name));
        ground.record();
    }
    // The two that are new and two of before become others.
    let todo = "sed -i -e 's/^pick/reword/'";
    let mut rebase = ground.repo.env().command("git");
    rebase
        .current_dir(ground.repo.path())
        .env("GIT_SEQUENCE_EDITOR", todo)
        .env("GIT_EDITOR", "sh -c 'echo again >> \"$1\"' --")
        .args(["rebase", "-q", "-i", "HEAD~4"]);
    assert!(rebase.status().unwrap().success());
    let list = ground.repo.git(&["rev-list", "--reverse", "-4", "HEAD"]);
    let rewritten: Vec<&str> = list.lines().collect();
    assert_eq!(hashes(&ground.record()), rewritten);
    forget();
    for gone in &old[1..] {
        assert!(
            !ground
                .project()
                .git()
                .has_object(gix::ObjectId::from_hex(gone.as_bytes()).unwrap())
        );
    }
    // Another rewrite looks at everything anew; and so does whoever has lost the state file.
    let last = ground.amend("Better still");
    let expected = [&rewritten[..3], &[last.as_str()]].concat();
    assert_eq!(hashes(&ground.record()), expected);
    std::fs::remove_file(ground.file()).unwrap();
    assert_eq!(hashes(&ground.record()), expected);
}
