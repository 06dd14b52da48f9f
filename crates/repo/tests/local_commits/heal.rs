//! What a hub says that it has, beside what the clone remembers: lost answers, and a hub that forgot.

use pawtrail_event::CommitHash;
use pawtrail_repo::sync_state;

use crate::support::{Ground, hashes};

fn reconcile(ground: &Ground, named: &[&str]) {
    let named: Vec<CommitHash> = named.iter().map(|hash| hash.parse().unwrap()).collect();
    sync_state::reconcile(&ground.project(), &named).unwrap();
}

fn pending(ground: &Ground) -> Vec<String> {
    hashes(&sync_state::pending(&ground.project()).unwrap())
}

#[test]
fn an_answer_that_was_lost_is_taken_from_the_hubs_own_view() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..3).map(|at| ground.spec(&format!("{at}.md"))).collect();
    // Also where nobody has recorded the commits yet. It is no watermark: what is before it may never have arrived.
    reconcile(&ground, &[&"f".repeat(40), &commits[1]]);
    assert_eq!(pending(&ground), [commits[0].clone(), commits[2].clone()]);
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state.confirmed.unwrap().as_str(), commits[1]);
    // The same again, and nothing at all, change nothing.
    let before = ground.json();
    reconcile(&ground, &[&commits[1]]);
    reconcile(&ground, &[]);
    assert_eq!(ground.json(), before);
}

#[test]
fn what_a_hub_has_forgotten_waits_again_in_order() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..5).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    let all: Vec<&str> = commits.iter().map(String::as_str).collect();
    ground.acknowledge(&all[..4]);
    // A store from a backup: it knows the second commit as the last.
    reconcile(&ground, &[&commits[1]]);
    assert_eq!(pending(&ground), commits[2..]);
    ground.acknowledge(&all[2..]);
    assert!(pending(&ground).is_empty());
    reconcile(&ground, &[&commits[4]]);
    assert!(pending(&ground).is_empty());
}

#[test]
fn a_hub_that_names_nothing_of_ours_gets_nothing_again() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..2).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    ground.acknowledge(&[&commits[0], &commits[1]]);
    // Another hub, or one that lost all: what it may have was not asked here.
    reconcile(&ground, &[&"f".repeat(40)]);
    assert!(pending(&ground).is_empty());
}

#[test]
fn what_was_amended_away_does_not_come_back() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..3).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    ground.acknowledge(&[&commits[0], &commits[1], &commits[2]]);
    let amended = ground.amend("another");
    reconcile(&ground, &[&commits[0]]);
    assert_eq!(pending(&ground), [commits[1].clone(), amended]);
}
