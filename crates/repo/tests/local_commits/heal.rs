//! What a hub says that it has, beside what the clone remembers: lost answers, and a hub that lost what it had.

use pawtrail_event::frame::{BuildState, LocalCommitAck, Snapshot};
use pawtrail_repo::sync_state;

use crate::support::{BRANCH, Ground, REF, acks, hashes, project, superseded};

const OTHER_BUILD: &str = "01KT119YA7GD2Y0D7MZRH5JSS4";

/// What a hub says that lists all builds it knows.
pub(crate) fn says(builds: &[(&str, &str)]) -> Snapshot {
    let state = |(build, last): &(&str, &str)| BuildState {
        build_id: build.parse().unwrap(),
        last_acknowledged: Some(last.parse().unwrap()),
        frames: None,
    };
    Snapshot {
        protocol: Some(1),
        builds: Some(builds.iter().map(state).collect()),
        ..Snapshot::default()
    }
}

fn own(ground: &Ground) -> String {
    ground.project().build_id().unwrap().to_string()
}

/// The hub knows this clone's build, and this as its last commit.
fn last(ground: &Ground, commit: &str) {
    reconcile(ground, &says(&[(&own(ground), commit)]));
}

fn reconcile(ground: &Ground, said: &Snapshot) {
    sync_state::reconcile(&ground.project(), said).unwrap();
}

fn pending(ground: &Ground) -> Vec<String> {
    hashes(&sync_state::pending(&ground.project()).unwrap())
}

/// So many commits, all of them recorded.
fn recorded(ground: &Ground, count: usize) -> Vec<String> {
    let commits = (0..count)
        .map(|at| ground.spec(&format!("{at}.md")))
        .collect();
    ground.record();
    commits
}

/// The same, all of them acknowledged.
fn acknowledged(ground: &Ground, count: usize) -> Vec<String> {
    let commits = recorded(ground, count);
    ground.acknowledge(&all(&commits));
    commits
}

fn all(commits: &[String]) -> Vec<&str> {
    commits.iter().map(String::as_str).collect()
}

#[test]
fn an_answer_that_was_lost_is_taken_from_the_hubs_own_view() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..3).map(|at| ground.spec(&format!("{at}.md"))).collect();
    // Also where nobody has recorded the commits yet, and where it came from another build. It is no watermark: what is
    // before it may never have arrived.
    let said = says(&[(OTHER_BUILD, &commits[1])]);
    reconcile(&ground, &said);
    assert_eq!(pending(&ground), [commits[0].clone(), commits[2].clone()]);
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state.confirmed.unwrap().as_str(), commits[1]);
    // A hub that doesn't say what it has changes nothing.
    let before = ground.json();
    reconcile(&ground, &Snapshot::default());
    assert_eq!(ground.json(), before);
}

#[test]
fn what_a_hub_that_was_set_back_has_lost_waits_again_in_order() {
    let ground = Ground::new();
    let commits = recorded(&ground, 5);
    ground.acknowledge(&all(&commits[..4]));
    last(&ground, &commits[1]);
    assert_eq!(pending(&ground), commits[2..]);
    ground.acknowledge(&all(&commits[2..]));
    assert!(pending(&ground).is_empty());
    let before = ground.json();
    last(&ground, &commits[4]);
    assert!(pending(&ground).is_empty());
    assert_eq!(ground.json(), before, "both agree");
}

#[test]
fn a_hub_that_was_emptied_gets_all_again() {
    let ground = Ground::new();
    let commits = acknowledged(&ground, 3);
    // It knows builds, and none of this clone; it knows none at all; it knows the build and nothing of it.
    let nothing_of_it = Snapshot {
        builds: Some(vec![BuildState {
            build_id: own(&ground).parse().unwrap(),
            last_acknowledged: None,
            frames: None,
        }]),
        ..Snapshot::default()
    };
    for said in [
        says(&[(OTHER_BUILD, &"f".repeat(40))]),
        says(&[]),
        nothing_of_it,
    ] {
        reconcile(&ground, &said);
        assert_eq!(pending(&ground), commits, "{said:?}");
        let state = sync_state::state(&ground.project()).unwrap();
        assert!(state.set_aside.is_empty());
        ground.acknowledge(&all(&commits));
    }
    // One that stopped listing before this build came says nothing about it.
    let mut long = says(&[(OTHER_BUILD, &"f".repeat(40))]);
    long.builds_total = Some(500);
    reconcile(&ground, &long);
    assert!(pending(&ground).is_empty());
    // One that names a commit of this build that nobody here remembers isn't the hub that acknowledged.
    last(&ground, &"e".repeat(40));
    assert_eq!(pending(&ground), commits);
}

#[test]
fn what_a_remote_has_and_what_was_before_pawtrail_is_not_sent_again() {
    let ground = Ground::new();
    ground.origin();
    let commits = acknowledged(&ground, 4);
    ground
        .repo
        .git(&["push", "-q", "origin", &format!("{}:{REF}", commits[1])]);
    // Merged there, and pruned here.
    ground.repo.git(&[
        "push",
        "-q",
        "origin",
        &format!("{}:refs/heads/gone", commits[2]),
    ]);
    ground.record();
    ground
        .repo
        .git(&["update-ref", "-d", "refs/remotes/origin/gone"]);
    reconcile(&ground, &says(&[]));
    assert_eq!(pending(&ground), commits[3..]);
}

#[test]
fn what_the_hub_refused_and_what_a_consent_left_out_stays_behind() {
    let ground = Ground::new();
    let commits = recorded(&ground, 4);
    let refused = commits[1].parse().unwrap();
    sync_state::set_aside(&ground.project(), &refused, "NO", "no").unwrap();
    ground.acknowledge(&[&commits[0], &commits[2]]);
    sync_state::keep_back(&ground.project()).unwrap();
    ground.acknowledge(&[&commits[3]]);
    assert_eq!(
        hashes(&sync_state::acknowledged(&ground.project()).unwrap()),
        commits[3..]
    );
    reconcile(&ground, &says(&[]));
    assert_eq!(pending(&ground), commits[3..]);
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state.set_aside.len(), 1);
    assert!(sync_state::is_acknowledged(&ground.project(), &commits[0].parse().unwrap()).unwrap());
}

/// As `git clean -x` and other tools do.
#[test]
fn what_a_consent_left_out_is_not_sent_though_the_state_file_is_gone() {
    let ground = Ground::new();
    let commits = recorded(&ground, 3);
    ground.acknowledge(&[&commits[0]]);
    let excluded: Vec<_> = commits[1..].iter().map(|c| c.parse().unwrap()).collect();
    sync_state::set_all_aside(&ground.project(), &excluded, "FROM_NOW", "before").unwrap();
    sync_state::keep_back(&ground.project()).unwrap();
    let later = ground.spec("later.md");
    for text in [None, Some("damaged")] {
        match text {
            None => std::fs::remove_file(ground.file()).unwrap(),
            Some(text) => std::fs::write(ground.file(), text).unwrap(),
        }
        assert_eq!(pending(&ground), [&*later]);
        assert_eq!(hashes(&ground.record()), [&*later]);
        reconcile(&ground, &says(&[]));
        assert_eq!(pending(&ground), [&*later]);
    }
}

/// One that says the same of each connection, as a server may that keeps no record, and one whose last commit never moves.
#[test]
fn a_hub_that_always_says_that_it_has_lost_everything_does_not_get_it_without_end() {
    for stuck in [None, Some(0)] {
        let ground = Ground::new();
        let commits = acknowledged(&ground, 4);
        let own = own(&ground);
        let said = match stuck {
            None => says(&[]),
            Some(at) => says(&[(&own, &commits[at])]),
        };
        let mut sent = 0;
        for _ in 0..20 {
            reconcile(&ground, &said);
            let waiting = pending(&ground);
            sent += waiting.len();
            ground.acknowledge(&all(&waiting));
        }
        assert!((3..=20).contains(&sent), "{sent} frames");
        // What comes now is sent all the same.
        let next = ground.spec("next.md");
        ground.record();
        reconcile(&ground, &said);
        assert_eq!(pending(&ground), [next]);
    }
}

#[test]
fn each_build_of_the_clone_is_judged_by_what_is_said_of_it() {
    let ground = Ground::new();
    let second = ground.repo.worktree("second", &format!("{BRANCH}-lane-a"));
    let there = project(&second).build_id().unwrap().to_string();
    let path = |name: &str| format!("kitty-specs/{}/{name}", crate::support::SLUG);
    let mut commits = Vec::new();
    for at in 0..3 {
        commits.push(ground.spec(&format!("here-{at}.md")));
        ground.record();
        commits.push(second.commit_file(&path(&format!("there-{at}.md")), "x", "there"));
        sync_state::record(&project(&second)).unwrap();
    }
    let builds = |frames: &[pawtrail_event::frame::Announcement]| -> Vec<String> {
        frames.iter().map(|f| f.build_id.to_string()).collect()
    };
    let made = sync_state::pending(&ground.project()).unwrap();
    assert!(builds(&made).contains(&there) && builds(&made).contains(&own(&ground)));
    let order = hashes(&made);
    ground.acknowledge(&all(&order));
    let (here, elsewhere): (Vec<_>, Vec<_>) = commits
        .iter()
        .cloned()
        .enumerate()
        .partition(|(at, _)| at % 2 == 0);
    let [here, elsewhere] =
        [here, elsewhere].map(|of| of.into_iter().map(|(_, hash)| hash).collect::<Vec<_>>());
    // Of this build all is there; the worktree's is not known.
    reconcile(&ground, &says(&[(&own(&ground), &here[2])]));
    let again = sync_state::pending(&ground.project()).unwrap();
    assert_eq!(hashes(&again), elsewhere);
    assert!(
        builds(&again).iter().all(|build| *build == there),
        "as they were first announced"
    );
    ground.acknowledge(&all(&elsewhere));
    // Set back to the first of each.
    reconcile(
        &ground,
        &says(&[(&there, &elsewhere[0]), (&own(&ground), &here[0])]),
    );
    let again = pending(&ground);
    assert_eq!(again.len(), 4);
    assert!(!again.contains(&here[0]) && !again.contains(&elsewhere[0]));
}

#[test]
fn what_was_amended_away_does_not_come_back_and_what_replaced_it_says_so_again() {
    let ground = Ground::new();
    let commits = acknowledged(&ground, 3);
    let amended = ground.amend("another");
    ground.record();
    ground.acknowledge(&[&amended]);
    // The hub was set back to when it had the first form of the last commit.
    last(&ground, &commits[2]);
    let again = sync_state::pending(&ground.project()).unwrap();
    assert!(hashes(&again).contains(&amended), "{again:?}");
    let frame = again
        .iter()
        .find(|f| f.git_hash.as_str() == amended)
        .unwrap();
    assert_eq!(superseded(frame), [commits[2].clone()]);
    // Amended again while it waits, and also after it was acknowledged: the whole chain is named.
    let once_more = ground.amend("yet another");
    ground.record();
    ground.acknowledge(&[&once_more]);
    let last_form = ground.amend("the last");
    let frames = ground.record();
    let frame = frames
        .iter()
        .find(|f| f.git_hash.as_str() == last_form)
        .unwrap();
    assert_eq!(superseded(frame), [commits[2].clone(), amended, once_more]);
}

#[test]
fn what_a_branch_gave_up_is_sent_when_it_takes_it_back() {
    let ground = Ground::new();
    let commits = acknowledged(&ground, 3);
    ground.repo.git(&["reset", "-q", "--hard", &commits[1]]);
    ground.record();
    reconcile(&ground, &says(&[]));
    assert_eq!(pending(&ground), commits[..2]);
    ground.acknowledge(&all(&commits[..2]));
    ground.repo.git(&["reset", "-q", "--hard", &commits[2]]);
    assert_eq!(hashes(&ground.record()), commits[2..]);
}

#[test]
fn a_hub_that_counts_is_believed_by_its_count_and_its_name() {
    let ground = Ground::new();
    let commits = recorded(&ground, 3);
    let counted = |frames: u64, store: &str| {
        let mut said = says(&[(&own(&ground), &commits[2])]);
        said.store = Some(store.to_owned());
        for build in said.builds.iter_mut().flatten() {
            build.frames = Some(frames);
        }
        said
    };
    reconcile(
        &ground,
        &Snapshot {
            builds: Some(Vec::new()),
            store: Some("one".to_owned()),
            ..Snapshot::default()
        },
    );
    let answer = |first: u64| {
        let acks = acks(&all(&commits)).into_iter().zip(first..);
        let acks: Vec<_> = acks
            .map(|(ack, frames)| LocalCommitAck {
                frames: Some(frames),
                ..ack
            })
            .collect();
        sync_state::acknowledge(&ground.project(), &acks).unwrap();
    };
    answer(1);
    // The same, and one that got frames whose answers were lost: it has all.
    for frames in [3, 9] {
        reconcile(&ground, &counted(frames, "one"));
        assert!(pending(&ground).is_empty());
    }
    // Set back to when the last commit had come once: it names the same one as its last.
    reconcile(&ground, &counted(4, "one"));
    assert_eq!(
        pending(&ground),
        commits[..2],
        "but for the one that it names"
    );
    answer(5);
    // Another hub that counted further.
    reconcile(&ground, &counted(50, "two"));
    assert_eq!(pending(&ground), commits[..2]);
}

#[test]
fn a_state_file_of_an_earlier_version_heals_by_branch() {
    let ground = Ground::new();
    let commits = acknowledged(&ground, 4);
    let mut old = ground.json();
    let keys: Vec<String> = old.as_object().unwrap().keys().cloned().collect();
    for key in keys.iter().filter(|key| key.starts_with("acknowledged_")) {
        old.as_object_mut().unwrap().remove(key);
    }
    old["version"] = 1.into();
    for group in old["acknowledged"].as_array_mut().unwrap() {
        group.as_object_mut().unwrap().remove("build_id");
    }
    let text = serde_json::to_string_pretty(&old).unwrap();
    std::fs::write(ground.file(), &text).unwrap();
    last(&ground, &commits[2]);
    assert_eq!(pending(&ground), commits[3..]);
    std::fs::write(ground.file(), &text).unwrap();
    reconcile(&ground, &says(&[]));
    assert_eq!(pending(&ground), commits);
}
