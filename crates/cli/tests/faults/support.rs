//! The shapes of a project, the places where a write can end, and what must hold afterwards.

use std::path::Path;

use pawtrail_testkit::{Output, Pawtrail, Project, Repo, Scratch, rows, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// Where the ledger branch is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Nowhere,
    Here,
    InAnotherWorktree,
    /// Here, and git itself makes the commits.
    HereByGit,
}

pub(crate) const SHAPES: [Shape; 3] = [Shape::Nowhere, Shape::Here, Shape::InAnotherWorktree];

/// Places that each answer comes by, in their order.
pub(crate) const EVERYWHERE: &[&str] = &[
    "spool::append",
    "spool::appended",
    "ledger::objects",
    "ledger::flushed",
    "ledger::ref-locked",
    "ledger::index-renamed",
    "ledger::ref-moved",
    "ledger::released",
    "ledger::ref-flushed",
    "spool::empty",
    "spool::emptied",
    "durable::rename",
];

/// Places that an answer comes by where its branch is checked out.
pub(crate) const CHECKED_OUT: &[&str] = &["ledger::index-locked", "ledger::index-written"];

pub(crate) fn places(shape: Shape) -> Vec<&'static str> {
    let more = match shape {
        Shape::Nowhere => &[],
        Shape::Here | Shape::InAnotherWorktree | Shape::HereByGit => CHECKED_OUT,
    };
    EVERYWHERE.iter().chain(more).copied().collect()
}

/// A project, and the worktree whose git the write could disturb.
pub(crate) struct World {
    pub(crate) project: Project,
    pub(crate) user: Repo,
}

impl World {
    pub(crate) fn new(scratch: &Scratch, shape: Shape) -> Self {
        let project = match shape {
            Shape::Here | Shape::HereByGit => Project::on_work(scratch, BINARY),
            Shape::Nowhere | Shape::InAnotherWorktree => Project::new(scratch, BINARY),
        };
        let user = match shape {
            Shape::Nowhere | Shape::Here | Shape::HereByGit => project.repo.clone(),
            Shape::InAnotherWorktree => project.repo.worktree("ledger", project.branch()),
        };
        if shape == Shape::HereByGit {
            // Git ignores an extension that it doesn't know in a repository of the first format; the library may not.
            user.git(&["config", "extensions.unheard", "true"]);
            assert_eq!(project.engine(), "executable");
        }
        user.write("README.md", "# Dirty\n");
        user.write("staged.txt", "staged\n");
        user.git(&["add", "staged.txt"]);
        user.write("loose.txt", "untracked\n");
        Self { project, user }
    }

    /// Runs a command in which something happens at a place.
    pub(crate) fn with_fault(&self, scratch: &Scratch, faults: &str, args: &[&str]) -> Output {
        let words: Vec<&str> = std::iter::once("--json")
            .chain(args.iter().copied())
            .collect();
        Pawtrail::new(scratch, BINARY)
            .with_env("FAILPOINTS", faults)
            .run(&self.project.repo, &words)
    }

    /// The event ids of a decision's answers in git, in the spool, and in a checked-out file.
    pub(crate) fn answers(&self, id: &str) -> [Vec<String>; 3] {
        let spool = self
            .project
            .repo
            .common_dir()
            .join("pawtrail/spool")
            .join(&self.project.mission_id)
            .join("decisions.events.jsonl");
        let spool = std::fs::read_to_string(spool).unwrap_or_default();
        let whole = spool.rfind('\n').map_or(0, |last| last + 1);
        [
            self.project.rows(),
            rows(&spool[..whole]),
            rows(&self.user.read(&self.project.path).unwrap_or_default()),
        ]
        .map(|rows| {
            let ids: Vec<String> = rows
                .iter()
                .filter(|row| row["event_type"] == "DecisionInputAnswered")
                .filter(|row| row["payload"]["decision_id"] == id)
                .map(|row| text(&row["event_id"]))
                .collect();
            let mut once: Vec<&str> = rows.iter().map(event_id).collect();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), rows.len(), "an event stands twice: {rows:#?}");
            ids
        })
    }

    /// No lock is left, git is sound, and the user's things are as they were.
    pub(crate) fn is_mended(&self, before: &str, what: &str) {
        let common = self.project.repo.common_dir();
        assert_eq!(locks(&common), Vec::<String>::new(), "{what}");
        let held = common.join("pawtrail/held");
        let left: Vec<_> = std::fs::read_dir(held).map_or(Vec::new(), |dir| {
            dir.map(|entry| entry.unwrap().file_name())
                .filter(|name| name != "notes")
                .collect()
        });
        assert!(left.is_empty(), "{what}: {left:?}");
        assert_eq!(self.status(), before, "{what}");
        self.project.repo.fsck();
    }

    /// The status of all files but the one that questions and answers go to.
    pub(crate) fn status(&self) -> String {
        let status = self.user.status_v2();
        let others = |line: &&str| !line.ends_with(&self.project.path);
        let lines: Vec<&str> = status.lines().filter(others).collect();
        lines.join("\n")
    }

    /// The user commits what is staged, and nothing of ours goes back.
    pub(crate) fn user_commits(&self, what: &str) {
        let ours = self.project.rows();
        self.user.git(&["commit", "-q", "-m", what]);
        let files = self.user.git(&["show", "--format=", "--name-only", "HEAD"]);
        assert_eq!(files.trim(), "staged.txt", "{what}");
        assert_eq!(self.project.rows(), ours, "{what}");
    }
}

fn event_id(row: &Value) -> &str {
    row["event_id"].as_str().unwrap()
}

/// Git's lock files, wherever they are.
pub(crate) fn locks(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("pawtrail/locks") {
                continue;
            }
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|end| end == "lock") {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
