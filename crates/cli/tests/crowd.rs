//! Many processes at once in one mission, from several worktrees, beside people who use plain git.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say what they measured"
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
        let mut seen = Seen::default();
        // A few more after the last answer: what a person commits then takes nothing back.
        let mut after = 3;
        while after > 0 {
            if done.load(Ordering::Relaxed) == WORKERS {
                after -= 1;
            }
            let name = format!("note-{:03}.md", made.len());
            places[1].write(&name, "note\n");
            insist(&places[1], &["add", &name]);
            commit(&places[1], &["-m", &name], &project.path, &mut seen);
            made.push(name);
        }
        (made, seen)
    };
    let (given, (made, seen)) = std::thread::scope(|scope| {
        let person = scope.spawn(person);
        let given = answer_all(&project, &places, 10, &done);
        (given, person.join().unwrap())
    });
    println!("{} commits of git's own: {seen:?}", made.len());
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
    let removals = removals(&project.repo, &project.ledger, &project.path);
    assert_eq!(removals, Vec::<String>::new());
    assert_eq!(places[1].status_v2(), "");
}

/// The commits of a branch that take lines out of a file, by their subjects.
fn removals(repo: &Repo, branch: &str, path: &str) -> Vec<String> {
    let log = ["log", "--format=%s", "--numstat", branch, "--", path];
    let text = repo.git(&log);
    let mut found = Vec::new();
    let mut subject = "";
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split('\t').nth(1) {
            None => subject = line,
            Some("0") => {}
            Some(_) => found.push(subject.to_owned()),
        }
    }
    found
}

/// What a person who commits with git beside us gets to see.
#[derive(Debug, Default)]
struct Seen {
    /// How often git found a lock.
    locked: usize,
    /// How often git saw the branch move under it.
    overtaken: usize,
    /// How often it had then put an index in place that it had read before our commit.
    stale: usize,
}

/// Commits by git, again and again until it is done.
///
/// Git reads the index before it locks it. Where our whole commit falls between the two, git writes the index that it
/// has read, and only then notices that the branch has moved. It says so, and shows our lines as removed; a person
/// takes that file from HEAD and goes on.
#[track_caller]
fn commit(repo: &Repo, args: &[&str], path: &str, seen: &mut Seen) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let output = repo.try_git(&[&["commit", "-q"], args].concat());
        if output.status == 0 {
            return;
        }
        assert!(Instant::now() < end, "{output}");
        if output.stderr.contains("but expected") {
            seen.overtaken += 1;
            let removed = ["diff", "--cached", "--numstat", "HEAD", "--", path];
            let removed = repo.git(&removed);
            if removed.split('\t').nth(1).is_some_and(|gone| gone != "0") {
                seen.stale += 1;
                insist(repo, &["restore", "--staged", "--", path]);
            }
        } else {
            let locked = ["index.lock", "cannot lock ref"];
            assert!(
                locked.iter().any(|words| output.stderr.contains(words)),
                "{output}"
            );
            seen.locked += 1;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Git doesn't wait for the index's lock; a person tries again. Returns how often.
#[track_caller]
fn insist(repo: &Repo, args: &[&str]) -> usize {
    let end = Instant::now() + Duration::from_secs(60);
    let mut again = 0;
    loop {
        let output = repo.try_git(args);
        if output.status == 0 {
            return again;
        }
        again += 1;
        let locked =
            output.stderr.contains("index.lock") || output.stderr.contains("cannot lock ref");
        assert!(locked && Instant::now() < end, "{output}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Three missions: one on the branch that the primary checkout has, two with worktrees of their own branches.
fn three_missions(scratch: &Scratch) -> (Project, [Repo; 4], [(String, String, String); 3]) {
    let project = Project::on_work(scratch, BINARY);
    let known = |made: &serde_json::Value| {
        let dir = text(&made["dir"]);
        let path = format!("{dir}/decisions.events.jsonl");
        (text(&made["mission_id"]), text(&made["ledger_ref"]), path)
    };
    let first = (
        project.mission_id.clone(),
        project.ledger.clone(),
        project.path.clone(),
    );
    // On `main`, which is protected, a mission gets a branch of its own.
    project.repo.git(&["switch", "-q", "main"]);
    let [second, third] = ["search", "billing"].map(|slug| {
        let create = ["mission", "create", slug];
        known(&project.pawtrail.data(&project.repo, &create))
    });
    project.repo.git(&["switch", "-q", "work"]);
    let short = |name: &str| name.trim_start_matches("refs/heads/").to_owned();
    let places = [
        project.repo.clone(),
        project.repo.worktree("search", &short(&second.1)),
        project.repo.worktree("billing", &short(&third.1)),
        project.repo.worktree("topic", "topic"),
    ];
    (project, places, [first, second, third])
}

/// A person who commits, stages, stashes and amends on each checked-out ledger branch until told to stop; returns
/// the notes that were committed, by place, and how often git had to be asked again.
fn person(places: &[Repo], stop: &AtomicUsize) -> (Vec<(usize, String)>, usize) {
    let mut made = Vec::new();
    let mut again = 0;
    let mut at = 0;
    while stop.load(Ordering::Relaxed) < CROWD {
        let place = at % places.len();
        let repo = &places[place];
        let name = format!("note-{at:04}.md");
        // A person also thinks.
        std::thread::sleep(Duration::from_millis(50));
        repo.write(&name, "note\n");
        again += insist(repo, &["add", &name]);
        match at % 4 {
            0 => again += insist(repo, &["commit", "-q", "-m", &name]),
            1 => {
                again += stash_and_pop(repo, &name);
                again += insist(repo, &["commit", "-q", "-m", &name, "--", &name]);
            }
            2 => {
                again += insist(repo, &["commit", "-q", "-m", &name]);
                again += insist(repo, &["commit", "-q", "--amend", "--no-edit"]);
            }
            _ => again += insist(repo, &["commit", "-q", "-m", &name, "--only", &name]),
        }
        made.push((place, name));
        at += 1;
    }
    (made, again)
}

/// Puts a staged file away and gets it back. Stash locks the index more than once and stops half-way when it can't; a
/// person then looks at what is there and goes on. Returns how often that was.
fn stash_and_pop(repo: &Repo, name: &str) -> usize {
    let end = Instant::now() + Duration::from_secs(60);
    let mut said = Vec::new();
    loop {
        let output = repo.try_git(&["stash", "push", "-q", "--staged"]);
        let done = output.status == 0 || !repo.stash_list().is_empty();
        said.push(output);
        assert!(Instant::now() < end, "{name} can't be stashed: {said:#?}");
        if done {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    while !repo.stash_list().is_empty() {
        // What a half-done push or pop left would be in the way.
        insist(repo, &["rm", "-q", "-f", "--ignore-unmatch", "--", name]);
        let _ = std::fs::remove_file(repo.path().join(name));
        said.push(repo.try_git(&["stash", "pop", "-q"]));
        assert!(Instant::now() < end, "{name} can't be popped: {said:#?}");
    }
    assert_eq!(
        repo.read(name).as_deref(),
        Some("note\n"),
        "{name}: {said:#?}"
    );
    insist(repo, &["add", name]);
    said.iter().filter(|output| output.status != 0).count()
}

/// Why a person who stashes beside others may miss a file, with git alone: a push that could not lock the index leaves
/// the file staged, and a pop gives back only what the index lacks. The index still has it.
#[test]
fn a_stash_is_popped_without_the_file_that_the_index_has() {
    let scratch = Scratch::new();
    let repo = scratch.repo("alone");
    let name = "note.md";
    repo.write(name, "note\n");
    repo.git(&["add", name]);
    repo.git(&["stash", "push", "-q", "--staged"]);
    repo.write(name, "note\n");
    repo.git(&["add", name]);
    std::fs::remove_file(repo.path().join(name)).unwrap();
    repo.git(&["stash", "pop", "-q"]);
    assert_eq!((repo.stash_list().as_str(), repo.read(name)), ("", None));
    assert_eq!(repo.git(&["status", "--short"]), "AD note.md\n");
    repo.git(&["checkout", "-q", "--", name]);
    assert_eq!(repo.read(name).as_deref(), Some("note\n"));
}

const CROWD: usize = 16;
/// What each process of the crowd answers, unless `PAWTRAIL_TEST_ANSWERS` says another number, such as 50.
const EACH: usize = 6;

#[test]
fn sixteen_processes_answer_decisions_in_three_missions_while_git_commits_stashes_and_amends() {
    crowd("library");
}

#[test]
fn sixteen_processes_answer_decisions_that_git_itself_commits_while_a_user_works() {
    crowd("executable");
}

fn crowd(engine: &str) {
    let each =
        std::env::var("PAWTRAIL_TEST_ANSWERS").map_or(EACH, |answers| answers.parse().unwrap());
    let scratch = Scratch::new();
    let (project, places, missions) = three_missions(&scratch);
    if engine == "executable" {
        // Git ignores an extension that it doesn't know in a repository of the first format; the library may not.
        project.repo.git(&["config", "extensions.unheard", "true"]);
    }
    assert_eq!(project.engine(), engine);
    let stop = AtomicUsize::new(0);
    let work = |worker: usize| {
        let place = &places[worker % places.len()];
        let mission = &missions[worker % missions.len()].0;
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
            let answer = [
                "--json",
                "decision",
                "answer",
                &id,
                "yes",
                "--mission",
                mission,
            ];
            let output = project.pawtrail.run(place, &answer);
            let document = output.json();
            // Git may hold a lock for longer than an answer waits; the next command commits it then.
            let receipt = match output.status {
                0 => &document["receipt"],
                3 => &document["error"]["details"]["receipt"],
                _ => panic!("{output}"),
            };
            given.push((
                worker % missions.len(),
                id,
                text(&receipt["event_id"]),
                output,
            ));
        }
        stop.fetch_add(1, Ordering::Relaxed);
        given
    };
    let (given, (made, again)) = std::thread::scope(|scope| {
        let person = scope.spawn(|| person(&places[..3], &stop));
        let work = &work;
        let workers: Vec<_> = (0..CROWD)
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        let given: Vec<_> = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect();
        (given, person.join().unwrap())
    });
    let late = given.iter().filter(|answer| answer.3.status == 3).count();
    let mut took: Vec<Duration> = given.iter().map(|answer| answer.3.took).collect();
    took.sort();
    println!(
        "{} answers: median {:?}, p99 {:?}, longest {:?}; {late} committed by a later command; \
         {} commits of git's own beside them, {again} repeated",
        given.len(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took[took.len() - 1],
        made.len(),
    );
    assert_eq!(given.len(), CROWD * each);
    assert!(made.len() > 5, "too few commits beside the answers");
    // Git's commit and stash write indexes that they read before our commit: seen or not, nothing is missing in the end.
    for (_, ledger, path) in &missions {
        println!(
            "{ledger}: commits of git's that took lines away, to come back: {:?}",
            removals(&project.repo, ledger, path)
        );
    }
    // Whatever waited is committed by one more command.
    for (at, (mission, ledger, path)) in missions.iter().enumerate() {
        let ask = [
            "decision",
            "request",
            "--mission",
            mission,
            "--question",
            "Last?",
        ];
        let id = text(&project.pawtrail.data(&places[3], &ask)["decision_id"]);
        let answer = ["decision", "answer", &id, "yes", "--mission", mission];
        project.pawtrail.data(&places[3], &answer);
        let log = project.repo.read_at(ledger, path).unwrap();
        let rows = pawtrail_testkit::rows(&log);
        let events: HashSet<String> = rows.iter().map(|row| text(&row["event_id"])).collect();
        assert_eq!(rows.len(), events.len(), "an event stands twice in {path}");
        let answered: HashMap<String, String> = rows
            .iter()
            .filter(|row| row["event_type"] == "DecisionInputAnswered")
            .map(|row| (text(&row["payload"]["decision_id"]), text(&row["event_id"])))
            .filter(|(known, _)| *known != id)
            .collect();
        let wanted: HashMap<String, String> = given
            .iter()
            .filter(|answer| answer.0 == at)
            .map(|answer| (answer.1.clone(), answer.2.clone()))
            .collect();
        assert_eq!(answered, wanted, "{path}");
        assert_eq!(rows.len(), 2 * (wanted.len() + 1), "{path}");
        assert_eq!(places[at].status_v2(), "", "{path}");
        assert_eq!(places[at].stash_list(), "");
    }
    for (place, name) in &made {
        assert!(
            project.repo.read_at(&missions[*place].1, name).is_some(),
            "{name} is gone from {}",
            missions[*place].1
        );
    }
    project.repo.fsck();
}
