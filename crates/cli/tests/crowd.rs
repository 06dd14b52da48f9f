//! Many processes at once in one mission, from several worktrees, beside people who use plain git.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pawtrail_testkit::{Project, Repo, Scratch, text};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
const WORKERS: usize = 8;

/// The primary checkout on `main`, one worktree on the ledger branch, two on other branches.
fn places(project: &Project) -> [Repo; 4] {
    [
        project.repo.clone(),
        project.repo.worktree("ledger", project.branch()),
        project.repo.worktree("topic-a", "topic-a"),
        project.repo.worktree("topic-b", "topic-b"),
    ]
}

/// One process after the other in each of eight workers; returns the answers' events by decision.
fn answer_all(
    project: &Project,
    places: &[Repo; 4],
    each: usize,
    done: &AtomicUsize,
) -> HashMap<String, String> {
    let mission = project.mission_id.as_str();
    let work = |worker: usize| {
        let _ends = Ends(done);
        let place = &places[worker % places.len()];
        let mut given = Vec::new();
        for at in 0..each {
            let question = format!("Worker {worker}, question {at}?");
            let ask = [
                "decision",
                "request",
                "--mission",
                mission,
                "--question",
                &question,
            ];
            let id = text(&project.pawtrail.data(place, &ask)["decision_id"]);
            let answer = ["decision", "answer", &id, "yes", "--mission", mission];
            let (status, document) = project.pawtrail.json_in(place.path(), &answer);
            assert_eq!(status, 0, "{document:#}");
            assert_eq!(document["receipt"]["committed"], true, "{document:#}");
            given.push((id, text(&document["receipt"]["event_id"])));
        }
        given
    };
    std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}

/// Counts a worker that has come to its end, a failed one too.
struct Ends<'a>(&'a AtomicUsize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Every answer is in git exactly once, with the event that its receipt named, and so is its request.
fn all_in_git(project: &Project, given: &HashMap<String, String>) {
    let rows = project.rows();
    let events: HashSet<String> = rows.iter().map(|row| text(&row["event_id"])).collect();
    assert_eq!(
        (rows.len(), events.len()),
        (2 * given.len(), 2 * given.len())
    );
    let answered: HashMap<String, String> = rows
        .iter()
        .filter(|row| row["event_type"] == "DecisionInputAnswered")
        .map(|row| (text(&row["payload"]["decision_id"]), text(&row["event_id"])))
        .collect();
    assert_eq!(answered, *given);
    project.repo.fsck();
}

#[test]
fn eight_processes_answer_25_decisions_each_from_four_worktrees() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let places = places(&project);
    let before = project.checkout();
    let given = answer_all(&project, &places, 25, &AtomicUsize::new(0));
    assert_eq!(given.len(), 200);
    all_in_git(&project, &given);
    assert_eq!(project.checkout(), before);
    assert_eq!(places[1].status_v2(), "");
}

#[test]
fn eight_processes_and_plain_git_commits_on_the_ledger_branch_lose_nothing_of_each_other() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let places = places(&project);
    let done = AtomicUsize::new(0);
    let person = || {
        let mut made = Vec::new();
        // A few more after the last answer: what a person commits then takes nothing back.
        let mut after = 3;
        while after > 0 {
            if done.load(Ordering::Relaxed) == WORKERS {
                after -= 1;
            }
            let name = format!("note-{:03}.md", made.len());
            places[1].write(&name, "note\n");
            insist(&places[1], &["add", &name]);
            insist(&places[1], &["commit", "-q", "-m", &name]);
            made.push(name);
        }
        made
    };
    let (given, made) = std::thread::scope(|scope| {
        let person = scope.spawn(person);
        let given = answer_all(&project, &places, 10, &done);
        (given, person.join().unwrap())
    });
    assert!(
        made.len() > 5,
        "too few commits beside the answers: {made:?}"
    );
    assert_eq!(given.len(), 80);
    all_in_git(&project, &given);
    let subjects = project.repo.git(&["log", "--format=%s", &project.ledger]);
    let subjects: HashSet<&str> = subjects.lines().collect();
    for name in &made {
        assert!(subjects.contains(name.as_str()), "{name} is lost");
        assert!(
            project.repo.read_at(&project.ledger, name).is_some(),
            "{name} is gone"
        );
    }
    // No commit, whoever made it, took a line away.
    let removed = project.repo.git(&[
        "log",
        "--format=%h",
        "--numstat",
        &project.ledger,
        "--",
        &project.path,
    ]);
    for line in removed.lines().filter(|line| line.contains('\t')) {
        assert_eq!(line.split('\t').nth(1), Some("0"), "{removed}");
    }
    assert_eq!(places[1].status_v2(), "");
}

/// Git doesn't wait for the index's lock; a person tries again.
#[track_caller]
fn insist(repo: &Repo, args: &[&str]) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let output = repo.try_git(args);
        if output.status == 0 {
            return;
        }
        let locked =
            output.stderr.contains("index.lock") || output.stderr.contains("cannot lock ref");
        assert!(locked && Instant::now() < end, "{output}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
