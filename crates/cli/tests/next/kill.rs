//! SIGKILL at random moments: no step is issued twice, no answer lost or doubled, and the run always continues.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use pawtrail_testkit::{rows, text};
use serde_json::Value;

use crate::support::{TURNS, World, answer_by, sensible};

/// Kills, unless `PAWTRAIL_TEST_KILLS` says another number.
const KILLS: u64 = 40;
/// Kills come up to so long after the start, in turns: some after the end, so that there are reports to hold to.
const REACH: f64 = 1.3;

/// A xorshift: the same seed kills at the same moments.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[test]
fn a_kill_at_any_moment_loses_and_doubles_nothing() {
    let seed = std::env::var("PAWTRAIL_TEST_SEED").map_or_else(
        |_| RandomState::new().hash_one(0),
        |seed| seed.parse().unwrap(),
    );
    let kills: u64 =
        std::env::var("PAWTRAIL_TEST_KILLS").map_or(KILLS, |rounds| rounds.parse().unwrap());
    let mut dice = Dice(seed | 1);
    let (mut killed, mut reported, mut missions) = (0, 0, 0);
    let mut whole = median();
    while killed < kills {
        let world = World::shared();
        missions += 1;
        let mut told = BTreeMap::new();
        // A mission has some ten turns; each is killed about once before it is let through.
        for turn in 0.. {
            let state = world.query();
            if state["mission_state"] == "done" {
                break;
            }
            assert!(
                turn < 20 * TURNS,
                "the run stands still: {state:#} (seed {seed})"
            );
            let args = turn_of(&state);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            if killed >= kills {
                world.next(&args);
                continue;
            }
            let mut all = vec!["--json", "next", "--mission", &world.slug];
            all.extend(&args);
            let running = world.pawtrail.spawn(&world.repo, &all);
            std::thread::sleep(whole.mul_f64(REACH * dice.roll()));
            let output = running.kill();
            killed += 1;
            let is_reported = output.stdout.ends_with("}\n");
            // The machine may be busier or idler than it was.
            whole = whole.mul_f64(if is_reported { 0.9 } else { 1.05 });
            if is_reported {
                reported += 1;
                let document: Value = serde_json::from_str(&output.stdout).unwrap();
                if let Some(id) = document["answered"].as_str() {
                    told.insert(id.to_owned(), text(&document["answer"]));
                }
            }
            holds(&world, &told, seed);
        }
        // The last call was killed perhaps, after its rows: the end is told to who asks.
        assert_eq!(world.report(&[])["kind"], "terminal", "seed {seed}");
        for (step, times) in world.count("NextStepAutoCompleted") {
            assert_eq!(times, 1, "{step} (seed {seed})");
        }
        assert_eq!(world.count("MissionRunCompleted")[""], 1, "seed {seed}");
        holds(&world, &told, seed);
    }
    println!(
        "{killed} kills in {missions} missions, {reported} calls had reported before (seed {seed})"
    );
    assert!(
        reported > 0 && reported < killed,
        "{reported} of {killed} (seed {seed})"
    );
}

/// What an agent does that knows nothing but what a query says.
fn turn_of(state: &Value) -> Vec<String> {
    let words = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    if let Some(decision) = state["decision_id"].as_str() {
        return words(answer_by("lead", "human", decision, &sensible(state)));
    }
    let mut args = vec!["--agent", "coder", "--result", "success"];
    // A step that nobody has is still to be issued.
    if let (Some(step), true) = (state["step_id"].as_str(), state["issued_to"].is_string()) {
        args.extend(["--step", step]);
    }
    words(args)
}

fn holds(world: &World, told: &BTreeMap<String, String>, seed: u64) {
    if world.repo.path().join(".kittify/runtime/runs").is_dir() {
        for entry in std::fs::read_dir(world.repo.path().join(".kittify/runtime/runs")).unwrap() {
            let log = entry.unwrap().path().join("run.events.jsonl");
            let Ok(log) = std::fs::read_to_string(log) else {
                continue;
            };
            let mut issued = BTreeMap::<String, usize>::new();
            for row in rows(&log) {
                if row["event_type"] == "NextStepIssued" {
                    *issued.entry(text(&row["payload"]["step_id"])).or_default() += 1;
                }
            }
            assert!(
                issued.values().all(|times| *times == 1),
                "{issued:?} (seed {seed})"
            );
        }
    }
    let path = format!("kitty-specs/{}/decisions.events.jsonl", world.slug);
    let file = world
        .repo
        .read_at("refs/heads/work", &path)
        .unwrap_or_default();
    let mut answers = BTreeMap::new();
    for row in rows(&file) {
        if row["event_type"] == "DecisionInputAnswered" {
            let id = text(&row["payload"]["decision_id"]);
            let before = answers.insert(id.clone(), text(&row["payload"]["answer"]));
            assert_eq!(before, None, "{id} is answered twice (seed {seed})");
        }
    }
    for (id, answer) in told {
        assert_eq!(
            answers.get(id),
            Some(answer),
            "{id} was reported and isn't in git (seed {seed})"
        );
    }
}

/// How long a turn takes here and now.
fn median() -> Duration {
    let world = World::shared();
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let args = turn_of(&world.query());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            world.raw(&world.repo, &args).took
        })
        .collect();
    times.sort();
    times[2]
}
