//! What a user has open stays as it is: staged, dirty and untracked files, the stash, HEAD.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch, text};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// Leaves something of each kind open: a stash, an addition, a deletion and a rename in the index,
/// a file that is both staged and dirty, a dirty one, an untracked one.
fn mess_up(repo: &Repo) {
    for name in ["both", "dirty", "gone", "old-name", "stashed"] {
        repo.write(&format!("src/{name}.txt"), format!("{name}\n"));
    }
    repo.git(&["add", "src"]);
    repo.git(&["commit", "-q", "-m", "Add sources"]);
    repo.write("src/stashed.txt", "put away\n");
    repo.git(&["stash", "push", "-q", "-m", "For later"]);
    repo.git(&["rm", "-q", "src/gone.txt"]);
    repo.git(&["mv", "src/old-name.txt", "src/new-name.txt"]);
    repo.write("src/both.txt", "staged\n");
    repo.write("src/new.txt", "new\n");
    repo.git(&["add", "src/both.txt", "src/new.txt"]);
    repo.write("src/both.txt", "staged, then changed\n");
    repo.write("src/dirty.txt", "changed\n");
    repo.write("loose.txt", "untracked\n");
}

/// All that must stay: status, index, stash, HEAD by name and by commit, contents of what differs.
fn open_work(repo: &Repo) -> Vec<String> {
    vec![
        repo.status_v2(),
        repo.index_entries(),
        repo.stash_list(),
        repo.git(&["symbolic-ref", "HEAD"]),
        repo.git(&["rev-parse", "HEAD"]),
        repo.git(&["diff", "--cached"]),
        repo.git(&["diff"]),
        repo.read("loose.txt").unwrap(),
    ]
}

#[test]
fn on_main_a_mission_a_request_and_an_answer_move_nothing() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    mess_up(&repo);
    let clean = open_work(&repo);
    pawtrail.data(&repo, &["init"]);
    // `init` adds files of its own and changes none that are there.
    let before = open_work(&repo);
    assert_eq!(before[1..], clean[1..]);
    let added: Vec<&str> = before[0]
        .lines()
        .filter(|line| !clean[0].contains(line))
        .collect();
    let expected = [
        "? .gitattributes",
        "? .kittify/canonical-events.jsonl",
        "? .kittify/config.yaml",
    ];
    assert_eq!(added, expected);
    let same = |what: &str| assert_eq!(open_work(&repo), before, "after {what}");

    let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
    assert_ne!(made["ledger_ref"], "refs/heads/main");
    same("mission create");
    let ask = ["decision", "request", "--question", "Which database?"];
    let id = text(&pawtrail.data(&repo, &ask)["decision_id"]);
    same("decision request");
    let answer = ["decision", "answer", &id, "sqlite"];
    let receipt = pawtrail.json(&repo, &answer)["receipt"].take();
    assert_eq!(receipt["committed"], true);
    same("decision answer");
    for read in [
        &["decision", "list"][..],
        &["decision", "log"],
        &["decision", "show", &id],
        &["mission", "list"],
        &["where"],
        &["sync", "status"],
        &["verify"],
    ] {
        pawtrail.data(&repo, read);
        same(&read.join(" "));
    }
    // It may find something wrong, such as that git doesn't find the driver here.
    pawtrail.json(&repo, &["doctor"]);
    same("doctor");
    // Nor does the commit hold any of it.
    let commit = text(&receipt["commit"]);
    let files = repo.git(&["show", "--format=", "--name-only", &commit]);
    assert_eq!(files.trim(), text(&receipt["path"]));
    // What is open can be committed and put back as ever.
    repo.git(&["commit", "-q", "-m", "Commit what was staged"]);
    let staged = repo.git(&["show", "--format=", "--name-status", "HEAD"]);
    assert_eq!(
        staged.lines().collect::<Vec<_>>(),
        [
            "M\tsrc/both.txt",
            "D\tsrc/gone.txt",
            "R100\tsrc/old-name.txt\tsrc/new-name.txt",
            "A\tsrc/new.txt"
        ]
    );
    repo.git(&["stash", "pop", "-q"]);
    assert_eq!(repo.read("src/stashed.txt").unwrap(), "put away\n");
    repo.fsck();
}

#[test]
fn where_the_ledger_branch_is_checked_out_an_answer_moves_nothing_but_its_own_file() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let repo = &project.repo;
    mess_up(repo);
    let before = open_work(repo);
    let id = project.request("Which database?");
    project.answer(&id, "sqlite");
    let after = open_work(repo);
    assert_eq!(after[0], before[0], "status");
    let others = |index: &str| -> Vec<String> {
        let other = |line: &&str| !line.ends_with(&project.path);
        index.lines().filter(other).map(str::to_owned).collect()
    };
    assert_eq!(others(&after[1]), others(&before[1]), "index");
    assert_eq!(after[2..4], before[2..4], "stash and HEAD");
    assert_eq!(after[5..], before[5..], "contents");
    assert_eq!(
        repo.read(&project.path),
        repo.read_at("HEAD", &project.path)
    );
    // A commit of what the user had staged takes nothing of ours back.
    repo.git(&["commit", "-q", "-m", "Commit what was staged"]);
    assert_eq!(project.rows().len(), 2);
    repo.fsck();
}
