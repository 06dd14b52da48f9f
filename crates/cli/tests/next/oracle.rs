//! The Python tool on a mission of the same template: what its query and ours say at each step.
//!
//! Both drive the template [`crate::support::SHARED`], each in a repository of its own. What is known to differ is asserted.

use pawtrail_testkit::{SpecKitty, text};
use serde_json::{Value, json};

use crate::support::{SHARED, TEMPLATE, World, answer_by};

/// The keys that both have to agree on.
const SAME: [&str; 7] = [
    "kind",
    "step_id",
    "decision_id",
    "question",
    "options",
    "input_key",
    "mission_state",
];

/// Both tools, each with a mission.
struct Both {
    /// First, so that it ends before the directory that it works in is gone.
    python: SpecKitty,
    ours: World,
    theirs: World,
}

impl Both {
    fn new() -> Self {
        let ours = World::shared();
        let theirs = World::shared();
        let python = SpecKitty::start(&theirs.scratch);
        Self {
            ours,
            theirs,
            python,
        }
    }

    fn request(&self, more: &Value) -> Value {
        let mut request = json!({
            "mission": self.theirs.slug,
            "root": self.theirs.repo.path().to_string_lossy(),
            "agent": "coder",
        });
        for (key, value) in more.as_object().unwrap() {
            request[key] = value.clone();
        }
        request
    }

    /// Compares both queries; returns them.
    #[track_caller]
    fn query(&mut self) -> (Value, Value) {
        let request = self.request(&json!({}));
        let theirs = self.python.must("next_query", request);
        let ours = self.ours.query();
        for key in SAME {
            assert_eq!(
                ours[key], theirs[key],
                "{key}: ours {ours:#}\ntheirs {theirs:#}"
            );
        }
        (ours, theirs)
    }

    /// Reports success on both sides and compares what comes next.
    #[track_caller]
    fn report(&mut self) -> Value {
        let request = self.request(&json!({"result": "success"}));
        let theirs = self.python.must("next_result", request);
        let ours = self.ours.report(&[]);
        for key in SAME.into_iter().chain(["action"]) {
            assert_eq!(
                ours[key], theirs[key],
                "{key}: ours {ours:#}\ntheirs {theirs:#}"
            );
        }
        ours
    }

    /// Answers on both sides.
    #[track_caller]
    fn answer(&mut self, decision: &str, answer: &str) -> Result<Value, String> {
        let request =
            self.request(&json!({"decision_id": decision, "answer": answer, "agent": "lead"}));
        self.ours.owner_answers(decision, answer);
        self.python.ask("next_answer", request)
    }

    fn their_run(&self) -> std::path::PathBuf {
        self.theirs.run_dir()
    }
}

#[test]
fn a_query_says_what_the_python_tool_says_at_each_step() {
    let mut both = Both::new();
    let (ours, theirs) = both.query();
    assert_eq!(
        (&ours["preview_step"], &theirs["preview_step"]),
        (&"shape".into(), &"shape".into())
    );
    assert_eq!(ours["run_id"], Value::Null);
    both.report();
    let (ours, theirs) = both.query();
    // A step that is issued is no block: the Python tool's planner passes it over and calls what is left unmet.
    assert_eq!(
        theirs["reason"],
        "No eligible steps: remaining steps have unmet dependencies."
    );
    assert_eq!(ours["reason"], Value::Null);
    assert_eq!(both.report()["decision_id"], "input:database");
    both.query();
    both.answer("input:database", "sqlite").unwrap();
    // Its answer is recorded before the next question is asked, ours asks at once; a report brings both to it.
    assert_eq!(both.report()["decision_id"], "input:region");
    both.query();
    both.answer("input:region", "eu").unwrap();
    // Ours has issued the step with the answer; in the Python tool the report that goes with it does.
    let request = both.request(&json!({"result": "success"}));
    let theirs = both.python.must("next_result", request);
    assert_eq!(theirs["step_id"], "build");
    for step in ["build", "write", "glance"] {
        let (ours, _) = both.query();
        assert_eq!(ours["step_id"], step);
        both.report();
    }
    let (ours, theirs) = both.query();
    assert_eq!(ours["decision_id"], "audit:check");
    // Defect 46: nobody can answer an audit, because nothing sets the owner.
    assert_eq!(theirs["options"], json!(["approve", "reject"]));
    let denied = both.answer("audit:check", "approve").unwrap_err();
    assert!(denied.contains("mission_owner_id"), "{denied}");
    let file = both.their_run().join("state.json");
    let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    state["inputs"]["mission_owner_id"] = json!("lead");
    std::fs::write(&file, state.to_string()).unwrap();
    both.answer("audit:check", "approve").unwrap();
    assert_eq!(both.report()["decision_id"], "audit:weigh");
    let (ours, _) = both.query();
    assert_eq!(
        ours["options"],
        json!(["decide_solo", "open_stand_up", "defer"])
    );
    both.answer("audit:weigh", "defer").unwrap();
    both.query();
    both.answer("audit:weigh", "decide_solo").unwrap();
    let request = both.request(&json!({"result": "success"}));
    let theirs = both.python.must("next_result", request);
    assert_eq!(theirs["kind"], "terminal");
    let (ours, _) = both.query();
    assert_eq!(ours["mission_state"], "done");
}

#[test]
fn a_block_is_named_as_the_python_tool_names_it() {
    for (result, edit) in [("failed", false), ("blocked", false), ("success", true)] {
        let mut both = Both::new();
        both.report();
        if edit {
            let edited = SHARED.replace("Shape it", "Form it");
            both.ours.repo.write(TEMPLATE, &edited);
            both.theirs.repo.write(TEMPLATE, &edited);
        }
        let request = both.request(&json!({"result": result}));
        let theirs = both.python.must("next_result", request);
        let (status, ours) = both.ours.next(&["--agent", "coder", "--result", result]);
        assert_eq!(status, 1, "{ours:#}");
        for key in ["kind", "reason", "step_id"] {
            assert_eq!(ours[key], theirs[key], "{key}");
        }
        let (ours, theirs) = both.query();
        assert_eq!(ours["reason"], theirs["reason"]);
    }
}

#[test]
fn the_python_tool_reads_our_projections_and_goes_on_from_them() {
    let world = World::shared();
    world.report(&[]);
    world.report(&["--step", "shape"]);
    let mut python = SpecKitty::start(&world.scratch);
    let query = |python: &mut SpecKitty| {
        let request = json!({"mission": world.slug, "root": world.repo.path().to_string_lossy()});
        let theirs = python.must("next_query", request);
        let ours = world.query();
        for key in SAME.into_iter().chain(["run_id"]) {
            assert_eq!(ours[key], theirs[key], "{key}: {theirs:#}");
        }
    };
    let bytes = |python: &mut SpecKitty| {
        let dir = world.run_dir();
        let again = python.must("next_state", json!({"dir": dir.to_string_lossy()}));
        let state = std::fs::read_to_string(dir.join("state.json")).unwrap();
        assert_eq!(state, text(&again));
    };
    query(&mut python);
    bytes(&mut python);
    world.owner_answers("input:database", "sqlite");
    query(&mut python);
    world.owner_answers("input:region", "eu");
    query(&mut python);
    bytes(&mut python);
    for step in ["build", "write", "glance"] {
        world.report(&["--step", step]);
    }
    world.owner_answers("audit:check", "approve");
    world.owner_answers("audit:weigh", "defer");
    query(&mut python);
    bytes(&mut python);
    let (status, _) = world.next(&answer_by("lead", "human", "audit:weigh", "decide_solo"));
    assert_eq!(status, 0);
    query(&mut python);
    bytes(&mut python);
}
