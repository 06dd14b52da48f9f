//! A mission that `next` drives, and those who drive it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pawtrail_testkit::{Output, Pawtrail, Repo, Scratch, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
/// More turns than any mission here takes.
pub(crate) const TURNS: usize = 80;

/// A template with everything in it: inputs, an audit of each kind, a step beside the others.
pub(crate) const SHARED: &str = r#"mission: {key: shared, name: Shared, version: "1.0.0"}
steps:
  - {id: shape, title: Shape it, prompt: "Draw the shape."}
  - {id: build, title: Build it, depends_on: [shape], requires_inputs: [database, region]}
  - {id: write, title: Write it down, depends_on: [build], expected_output: notes.md}
audit_steps:
  - {id: glance, title: A glance, audit: {trigger_mode: manual, enforcement: advisory}, depends_on: [write]}
  - {id: check, title: Check it, audit: {trigger_mode: manual, enforcement: blocking}, depends_on: [glance]}
  - id: weigh
    title: Weigh it
    audit: {trigger_mode: manual, enforcement: blocking}
    significance: {dimensions: {user_customer_impact: 2, architectural_system_impact: 2, data_security_compliance_impact: 1, operational_reliability_impact: 1, financial_commercial_impact: 1, cross_team_blast_radius: 1}, hard_triggers: []}
    depends_on: [check]
"#;

/// A repository with one mission that has a run, or will have.
pub(crate) struct World {
    pub(crate) scratch: Scratch,
    pub(crate) repo: Repo,
    pub(crate) pawtrail: Pawtrail,
    pub(crate) slug: String,
    pub(crate) mission_id: String,
}

impl World {
    /// A mission of this kind, with the owner `lead`.
    #[track_caller]
    pub(crate) fn new(kind: &str) -> Self {
        Self::made(kind, &["--owner", "lead"])
    }

    /// A mission of this kind without an owner.
    #[track_caller]
    pub(crate) fn ownerless(kind: &str) -> Self {
        Self::made(kind, &[])
    }

    /// A mission of the template [`SHARED`].
    #[track_caller]
    pub(crate) fn shared() -> Self {
        Self::new("shared")
    }

    fn made(kind: &str, more: &[&str]) -> Self {
        let scratch = Scratch::new();
        let repo = scratch.repo("project");
        repo.git(&["switch", "-q", "-c", "work"]);
        let pawtrail = Pawtrail::new(&scratch, BINARY);
        pawtrail.data(&repo, &["init"]);
        if kind == "shared" {
            repo.write(TEMPLATE, SHARED);
        }
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "Prepare"]);
        let mut create = vec!["mission", "create", "trial", "--type", kind];
        create.extend(more);
        let made = pawtrail.data(&repo, &create);
        Self {
            slug: text(&made["mission_slug"]),
            mission_id: text(&made["mission_id"]),
            scratch,
            repo,
            pawtrail,
        }
    }

    /// Runs `next`; returns exit code and document.
    #[track_caller]
    pub(crate) fn next(&self, args: &[&str]) -> (i32, Value) {
        self.next_in(&self.repo, args)
    }

    /// Runs `next` in another checkout or clone.
    #[track_caller]
    pub(crate) fn next_in(&self, repo: &Repo, args: &[&str]) -> (i32, Value) {
        let output = self.raw(repo, args);
        (output.status, output.json())
    }

    #[track_caller]
    pub(crate) fn raw(&self, repo: &Repo, args: &[&str]) -> Output {
        let mut all = vec!["--json", "next", "--mission", &self.slug];
        all.extend(args);
        self.pawtrail.run(repo, &all)
    }

    /// A query that must succeed.
    #[track_caller]
    pub(crate) fn query(&self) -> Value {
        let (status, document) = self.next(&[]);
        assert_eq!(status, 0, "{document:#}");
        assert_eq!(document["kind"], "query", "{document:#}");
        document
    }

    /// A report of success that must not fail.
    #[track_caller]
    pub(crate) fn report(&self, more: &[&str]) -> Value {
        let mut args = vec!["--agent", "coder", "--result", "success"];
        args.extend(more);
        let (status, document) = self.next(&args);
        assert_eq!(status, 0, "{document:#}");
        document
    }

    /// A verb of `next` that must succeed; returns its data.
    #[track_caller]
    pub(crate) fn say(&self, args: &[&str]) -> Value {
        let mut all = vec!["next"];
        all.extend(args);
        all.extend(["--mission", &self.slug]);
        self.pawtrail.data(&self.repo, &all)
    }

    /// A command that must fail; returns exit code and error.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, Value) {
        let (status, mut document) = self.next(args);
        assert_eq!(document["ok"], false, "{document:#}");
        (status, document["error"].take())
    }

    /// The answer of the mission's owner.
    #[track_caller]
    pub(crate) fn owner_answers(&self, decision: &str, answer: &str) -> Value {
        let (status, document) = self.next(&answer_by("lead", "human", decision, answer));
        assert!(status <= 1, "{document:#}");
        assert_eq!(document["answered"], decision, "{document:#}");
        document
    }

    /// The directory of the mission's run.
    #[track_caller]
    pub(crate) fn run_dir(&self) -> PathBuf {
        let runs = self.repo.path().join(".kittify/runtime/runs");
        let mut found: Vec<PathBuf> = std::fs::read_dir(&runs)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.pop().unwrap()
    }

    /// The rows of the run log.
    #[track_caller]
    pub(crate) fn run_rows(&self) -> Vec<Value> {
        let file = std::fs::read_to_string(self.run_dir().join("run.events.jsonl")).unwrap();
        pawtrail_testkit::rows(&file)
    }

    /// How often each step stands in rows of this type.
    #[track_caller]
    pub(crate) fn count(&self, event_type: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for row in self.run_rows() {
            if row["event_type"] == event_type {
                let step = row["payload"]["step_id"].as_str().unwrap_or_default();
                *counts.entry(step.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// The decisions as git alone has them.
    #[track_caller]
    pub(crate) fn decisions(&self) -> Vec<Value> {
        let log = ["decision", "log", "--mission", &self.slug];
        self.pawtrail.data(&self.repo, &log)["decisions"]
            .as_array()
            .unwrap()
            .clone()
    }
}

/// The place of [`SHARED`].
pub(crate) const TEMPLATE: &str = ".kittify/missions/shared/mission-runtime.yaml";

/// The arguments with which somebody answers.
pub(crate) fn answer_by<'a>(
    name: &'a str,
    kind: &'a str,
    decision: &'a str,
    answer: &'a str,
) -> Vec<&'a str> {
    vec![
        "--agent",
        "coder",
        "--result",
        "success",
        "--decision-id",
        decision,
        "--answer",
        answer,
        "--actor",
        name,
        "--actor-type",
        kind,
    ]
}

/// What a person says to a question of any template here.
pub(crate) fn sensible(document: &Value) -> String {
    match document["options"]
        .as_array()
        .and_then(|options| options.first())
    {
        Some(first) => text(first),
        None => format!("my {}", document["input_key"].as_str().unwrap()),
    }
}

/// Every file below a directory with its content and its time of change.
pub(crate) fn everything(
    dir: &Path,
) -> BTreeMap<PathBuf, (Vec<u8>, Option<std::time::SystemTime>)> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let known = std::fs::symlink_metadata(&path).unwrap();
            if known.is_dir() {
                found.insert(path.clone(), (Vec::new(), None));
                dirs.push(path);
            } else {
                let content = std::fs::read(&path).unwrap_or_default();
                found.insert(path, (content, known.modified().ok()));
            }
        }
    }
    found
}
