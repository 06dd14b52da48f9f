//! Random repositories and states: no command, whether it succeeds or fails, touches what isn't its own.
//!
//! `PROPTEST_CASES` asks for more cases than the few that each run tries.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::BTreeMap;
use std::path::Path;

use pawtrail_testkit::{Pawtrail, Repo, Scratch, text};
use proptest::prelude::*;
use proptest::sample::select;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

const FILES: &[&str] = &[
    "a.txt",
    "dir/b.txt",
    "dir/ü ber.md",
    "-dash",
    "new.txt",
    "dir/new/c.txt",
];

/// How the branches begin that may hold a ledger.
const LEDGERS: &[&str] = &[
    "refs/heads/agents",
    "refs/heads/kitty/mission-",
    "refs/heads/work",
];

/// What somebody does to a checkout; what git refuses there doesn't happen.
#[derive(Debug, Clone)]
enum Deed {
    Write(&'static str, u8),
    Stage(&'static str),
    StageOnlyItsName(&'static str),
    Unstage(&'static str),
    RemoveFromIndex(&'static str),
    Delete(&'static str),
    AssumeUnchanged(&'static str),
    Rename(&'static str),
    Stash,
    StashStaged,
    Conflict(&'static str),
}

/// Which branch the primary checkout has, and whether another worktree has the ledger branch.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Main,
    Work,
    Detached,
    MainAndLedgerElsewhere,
}

#[derive(Debug, Clone)]
enum Command {
    Request,
    Answer,
    AnswerAnother,
    AnswerUnknown,
    CreateMission,
    CreateMissionBadly,
    Commit(&'static str),
    CommitOutside,
    CommitNothing,
    CommitForOtherBranch(&'static str),
    SetLedger(&'static str),
    SetLedgerToProtected,
    Mend,
    Examine,
    Read,
}

fn deed() -> impl Strategy<Value = Deed> {
    let file = || select(FILES);
    prop_oneof![
        4 => (file(), any::<u8>()).prop_map(|(file, text)| Deed::Write(file, text)),
        4 => file().prop_map(Deed::Stage),
        1 => file().prop_map(Deed::StageOnlyItsName),
        1 => file().prop_map(Deed::Unstage),
        1 => file().prop_map(Deed::RemoveFromIndex),
        1 => file().prop_map(Deed::Delete),
        1 => file().prop_map(Deed::AssumeUnchanged),
        1 => file().prop_map(Deed::Rename),
        1 => Just(Deed::Stash),
        1 => Just(Deed::StashStaged),
        1 => file().prop_map(Deed::Conflict),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => Just(Command::Request),
        3 => Just(Command::Answer),
        1 => Just(Command::AnswerAnother),
        1 => Just(Command::AnswerUnknown),
        1 => Just(Command::CreateMission),
        1 => Just(Command::CreateMissionBadly),
        3 => select(FILES).prop_map(Command::Commit),
        1 => Just(Command::CommitOutside),
        1 => Just(Command::CommitNothing),
        1 => select(FILES).prop_map(Command::CommitForOtherBranch),
        2 => select(&["agents", "kitty/mission-moved", "work"][..]).prop_map(Command::SetLedger),
        1 => Just(Command::SetLedgerToProtected),
        2 => Just(Command::Mend),
        1 => Just(Command::Examine),
        1 => Just(Command::Read),
    ]
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 16;
    }
    config.max_shrink_iters = 40;
    config.failure_persistence = None;
    config
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn every_command_leaves_alone_what_is_not_its_own(
        shape in select(&[Shape::Main, Shape::Work, Shape::Detached, Shape::MainAndLedgerElsewhere][..]),
        deeds in prop::collection::vec(deed(), 0..12),
        steps in prop::collection::vec((any::<bool>(), command(), prop::collection::vec(deed(), 0..3)), 1..7),
    ) {
        play(shape, &deeds, &steps);
    }
}

fn play(shape: Shape, deeds: &[Deed], steps: &[(bool, Command, Vec<Deed>)]) {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let repo = scratch.repo("project");
    for file in &FILES[..4] {
        repo.write(file, format!("{file}\n"));
    }
    repo.git(&["add", "-A"]);
    pawtrail.data(&repo, &["init"]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "Add files"]);
    repo.git(&["tag", "kept"]);
    if matches!(shape, Shape::Work) {
        repo.git(&["switch", "-q", "-c", "work"]);
    }
    let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
    let mut all = vec![repo.clone()];
    match shape {
        Shape::Main | Shape::Work => {}
        Shape::Detached => drop(repo.git(&["switch", "-q", "--detach"])),
        Shape::MainAndLedgerElsewhere => {
            let branch = text(&made["ledger_ref"]);
            all.push(repo.worktree("ledger", branch.trim_start_matches("refs/heads/")));
        }
    }
    let mission = text(&made["mission_id"]);
    for repo in &all {
        deeds.iter().for_each(|deed| happen(repo, deed));
    }
    let mut asked: Option<String> = None;
    for (last, command, meanwhile) in steps {
        let repo = if *last { &all[all.len() - 1] } else { &all[0] };
        meanwhile.iter().for_each(|deed| happen(repo, deed));
        let before: Vec<State> = all.iter().map(State::of).collect();
        let args = words(command, &mission, asked.as_deref());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (status, document) = pawtrail.json_in(repo.path(), &args);
        if matches!(command, Command::Request) {
            asked = Some(text(&document["data"]["decision_id"]));
        }
        let own = if let (Command::Commit(file), 0) = (command, status) {
            Some(*file)
        } else {
            None
        };
        for (at, before) in before.iter().enumerate() {
            let here = all[at].path() == repo.path();
            let after = State::of(&all[at]);
            let what = format!("{args:?} ended with {status}: {document}");
            before.compare(&after, &all[at], own.filter(|_| here), own.is_some(), &what);
        }
    }
    repo.fsck();
}

fn words(command: &Command, mission: &str, asked: Option<&str>) -> Vec<String> {
    let unknown = "01KT119YA7GD2Y0D7MZRH5JSS3";
    let id = asked.unwrap_or(unknown);
    let words: Vec<&str> = match command {
        Command::Request => vec![
            "decision",
            "request",
            "--question",
            "Which?",
            "--mission",
            mission,
        ],
        Command::Answer => vec!["decision", "answer", id, "yes", "--mission", mission],
        Command::AnswerAnother => vec!["decision", "answer", id, "no", "--mission", mission],
        Command::AnswerUnknown => vec!["decision", "answer", unknown, "yes", "--mission", mission],
        Command::CreateMission => vec!["mission", "create", "another"],
        Command::CreateMissionBadly => vec!["mission", "create", "../escape"],
        Command::Commit(file) => vec!["commit", "-m", "A commit", "--", file],
        Command::CommitOutside => vec!["commit", "-m", "A commit", "--", "../outside"],
        Command::CommitNothing => vec!["commit", "-m", "A commit", "--", "README.md"],
        Command::CommitForOtherBranch(file) => {
            vec![
                "commit",
                "-m",
                "A commit",
                "--branch",
                "elsewhere",
                "--",
                file,
            ]
        }
        Command::SetLedger(branch) => vec!["mission", "ledger", mission, "--set", branch],
        Command::SetLedgerToProtected => vec!["mission", "ledger", mission, "--set", "main"],
        Command::Mend => vec!["doctor", "--fix"],
        Command::Examine => vec!["doctor"],
        Command::Read => vec!["decision", "list", "--mission", mission],
    };
    words.into_iter().map(str::to_owned).collect()
}

fn happen(repo: &Repo, deed: &Deed) {
    let git = |args: &[&str]| drop(repo.try_git(args));
    match deed {
        // A directory may be in the way by now; then nothing happens.
        Deed::Write(file, text) if !repo.path().join(file).is_dir() => {
            repo.write(file, format!("{text}\n"));
        }
        Deed::Write(..) => {}
        Deed::Stage(file) => git(&["add", "--", file]),
        Deed::StageOnlyItsName(file) => git(&["add", "--intent-to-add", "--", file]),
        Deed::Unstage(file) => git(&["reset", "-q", "--", file]),
        Deed::RemoveFromIndex(file) => git(&["rm", "-q", "--cached", "--", file]),
        Deed::Delete(file) => drop(std::fs::remove_file(repo.path().join(file))),
        Deed::AssumeUnchanged(file) => git(&["update-index", "--assume-unchanged", "--", file]),
        Deed::Rename(file) => git(&["mv", "--", file, "renamed.txt"]),
        Deed::Stash => git(&["stash", "push", "-q", "--include-untracked"]),
        Deed::StashStaged => git(&["stash", "push", "-q", "--staged"]),
        Deed::Conflict(file) => conflict(repo, file),
    }
}

/// Leaves a merge that stopped at a file, where the state allows one.
fn conflict(repo: &Repo, file: &str) {
    let other = repo.try_git(&["hash-object", "-w", "--stdin"]);
    let blob = other.stdout.trim();
    // A commit beside HEAD that has another content of the file, made without touching the checkout.
    let index = repo.common_dir().join("conflict-index");
    let shown = index.to_string_lossy().into_owned();
    let in_index = |args: &[&str]| {
        let output = std::process::Command::new("git")
            .current_dir(repo.path())
            .env("GIT_INDEX_FILE", &shown)
            .args(args)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    in_index(&["read-tree", "kept"]);
    in_index(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("100644,{blob},{file}"),
    ]);
    let tree = in_index(&["write-tree"]);
    std::fs::remove_file(&index).unwrap();
    let made = repo.try_git(&["commit-tree", &tree, "-p", "kept", "-m", "Beside"]);
    drop(repo.try_git(&["merge", "-q", "--no-commit", made.stdout.trim()]));
}

/// What belongs to the user, in one worktree.
#[derive(Debug, PartialEq, Eq)]
struct State {
    status: Vec<String>,
    index: Vec<String>,
    stash: String,
    head: String,
    merge: Option<String>,
    refs: BTreeMap<String, String>,
    files: BTreeMap<String, Vec<u8>>,
}

impl State {
    fn of(repo: &Repo) -> Self {
        let lines = |args: &[&str]| {
            let text = repo.git(args);
            text.split('\0')
                .filter(|line| {
                    !line.contains("kitty-specs/") && !line.contains(".kittify/sync-state")
                })
                .map(str::to_owned)
                .collect()
        };
        let mut files = BTreeMap::new();
        walk(repo.path(), repo.path(), &mut files);
        let refs = repo.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        Self {
            status: lines(&[
                "--no-optional-locks",
                "status",
                "--porcelain=v2",
                "-z",
                "--untracked-files=all",
            ]),
            index: lines(&["ls-files", "-s", "-v", "-z"]),
            stash: repo.stash_list(),
            head: repo.try_git(&["symbolic-ref", "HEAD"]).stdout,
            merge: repo.rev("MERGE_HEAD"),
            refs: refs
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(name, id)| (name.to_owned(), id.to_owned()))
                .collect(),
            files,
        }
    }

    /// `own` is the file that was committed here; `committed` says that a user's commit was made somewhere.
    fn compare(&self, after: &Self, repo: &Repo, own: Option<&str>, committed: bool, what: &str) {
        let others = |lines: &[String]| -> Vec<String> {
            let other = |line: &&String| own.is_none_or(|own| !line.ends_with(own));
            lines.iter().filter(other).cloned().collect()
        };
        // A rename is shown as one entry with two paths; committing half of it splits the entry.
        if !self
            .status
            .iter()
            .chain(&after.status)
            .any(|line| line.starts_with("2 "))
            || own.is_none()
        {
            assert_eq!(
                others(&self.status),
                others(&after.status),
                "status: {what}"
            );
        }
        assert_eq!(others(&self.index), others(&after.index), "index: {what}");
        assert_eq!(self.stash, after.stash, "stash: {what}");
        assert_eq!(self.head, after.head, "HEAD: {what}");
        assert_eq!(self.merge, after.merge, "MERGE_HEAD: {what}");
        assert_eq!(self.files, after.files, "files: {what}");
        for (name, id) in &self.refs {
            let now = after
                .refs
                .get(name)
                .unwrap_or_else(|| panic!("{name} is gone: {what}"));
            let ledger = LEDGERS.iter().any(|prefix| name.starts_with(prefix));
            if ledger || committed && name.starts_with("refs/heads/") {
                let forward = repo.try_git(&["merge-base", "--is-ancestor", id, now]);
                assert_eq!(forward.status, 0, "{name} was rewritten: {what}");
            } else {
                assert_eq!(id, now, "{name}: {what}");
            }
        }
        for name in after
            .refs
            .keys()
            .filter(|name| !self.refs.contains_key(*name))
        {
            assert!(
                LEDGERS.iter().any(|prefix| name.starts_with(prefix)),
                "{name} is new: {what}"
            );
        }
    }
}

fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if matches!(
            name.as_str(),
            ".git" | "kitty-specs" | ".kittify/sync-state.json"
        ) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}
