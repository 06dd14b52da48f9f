//! FR-010 to FR-015 and FR-017: which commits become frames, and the conversation with a hub that does what it is told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::time::Duration;

use pawtrail_testkit::{Project, Repo, Scratch, ScriptedHub, eventually, text};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
const SOON: Duration = Duration::from_secs(30);

/// Allows the project to send to the hub, and sends nothing of what there is so far.
fn enable(project: &Project, hub: &ScriptedHub) {
    let url = hub.url();
    let token = "0123456789abcdef0123456789abcdef";
    let enable = ["sync", "enable", &url, "--token", token, "--from-now"];
    project.pawtrail.data(&project.repo, &enable);
}

/// A worktree on the mission's branch.
fn agent(project: &Project) -> Repo {
    project.repo.worktree("agent", project.branch())
}

fn hashes(frames: &[Value]) -> Vec<String> {
    frames
        .iter()
        .map(|frame| text(&frame["git_hash"]))
        .collect()
}

/// The frame of a commit, as the state file has it.
fn waiting(project: &Project, commit: &str) -> Value {
    let state = project.state();
    let frames = state["pending_local_commits"].as_array().unwrap();
    let found = frames.iter().find(|frame| frame["git_hash"] == commit);
    found
        .unwrap_or_else(|| panic!("{commit} isn't in {state:#}"))
        .clone()
}

fn is_ulid(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 26
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[test]
fn fr_010_each_commit_that_touches_kitty_specs_has_one_frame_with_all_it_must_say() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    let spec = format!("{}/spec.md", project.dir);
    let plan = format!("{}/tasks/plan.md", project.dir);
    agent.write(&spec, "spec\n");
    agent.write(&plan, "plan\n");
    agent.write("src/main.txt", "code\n");
    agent.git(&["add", "-A"]);
    agent.git(&["commit", "-q", "-m", "Write by plain git"]);
    let plain = agent.rev("HEAD").unwrap();
    agent.git(&["rm", "-q", &plan]);
    agent.git(&["commit", "-q", "-m", "Remove the plan"]);
    let removal = agent.rev("HEAD").unwrap();
    let answer = project.decide("Which?");
    let pending = project.pending();
    assert_eq!(
        pending[pending.len() - 3..],
        [plain.clone(), removal.clone(), answer.clone()]
    );
    for (commit, files) in [
        (&plain, vec![&spec, &plan]),
        (&removal, vec![&plan]),
        (&answer, vec![&project.path]),
    ] {
        assert_eq!(pending.iter().filter(|hash| *hash == commit).count(), 1);
        assert_eq!(commit.len(), 40);
        let frame = waiting(&project, commit);
        assert_eq!(frame["type"], "LocalCommit");
        assert_eq!(frame["mission_id"], project.mission_id.as_str());
        assert!(
            is_ulid(&frame["mission_id"]) && is_ulid(&frame["build_id"]),
            "{frame:#}"
        );
        let named: Vec<String> = frame["changed_files"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect();
        assert_eq!(named.iter().collect::<Vec<_>>(), files);
        let stated = text(&frame["committed_at"]);
        assert!(
            stated.ends_with('Z') || stated.ends_with("+00:00"),
            "not UTC: {stated}"
        );
        let seconds = project.repo.git(&[
            "show",
            "-s",
            "--format=%cd",
            "--date=format-local:%Y-%m-%dT%H:%M:%S",
            commit,
        ]);
        assert!(
            stated.starts_with(seconds.trim()),
            "{stated}, and git says {seconds}"
        );
    }
}

#[test]
fn fr_011_no_frame_for_other_paths_or_other_branches() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    project.decide("First?");
    let before = project.pending();
    agent.commit_file(
        "src/main.txt",
        "code\n",
        "Write code on the mission's branch",
    );
    agent.commit_file(
        "kitty-specs.md",
        "no spec\n",
        "Write something of a similar name",
    );
    let topic = project.repo.worktree("topic", "topic");
    let spec = format!("{}/spec.md", project.dir);
    topic.commit_file(&spec, "spec\n", "Write a spec on a branch of no mission");
    project
        .repo
        .commit_file(&spec, "spec\n", "Write a spec on main");
    assert_eq!(
        project.status()["pending"].as_u64(),
        Some(before.len() as u64)
    );
    let answer = project.decide("Second?");
    let pending = project.pending();
    assert_eq!(pending, [before, vec![answer]].concat());
}

#[test]
fn fr_012_a_frame_is_stored_first_sent_at_once_and_leaves_on_its_acknowledgement() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let id = project.request("Which?");
    let receipt = project.answer(&id, "yes");
    assert_eq!(receipt["delivery"], "pending");
    let commit = text(&receipt["commit"]);
    assert_eq!(
        project.pending(),
        std::slice::from_ref(&commit),
        "stored before the command ended"
    );
    // Sent, and it stays until the hub has said that it has it.
    assert_eq!(
        hashes(&hub.wait_for(1, SOON)),
        std::slice::from_ref(&commit)
    );
    assert_eq!(project.pending(), std::slice::from_ref(&commit));
    assert_eq!(project.state()["last_saas_confirmed_hash"], Value::Null);
    hub.acknowledge(&commit);
    eventually("the frame has left", SOON, || project.pending().is_empty());
    let again = project.answer(&id, "yes");
    assert_eq!(again["delivery"], "acknowledged");
    // Connected, the next one goes at once.
    let next = project.decide("And?");
    assert_eq!(hashes(&hub.wait_for(2, SOON))[1], next);
}

#[test]
fn fr_013_the_state_file_holds_the_confirmed_hash_and_the_frames_in_order() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let made: Vec<String> = (0..5)
        .map(|at| project.decide(&format!("Question {at}?")))
        .collect();
    let state = project.state();
    let keys: Vec<&String> = state.as_object().unwrap().keys().collect();
    for key in ["last_saas_confirmed_hash", "pending_local_commits"] {
        assert!(
            keys.iter().any(|known| *known == key),
            "{key} is missing: {keys:?}"
        );
    }
    assert_eq!(state["last_saas_confirmed_hash"], Value::Null);
    let pending = project.pending();
    assert_eq!(pending[pending.len() - 5..], made);
    // Private to this clone: git doesn't see it.
    assert_eq!(project.repo.status_v2(), "");
    // A cache: deleted, it is as it was after the next command that commits.
    std::fs::remove_file(project.repo.path().join(".kittify/sync-state.json")).unwrap();
    let last = project.decide("Last?");
    assert_eq!(project.pending(), [pending, vec![last]].concat());
}

#[test]
fn fr_014_all_pending_frames_are_replayed_in_ancestry_order_before_anything_else() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let made = project
        .pawtrail
        .data(&project.repo, &["mission", "create", "search"]);
    let (dir, other) = (text(&made["dir"]), text(&made["ledger_ref"]));
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let first = agent(&project);
    let second = project
        .repo
        .worktree("second", other.trim_start_matches("refs/heads/"));
    // Two branches grow in turns, and clocks run backwards: only ancestry tells the order.
    for at in 0..5 {
        for (repo, dir) in [(&first, &project.dir), (&second, &dir)] {
            let path = format!("{dir}/part-{at}.md");
            repo.write(&path, "part\n");
            repo.git(&["add", "-A"]);
            let date = format!("2026-06-01T08:{:02}:00Z", 50 - 10 * at);
            let commit = repo.env().clone().with("GIT_COMMITTER_DATE", date);
            let args = ["commit", "-q", "-m", "Write a part"];
            let done = commit
                .command("git")
                .current_dir(repo.path())
                .args(args)
                .status();
            assert!(done.unwrap().success());
        }
    }
    // The courier is woken by a read-only look no more than by a commit: this command wakes it.
    let last = project.decide("Which?");
    let received = hub.wait_for(11, SOON);
    assert!(
        received.iter().all(|frame| frame["type"] == "LocalCommit"),
        "{received:#?}"
    );
    let order = hashes(&received);
    for branch in [&project.ledger, &other] {
        let range = project.repo.git(&[
            "rev-list",
            "--reverse",
            "--topo-order",
            branch,
            "--not",
            "main",
        ]);
        let ancestry: Vec<&str> = range.lines().skip(1).collect();
        let of_branch: Vec<&str> = order
            .iter()
            .map(String::as_str)
            .filter(|hash| ancestry.contains(hash))
            .collect();
        assert_eq!(of_branch, ancestry, "{branch}");
    }
    assert_eq!(order.len(), 11, "each once: {order:?}");
    // Nothing was acknowledged; what is made meanwhile waits for its turn behind the replay.
    hub.hang_up();
    let live = project.decide("And?");
    let again = hashes(&hub.wait_for(23, SOON)[11..]);
    assert_eq!(again[..11], order);
    assert_eq!(again[11], live);
    assert!(order.contains(&last));
}

/// What a replay adds to a connect is one flight, not fifty answers one after another. `bench` measures how long it takes.
#[test]
fn nfr_003_fifty_offline_commits_leave_without_waiting_for_an_answer() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let agent = agent(&project);
    let mut commits: Vec<String> = (0..49)
        .map(|at| {
            agent.commit_file(
                &format!("{}/{at}.md", project.dir),
                "part\n",
                "Write a part",
            )
        })
        .collect();
    assert_eq!(hub.received(), Vec::<Value>::new(), "offline until now");
    agent.git(&["switch", "-q", "--detach"]);
    // This command wakes the courier.
    commits.push(project.decide("Which?"));
    // The hub has acknowledged none of them.
    assert_eq!(hashes(&hub.wait_for(50, SOON)), commits);
    assert_eq!(project.state()["last_saas_confirmed_hash"], Value::Null);
    hub.acknowledge_all();
    project.wait_until_acknowledged(SOON);
    assert_eq!(hub.received().len(), 50, "each once");
}

#[test]
fn fr_015_an_acknowledgement_moves_the_confirmed_hash_and_removes_that_frame_alone() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let made: Vec<String> = (0..4)
        .map(|at| project.decide(&format!("Question {at}?")))
        .collect();
    hub.wait_for(4, SOON);
    let confirmed = || project.state()["last_saas_confirmed_hash"].clone();
    let mut left = made.clone();
    // Out of order: it is the last acknowledgement, no watermark that takes others along.
    for at in [2, 0, 3, 1] {
        let hash = &made[at];
        hub.acknowledge(hash);
        left.retain(|other| other != hash);
        eventually("the acknowledgement is stored", SOON, || {
            confirmed() == hash.as_str()
        });
        assert_eq!(project.pending(), left);
    }
    // One that means nothing here changes nothing.
    hub.acknowledge(&"0".repeat(40));
    let last = project.decide("Last?");
    hub.wait_for(5, SOON);
    hub.acknowledge(&last);
    eventually("the last one is stored", SOON, || {
        confirmed() == last.as_str()
    });
    assert_eq!(project.pending(), Vec::<String>::new());
    assert_eq!(hub.received().len(), 5, "nothing was sent twice");
}

#[test]
fn fr_016_ten_offline_commits_are_ten_frames_and_an_amended_one_takes_its_place() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let mut made: Vec<String> = (0..10)
        .map(|at| project.decide(&format!("Question {at}?")))
        .collect();
    hub.wait_for(10, SOON);
    hub.hang_up();
    assert_eq!(project.pending(), made);
    let agent = agent(&project);
    agent.git(&["commit", "-q", "--amend", "-m", "Say it better"]);
    let amended = agent.rev("HEAD").unwrap();
    let replaced = std::mem::replace(&mut made[9], amended.clone());
    assert_ne!(replaced, amended);
    assert_eq!(project.status()["pending"], 10);
    made.push(project.decide("One more?"));
    assert_eq!(project.pending(), made);
    hub.acknowledge_all();
    eventually("all is acknowledged", SOON, || project.pending().is_empty());
    let sent = hub.received();
    let frame = sent
        .iter()
        .find(|frame| frame["git_hash"] == amended.as_str())
        .unwrap();
    assert_eq!(frame["supersedes"], serde_json::json!([replaced]));
}

#[test]
fn fr_017_neither_the_file_nor_a_frame_holds_anything_private() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = ScriptedHub::start();
    enable(&project, &hub);
    let id = project.request("Which?");
    project.answer(&id, "the secret plan");
    let frame = hub.wait_for(1, SOON).remove(0).to_string();
    let file = project.state().to_string();
    let path = scratch.path().to_string_lossy().into_owned();
    for private in [
        "Robin",
        "robin@example.test",
        path.as_str(),
        "secret",
        "Which?",
        "0123456789abcdef",
    ] {
        assert!(!frame.contains(private), "{private} in {frame}");
        assert!(!file.contains(private), "{private} in {file}");
    }
}
