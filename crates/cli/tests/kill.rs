//! SIGKILL at random moments of an answer: what was reported is in git, and nothing is left in the way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say what they measured"
)]

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use pawtrail_testkit::{Project, Repo, Scratch, rows, text};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
/// Short logs keep each run quick: each round has a project of its own.
const RUNS: u64 = 25;
/// The rounds of each test, unless `PAWTRAIL_TEST_ROUNDS` says another number; 10 make 1,000 kills in all.
const ROUNDS: u64 = 2;
/// Kills come up to so long after the start, in answers: some after the end, so that there are reports to hold to.
const REACH: f64 = 1.3;

#[test]
fn an_answer_that_was_reported_survives_a_kill_at_any_moment() {
    killed_often(|scratch| World {
        project: Project::new(scratch, BINARY),
        elsewhere: None,
    });
}

#[test]
fn an_answer_survives_a_kill_while_its_branch_is_checked_out() {
    killed_often(|scratch| checked_out(Project::on_work(scratch, BINARY)));
}

#[test]
fn an_answer_survives_a_kill_while_git_itself_makes_its_commit() {
    killed_often(|scratch| {
        let project = Project::on_work(scratch, BINARY);
        project.repo.git(&["config", "extensions.unheard", "true"]);
        assert_eq!(project.engine(), "executable");
        checked_out(project)
    });
}

#[test]
fn an_answer_survives_a_kill_while_another_worktree_has_its_branch() {
    killed_often(|scratch| {
        let project = Project::new(scratch, BINARY);
        let linked = project.repo.worktree("ledger", project.branch());
        busy(&linked);
        World {
            project,
            elsewhere: Some(linked),
        }
    });
}

/// A project, and the other worktree that an answer writes to.
struct World {
    project: Project,
    elsewhere: Option<Repo>,
}

impl World {
    fn status(&self) -> Vec<String> {
        let all = std::iter::once(&self.project.repo).chain(&self.elsewhere);
        all.map(Repo::status_v2).collect()
    }
}

fn checked_out(project: Project) -> World {
    busy(&project.repo);
    World {
        project,
        elsewhere: None,
    }
}

/// Somebody is at work in a worktree.
fn busy(repo: &Repo) {
    repo.write("README.md", "# Dirty\n");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
}

fn killed_often(world: impl Fn(&Scratch) -> World) {
    let seed = std::env::var("PAWTRAIL_TEST_SEED").map_or_else(
        |_| RandomState::new().hash_one(0),
        |seed| seed.parse().unwrap(),
    );
    let rounds =
        std::env::var("PAWTRAIL_TEST_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut dice = Dice(seed);
    let mut reported = 0;
    for round in 0..rounds {
        let scratch = Scratch::new();
        reported += killed(&world(&scratch), &mut dice, round, seed);
    }
    let runs = rounds * RUNS;
    println!("{runs} kills, {reported} answers had been reported before (seed {seed})");
    assert!(
        reported > 0,
        "no run of {runs} came to its end (seed {seed})"
    );
    assert!(
        reported * 4 <= runs * 3,
        "{reported} of {runs} runs reported before they were killed (seed {seed})"
    );
}

/// Kills 25 answers; returns how many had reported success.
fn killed(world: &World, dice: &mut Dice, round: u64, seed: u64) -> u64 {
    let project = &world.project;
    let before = world.status();
    let mut whole = median_answer(project);
    let mut reported = HashMap::new();
    let mut asked = Vec::new();
    for run in 0..RUNS {
        let id = project.request(&format!("Question {run}?"));
        let answer = ["--json", "decision", "answer", &id, "yes"];
        let running = project.pawtrail.spawn(&project.repo, &answer);
        std::thread::sleep(whole.mul_f64(REACH * dice.roll()));
        let output = running.kill();
        let is_reported = output.stdout.ends_with('\n');
        // The machine may be busier or idler than it was.
        whole = whole.mul_f64(if is_reported { 0.9 } else { 1.05 });
        if is_reported {
            let document = output.json();
            assert_eq!(document["receipt"]["committed"], true, "{output}");
            let event = text(&document["receipt"]["event_id"]);
            reported.insert(id.clone(), event);
        }
        // The next command, whichever it is, needs no help.
        let swept = match (run + round) % 4 {
            0 => {
                project.answer(&id, "yes");
                true
            }
            1 => {
                project.request(&format!("After {run}?"));
                true
            }
            2 => {
                let create = ["mission", "create", &format!("after-{run}")];
                project.receipt(&create);
                true
            }
            _ => {
                let note = format!("note-{run}.md");
                project.repo.write(&note, "note\n");
                let commit = project
                    .pawtrail
                    .run(&project.repo, &["commit", "-m", "Write a note", &note]);
                // On `main` it is refused, as ever; it must not be kept waiting.
                assert!(matches!(commit.status, 0 | 1), "{commit}");
                std::fs::remove_file(project.repo.path().join(&note)).unwrap();
                if commit.status == 0 {
                    let args = ["commit", "-q", "-m", "Remove the note", "--", &note];
                    project.repo.git(&args);
                }
                commit.status == 0
            }
        };
        if swept {
            assert_eq!(leftovers(world), Vec::<PathBuf>::new(), "seed {seed}");
        }
        whole_files(project, seed);
        asked.push(id);
    }
    let answers = answers(&project.rows());
    for (id, event) in &reported {
        let known = answers.get(id).map(Vec::as_slice);
        assert_eq!(
            known,
            Some(&[event.clone()][..]),
            "reported and not once in git (seed {seed})"
        );
    }
    for id in &asked {
        assert_eq!(project.answer(id, "yes")["committed"], true);
    }
    whole_files(project, seed);
    let answers = self::answers(&project.rows());
    for id in &asked {
        assert_eq!(answers[id].len(), 1, "{id} (seed {seed})");
    }
    // Questions that nobody answered wait in the checked-out file for an answer to ride with.
    let last = project.request("And then?");
    assert_eq!(project.answer(&last, "nothing")["committed"], true);
    assert_eq!(world.status(), before, "seed {seed}");
    project.repo.fsck();
    reported.len() as u64
}

/// Files in the making, tokens, and lock files, wherever they are.
fn leftovers(world: &World) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![world.project.repo.path().to_owned()];
    todo.extend(world.elsewhere.iter().map(|repo| repo.path().to_owned()));
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // Our own locks stay for ever.
                if !path.ends_with("pawtrail/locks") {
                    todo.push(path);
                }
                continue;
            }
            let token = path.parent().unwrap().ends_with("pawtrail/held") && name != "notes";
            if token || name.starts_with(".pawtrail-") || name.ends_with(".lock") {
                found.push(path);
            }
        }
    }
    found
}

/// How long an answer takes from start to end.
fn median_answer(project: &Project) -> Duration {
    let mut took: Vec<Duration> = (0..5)
        .map(|at| {
            let id = project.request(&format!("Probe {at}?"));
            let answer = ["--json", "decision", "answer", &id, "yes"];
            let output = project.pawtrail.run(&project.repo, &answer);
            output.expect_status(0).took
        })
        .collect();
    took.sort();
    took[2]
}

/// The answers' event ids by decision.
fn answers(rows: &[Value]) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        if row["event_type"] == "DecisionInputAnswered" {
            let id = text(&row["payload"]["decision_id"]);
            found.entry(id).or_default().push(text(&row["event_id"]));
        }
    }
    found
}

/// Each event file, in git, in the checkout and in the git directory, has whole lines, each once.
fn whole_files(project: &Project, seed: u64) {
    let in_git = project.repo.read_at(&project.ledger, &project.path);
    let spool = spool(project);
    let spooled = spool
        .exists()
        .then(|| std::fs::read_to_string(spool).unwrap());
    for file in [in_git, project.repo.read(&project.path), spooled] {
        let mut ids: Vec<String> = rows(&file.unwrap_or_default())
            .iter()
            .map(|row| text(&row["event_id"]))
            .collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "an event stands twice (seed {seed})");
    }
}

fn spool(project: &Project) -> PathBuf {
    let spools = project.repo.common_dir().join("pawtrail/spool");
    spools
        .join(&project.mission_id)
        .join("decisions.events.jsonl")
}

/// Numbers that can be had again from their seed (SplitMix64).
struct Dice(u64);

impl Dice {
    /// A number from 0 up to 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
