//! `doctor`: finds what is wrong, and mends it without losing a byte or moving a branch by force.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::fs::File;
use std::time::{Duration, SystemTime};

use pawtrail_testkit::{Pawtrail, Repo, Scratch};
use serde_json::{Value, json};

const FILE: &str = "decisions.events.jsonl";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The binary, where git would find it too.
fn pawtrail(scratch: &Scratch) -> Pawtrail {
    Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail")).on_path()
}

/// A project with a mission, on `branch`; returns the path of its event file.
fn project(scratch: &Scratch, branch: &str) -> (Repo, Pawtrail, String) {
    let repo = scratch.repo("project");
    let pawtrail = pawtrail(scratch);
    if branch != "main" {
        repo.git(&["switch", "-q", "-c", branch]);
    }
    pawtrail.data(&repo, &["init"]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "Add the project"]);
    let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
    let path = format!("{}/{FILE}", text(&made["dir"]));
    (repo, pawtrail, path)
}

fn answer(pawtrail: &Pawtrail, repo: &Repo, question: &str) -> String {
    let id = request(pawtrail, repo, question);
    pawtrail.data(repo, &["decision", "answer", &id, question]);
    id
}

fn request(pawtrail: &Pawtrail, repo: &Repo, question: &str) -> String {
    let asked = pawtrail.data(repo, &["decision", "request", "--question", question]);
    text(&asked["decision_id"])
}

fn ledger(pawtrail: &Pawtrail, repo: &Repo) -> String {
    text(&pawtrail.data(repo, &["where"])["placement"]["ledger_ref"])
}

/// What `doctor` finds; its exit code says whether all is well.
#[track_caller]
fn look(pawtrail: &Pawtrail, repo: &Repo) -> Value {
    let (status, mut document) = pawtrail.json_in(repo.path(), &["doctor"]);
    if status == 0 {
        assert_eq!(document["data"]["healthy"], true, "{document:#}");
        return document["data"].take();
    }
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &json!("UNHEALTHY"))
    );
    let data = document["error"]["details"].take();
    assert_eq!(data["healthy"], false);
    data
}

/// The checks of `data`, by name.
fn check<'a>(data: &'a Value, name: &str) -> &'a Value {
    let checks = data["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

#[test]
fn a_sound_clone_is_healthy_and_nothing_is_to_be_done() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    answer(&pawtrail, &repo, "One?");
    let before = (repo.status_v2(), repo.rev("HEAD"));
    let data = look(&pawtrail, &repo);
    assert_eq!(data["healthy"], true, "{data:#}");
    let fixed = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!((&fixed["plan"], &fixed["done"]), (&json!([]), &json!([])));
    assert_eq!((repo.status_v2(), repo.rev("HEAD")), before);
}

#[test]
fn a_damaged_record_of_a_mission_stops_nothing_and_is_made_again() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    answer(&pawtrail, &repo, "One?");
    let id = text(&pawtrail.data(&repo, &["mission", "show"])["mission"]["mission_id"]);
    let file = repo.common_dir().join("pawtrail/missions").join(&id);
    std::fs::write(&file, "garbage").unwrap();
    let data = look(&pawtrail, &repo);
    let records = check(&data, "records");
    assert_eq!(
        (&records["ok"], &records["next_step"]),
        (&json!(false), &json!("pawtrail doctor --fix"))
    );
    assert_eq!(check(&data, "event_files")["ok"], true);
    let fixed = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(fixed["healthy"], true, "{fixed:#}");
    assert_eq!(ledger(&pawtrail, &repo), "refs/heads/feature");
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 1);
}

#[test]
fn a_bare_git_repository_is_told_to_run_init() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = pawtrail(&scratch);
    let data = look(&pawtrail, &repo);
    assert_eq!(data["healthy"], false);
    for name in ["identity", "merge_driver"] {
        assert_eq!(check(&data, name)["next_step"], "pawtrail init", "{name}");
    }
    pawtrail.data(&repo, &["init"]);
    assert_eq!(look(&pawtrail, &repo)["healthy"], true);
}

#[test]
fn committed_conflict_markers_are_folded_and_every_byte_is_kept() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path) = project(&scratch, "feature");
    for question in ["One?", "Two?"] {
        answer(&pawtrail, &repo, question);
    }
    let sound = repo.read(&path).unwrap();
    let lines: Vec<&str> = sound.lines().collect();
    let hurt = format!(
        "{}\n<<<<<<< HEAD\n{}\n=======\n{}\n{}\n>>>>>>> other\n{}\n{{\"torn\n",
        lines[0], lines[1], lines[2], lines[1], lines[3]
    );
    repo.commit_file(&path, &hurt, "Merge badly");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    let data = look(&pawtrail, &repo);
    let files = check(&data, "event_files");
    assert_eq!(
        (&files["ok"], &files["next_step"]),
        (&json!(false), &json!("pawtrail doctor --fix"))
    );
    let message = text(&files["message"]);
    for part in ["3 conflict markers", "1 unreadable line", "1 repeated line"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(repo.read(&path).unwrap(), hurt, "looking changes nothing");
    let shown = pawtrail.run(&repo, &["doctor", "--fix"]);
    assert!(
        shown.stdout.contains("The plan:") && shown.stdout.contains("done:"),
        "{shown}"
    );
    assert_eq!(repo.read(&path).unwrap(), sound);
    assert_eq!(repo.read_at("HEAD", &path).unwrap(), sound);
    let listed = repo.git(&["show", "--name-only", "--format=", "HEAD"]);
    let side = listed
        .lines()
        .find(|name| name.contains(".damaged-"))
        .unwrap();
    assert_eq!(
        repo.read_at("HEAD", side).unwrap(),
        "<<<<<<< HEAD\n=======\n>>>>>>> other\n{\"torn\n"
    );
    assert!(repo.status_v2().contains("staged.txt"));
    assert_eq!(repo.status_v2().lines().count(), 1, "{}", repo.status_v2());
    assert_eq!(look(&pawtrail, &repo)["healthy"], true);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 2);
}

/// Whether any object of the clone holds a text.
fn in_git(repo: &Repo, text: &str) -> bool {
    let objects = ["cat-file", "--batch-all-objects", "--batch", "--unordered"];
    repo.git(&objects).contains(text)
}

/// The private files of what was damaged, and what they hold.
fn kept(repo: &Repo) -> Vec<(std::path::PathBuf, String)> {
    let dir = repo.path().join(".git/pawtrail/damaged");
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| (entry.path(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[test]
fn private_data_in_a_damaged_line_never_enters_git() {
    for (torn, found) in [
        ("{\"answer\":\"see /home/ada/notes", "/home/ada"),
        ("{\"answer\":\"see \\/home\\/ada\\/notes", "home\\/ada"),
        ("{\"hostname\":\"turing\",\"answer\":", "turing"),
        ("{\"answer\":\"mail ada@example.test", "ada@example"),
    ] {
        let scratch = Scratch::new();
        let (repo, pawtrail, path) = project(&scratch, "feature");
        answer(&pawtrail, &repo, "One?");
        let sound = repo.read(&path).unwrap();
        repo.write(&path, format!("{sound}{torn}\n<<<<<<< HEAD\n"));
        // What comes along with the next answer is no damaged line.
        answer(&pawtrail, &repo, "Two?");
        assert!(!in_git(&repo, found), "{torn}");
        let data = pawtrail.data(&repo, &["doctor", "--fix"]);
        assert_eq!(data["healthy"], true, "{data:#}");
        let plan = text(&data["plan"][0]);
        assert!(plan.contains("private file in the git directory"), "{plan}");
        let kept = kept(&repo);
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].1, format!("{torn}\n<<<<<<< HEAD\n"), "every byte");
        let told = text(&data["done"][0]["message"]);
        assert!(told.contains(&kept[0].0.display().to_string()), "{told}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&kept[0].0).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!in_git(&repo, found), "{torn}");
        assert_eq!(repo.status_v2(), "", "{torn}");
        assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 2);
    }
}

#[test]
fn a_row_of_another_tool_is_sanitized_before_a_fold_commits_it() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path) = project(&scratch, "feature");
    answer(&pawtrail, &repo, "One?");
    let sound = repo.read(&path).unwrap();
    let row = sound.lines().next().unwrap();
    let foreign = row.replace("One?", "What of /home/ada/notes?").replacen(
        "\"event_id\":\"01",
        "\"event_id\":\"02",
        1,
    );
    repo.write(&path, format!("{sound}{foreign}\ntorn\n"));
    pawtrail.data(&repo, &["doctor", "--fix"]);
    assert!(!in_git(&repo, "/home/ada"));
    let folded = repo.read(&path).unwrap();
    assert!(folded.contains("What of [redacted:home]"), "{folded}");
    assert!(
        folded.starts_with(&sound) || folded.contains(row),
        "{folded}"
    );
    assert_eq!(repo.status_v2(), "");
}

#[test]
fn private_data_that_a_branch_without_a_checkout_holds_gets_into_no_further_commit() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path) = project(&scratch, "main");
    answer(&pawtrail, &repo, "One?");
    let branch = ledger(&pawtrail, &repo);
    let sound = repo.read_at(&branch, &path).unwrap();
    let elsewhere = repo.worktree("elsewhere", branch.strip_prefix("refs/heads/").unwrap());
    elsewhere.commit_file(&path, &format!("{sound}/home/ada, torn\n"), "Tear");
    repo.git(&[
        "worktree",
        "remove",
        "--force",
        &elsewhere.path().to_string_lossy(),
    ]);
    let data = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(data["healthy"], true, "{data:#}");
    assert_eq!(repo.read_at(&branch, &path).unwrap(), sound);
    let listed = repo.git(&["show", "--name-only", "--format=", &branch]);
    assert_eq!(listed.trim(), path);
    assert_eq!(kept(&repo)[0].1, "/home/ada, torn\n");
    let told = text(&data["done"][0]["message"]);
    assert!(told.contains("private data"), "{told}");
}

#[test]
fn a_ledger_branch_without_a_checkout_is_folded_where_it_is() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path) = project(&scratch, "main");
    answer(&pawtrail, &repo, "One?");
    let branch = ledger(&pawtrail, &repo);
    let sound = repo.read_at(&branch, &path).unwrap();
    let elsewhere = repo.worktree("elsewhere", branch.strip_prefix("refs/heads/").unwrap());
    elsewhere.commit_file(&path, &format!("{sound}{sound}half"), "Twice");
    repo.git(&[
        "worktree",
        "remove",
        "--force",
        &elsewhere.path().to_string_lossy(),
    ]);
    let before = (repo.status_v2(), repo.index_entries(), repo.rev("HEAD"));
    let data = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(data["healthy"], true, "{data:#}");
    assert_eq!(data["plan"].as_array().unwrap().len(), 1);
    assert_eq!(repo.read_at(&branch, &path).unwrap(), sound);
    let listed = repo.git(&["show", "--name-only", "--format=", &branch]);
    let side = listed
        .lines()
        .find(|name| name.contains(".damaged-"))
        .unwrap();
    assert_eq!(repo.read_at(&branch, side).unwrap(), "half");
    assert_eq!(
        (repo.status_v2(), repo.index_entries(), repo.rev("HEAD")),
        before
    );
    repo.fsck();
}

#[test]
fn markers_of_a_merge_in_progress_are_folded_and_left_to_its_commit() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path) = project(&scratch, "feature");
    answer(&pawtrail, &repo, "Common?");
    let theirs = scratch.clone_of(&repo, "theirs");
    theirs.git(&["remote", "set-head", "origin", "--delete"]);
    answer(&pawtrail, &theirs, "Theirs?");
    answer(&pawtrail, &repo, "Ours?");
    repo.git(&["fetch", "-q", &theirs.path().to_string_lossy(), "feature"]);
    for name in ["spec-kitty-event-log", "pawtrail-event-log"] {
        repo.git(&["config", "--remove-section", &format!("merge.{name}")]);
    }
    assert_ne!(
        repo.try_git(&["merge", "--no-edit", "FETCH_HEAD"]).status,
        0
    );
    assert!(repo.read(&path).unwrap().contains("<<<<<<<"));
    let (status, document) = pawtrail.json_in(repo.path(), &["doctor", "--fix"]);
    let error = &document["error"];
    assert_eq!((status, &error["code"]), (1, &json!("NOT_ALL_MENDED")));
    assert!(text(&error["next_step"]).contains("add --"), "{error:#}");
    let folded = repo.read(&path).unwrap();
    assert!(!folded.contains("<<<<<<<"));
    assert_eq!(folded.lines().count(), 6);
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "Merge"]);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 3);
    pawtrail.data(&repo, &["init"]);
    assert_eq!(look(&pawtrail, &repo)["healthy"], true);
}

/// Two clones that answered on the mission's own branch, one of which was pushed; this one has fetched it.
fn diverged(scratch: &Scratch, clash: bool) -> (Repo, Pawtrail, String, String) {
    let (repo, pawtrail, path) = project(scratch, "main");
    let hub = scratch.bare("hub");
    repo.git(&["remote", "add", "origin", &hub.path().to_string_lossy()]);
    answer(&pawtrail, &repo, "Common?");
    let branch = ledger(&pawtrail, &repo);
    repo.git(&["push", "-q", "origin", "main", &branch]);
    let theirs = scratch.clone_of(&hub, "theirs");
    answer(&pawtrail, &theirs, "Theirs?");
    answer(&pawtrail, &repo, "Ours?");
    assert_eq!(ledger(&pawtrail, &theirs), branch);
    let short = branch.strip_prefix("refs/heads/").unwrap();
    for (at, clone) in [&repo, &theirs].into_iter().enumerate() {
        let name = format!("worktree-{at}");
        let worktree = clone.worktree(&name, short);
        let file = if clash {
            "notes.md".to_owned()
        } else {
            format!("notes-{at}.md")
        };
        worktree.commit_file(&file, &format!("{at}\n"), "Take notes");
        clone.git(&["worktree", "remove", &worktree.path().to_string_lossy()]);
    }
    theirs.git(&["push", "-q", "origin", &branch]);
    repo.git(&["fetch", "-q", "origin"]);
    (repo, pawtrail, path, branch)
}

#[test]
fn a_diverged_ledger_branch_is_merged_and_can_be_pushed_without_force() {
    let scratch = Scratch::new();
    let (repo, pawtrail, path, branch) = diverged(&scratch, false);
    let before = (repo.status_v2(), repo.index_entries(), repo.rev("HEAD"));
    let data = look(&pawtrail, &repo);
    assert_eq!(check(&data, "ledger_branches")["ok"], false, "{data:#}");
    let data = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(data["healthy"], true, "{data:#}");
    let parents = repo.git(&["rev-list", "--parents", "-n", "1", &branch]);
    assert_eq!(parents.split_whitespace().count(), 3, "{parents}");
    assert_eq!(repo.read_at(&branch, &path).unwrap().lines().count(), 6);
    for at in 0..2 {
        let notes = repo.read_at(&branch, &format!("notes-{at}.md"));
        assert_eq!(notes.unwrap(), format!("{at}\n"));
    }
    assert_eq!(
        (repo.status_v2(), repo.index_entries(), repo.rev("HEAD")),
        before
    );
    let proof = pawtrail.data(&repo, &["verify"]);
    assert_eq!(
        (&proof["verified"], &proof["remotes"]["origin"]),
        (&json!(3), &json!(2))
    );
    repo.git(&["push", "-q", "origin", &branch]);
    repo.fsck();
}

#[test]
fn a_path_that_changed_on_both_sides_is_left_to_the_user() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _, branch) = diverged(&scratch, true);
    let tip = repo.rev(&branch);
    let (status, document) = pawtrail.json_in(repo.path(), &["doctor", "--fix"]);
    let error = &document["error"];
    assert_eq!((status, &error["code"]), (1, &json!("NOT_ALL_MENDED")));
    assert!(text(&error["message"]).contains("notes.md"), "{error:#}");
    assert!(
        text(&error["next_step"]).contains("git merge origin/kitty/mission-"),
        "{error:#}"
    );
    assert_eq!(repo.rev(&branch), tip);
}

#[test]
fn answers_that_wait_are_counted_and_committed() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    let id = request(&pawtrail, &repo, "One?");
    let data = look(&pawtrail, &repo);
    assert_eq!(check(&data, "spool")["ok"], true, "a request may wait");
    repo.git(&["bisect", "start", "HEAD", "HEAD~1"]);
    let (status, _) = pawtrail.json_in(repo.path(), &["decision", "answer", &id, "yes"]);
    assert_eq!(status, 3);
    let (status, document) = pawtrail.json_in(repo.path(), &["doctor", "--fix"]);
    assert_eq!(status, 1);
    let message = text(&document["error"]["message"]);
    assert!(message.contains("bisect"), "{message}");
    repo.git(&["bisect", "reset"]);
    let data = look(&pawtrail, &repo);
    let spool = check(&data, "spool");
    assert_eq!(spool["ok"], false);
    assert!(text(&spool["message"]).contains("2 lines"), "{spool}");
    let fixed = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(fixed["healthy"], true, "{fixed:#}");
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 1);
}

#[test]
fn an_old_foreign_lock_is_named_and_stays() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    let lock = repo.common_dir().join("index.lock");
    let file = File::create(&lock).unwrap();
    assert_eq!(look(&pawtrail, &repo)["healthy"], true, "it is young");
    file.set_modified(SystemTime::now() - Duration::from_secs(120))
        .unwrap();
    let data = pawtrail.json(&repo, &["doctor", "--fix"])["error"]["details"].take();
    let locks = check(&data, "locks");
    assert_eq!(locks["ok"], false);
    assert!(text(&locks["message"]).contains("index.lock"), "{locks}");
    assert!(lock.exists());
}

#[test]
fn a_lock_that_a_dead_command_of_ours_left_is_named_and_cleared_away() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    let held = repo.common_dir().join("pawtrail").join("held");
    let (lock, token) = (
        repo.common_dir().join("index.lock"),
        "01KT119YA7GD2Y0D7MZRH5JSS3",
    );
    std::fs::create_dir_all(&held).unwrap();
    std::fs::write(held.join(token), "half an index").unwrap();
    let note = json!({
        "token": token,
        "lock": lock,
        "target": repo.common_dir().join("index"),
        "branch": "refs/heads/feature",
        "commit": null,
    });
    std::fs::write(held.join("notes"), format!("{note}\n")).unwrap();
    std::fs::hard_link(held.join(token), &lock).unwrap();
    let data = look(&pawtrail, &repo);
    let locks = check(&data, "locks");
    assert_eq!(
        (&locks["ok"], &locks["next_step"]),
        (&json!(false), &json!("pawtrail doctor --fix"))
    );
    assert!(text(&locks["message"]).contains("index.lock"), "{locks}");
    assert!(lock.exists(), "looking changes nothing");
    let data = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(data["healthy"], true, "{data:#}");
    assert!(!lock.exists());
}

#[test]
fn copies_of_damaged_state_are_named() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    repo.write(
        ".kittify/sync-state.json.damaged-01KT119YA7GD2Y0D7MZRH5JSS3",
        "{",
    );
    let data = look(&pawtrail, &repo);
    let kept = check(&data, "sync_state");
    assert_eq!(kept["ok"], false);
    assert!(
        text(&kept["message"]).contains("damaged-01KT119Y"),
        "{kept}"
    );
}

#[test]
fn a_clone_that_lacks_the_merge_driver_gets_it() {
    let scratch = Scratch::new();
    let (repo, pawtrail, _) = project(&scratch, "feature");
    for name in ["pawtrail-event-log", "spec-kitty-event-log"] {
        repo.git(&["config", "--remove-section", &format!("merge.{name}")]);
    }
    let before = (repo.status_v2(), repo.rev("HEAD"));
    let data = look(&pawtrail, &repo);
    let driver = check(&data, "merge_driver");
    assert_eq!(driver["next_step"], "pawtrail doctor --fix", "{driver}");
    let fixed = pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(fixed["done"].as_array().unwrap().len(), 1, "{fixed:#}");
    let driver = repo.git(&["config", "merge.spec-kitty-event-log.driver"]);
    assert!(driver.starts_with("pawtrail merge-events"), "{driver}");
    assert_eq!((repo.status_v2(), repo.rev("HEAD")), before);
    // People get the same on standard error.
    repo.git(&["config", "--remove-section", "merge.spec-kitty-event-log"]);
    let said = pawtrail.run(&repo, &["doctor"]);
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.contains("merge_driver") && said.stderr.contains("doctor --fix"),
        "{said}"
    );
}
