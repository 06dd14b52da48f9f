//! The session against a model hub over a network that delays, repeats, breaks, falls silent and cuts texts short, an
//! outbox whose commits get rewritten, deaths of hub and courier, and a hub that is emptied or set back, by seed.

mod clone;
mod far_side;
mod faults;
mod hub;
mod network;

use super::*;
use crate::testing::{commit, hash};
use faults::Faults;
use hub::Fate;
use network::{Event, World, start};

const SEEDS: u64 = 500;
/// Small, so that a replay needs several windows.
const WINDOW: usize = 16;
/// After this time the network behaves, so that the end can be judged.
const CALM_MS: u64 = 60_000;
const END_MS: u64 = 400_000;

/// What happens beside the faults of the network.
#[derive(Clone, Copy, Default)]
struct Plan {
    /// So many in a hundred commits are followed by a rewrite some time.
    rewrites: u64,
    /// Whether the hub loses what it had.
    losses: bool,
}

/// Runs to the end.
fn run(world: &mut World, plan: Plan) {
    let count = 1 + world.dice.below(100);
    for _ in 0..count {
        // Some wait from the start, the others come while the network breaks.
        let at = if world.dice.below(100) < 40 {
            0
        } else {
            world.dice.below(CALM_MS)
        };
        world.at(at, Event::Commit);
        if world.dice.below(100) < plan.rewrites {
            let at = world.dice.below(CALM_MS);
            world.at(at, Event::Rewrite);
        }
    }
    for _ in 0..world.dice.below(4) {
        let at = world.dice.below(CALM_MS);
        world.at(at, Event::KillHub(Fate::Kept));
    }
    for _ in 0..world.dice.below(4) {
        let at = world.dice.below(CALM_MS);
        world.at(at, Event::KillCourier);
    }
    for _ in 0..if plan.losses {
        1 + world.dice.below(4)
    } else {
        0
    } {
        for event in [Event::Backup, Event::KillHub(Fate::SetBack)] {
            let at = world.dice.below(CALM_MS);
            world.at(at, event);
        }
        if world.dice.below(100) < 40 {
            let at = world.dice.below(CALM_MS);
            world.at(at, Event::KillHub(Fate::Emptied));
        }
    }
    world.feed(Input::Tick);
    for time in [CALM_MS + 1, END_MS / 2, END_MS - 20_000] {
        world.at(time, Event::Commit);
    }
    while let Some(((time, _), event)) = world.events.pop_first() {
        if time > END_MS {
            break;
        }
        world.now = time;
        world.happen(event);
    }
    assert!(world.clone.made >= count + 3);
    // Of each commit that waits it keeps its frame, its place in a line and what became of it, and nothing more.
    let bound = 3 * world.longest_list + 3 * WINDOW;
    assert!(world.kept <= bound, "{} kept, of {bound}", world.kept);
}
#[test]
fn every_commit_arrives_in_order_and_nothing_stays_pending() {
    let (mut losses, mut repeats) = (0, 0);
    let mut all_faults = Faults::default();
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        run(&mut world, Plan::default());
        let all: Vec<CommitHash> = (0..world.clone.made).map(hash).collect();
        assert!(
            world.store.applied == all,
            "seed {seed}: the hub has another order"
        );
        assert!(world.clone.is_clear(), "seed {seed}: not all were noted");
        assert_eq!(world.session.pending(), 0, "seed {seed}");
        assert_eq!(world.session.in_flight(), 0, "seed {seed}");
        losses += world.attempts - 1;
        repeats += world.receipts - world.clone.made;
        all_faults.add(&world.faults);
    }
    // The network and the processes did what they are there for.
    assert!(losses > SEEDS, "{losses} reconnects");
    assert!(repeats > SEEDS, "{repeats} repeated frames");
    for (what, count) in all_faults.counts() {
        assert!(count > SEEDS / 5, "{what}: {count}");
    }
}

#[test]
fn what_was_rewritten_before_a_connection_is_never_sent_on_it() {
    let (mut unseen, mut overtaken) = (0, 0);
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        // Each receipt is judged as it comes.
        run(
            &mut world,
            Plan {
                rewrites: 40,
                losses: false,
            },
        );
        let kept = |hash: &&CommitHash| !world.clone.left.contains_key(*hash);
        let applied: Vec<_> = world.store.applied.iter().filter(kept).collect();
        assert!(
            applied.iter().copied().eq(&world.clone.current),
            "seed {seed}: the hub has another order"
        );
        assert!(world.clone.is_clear(), "seed {seed}: not all were noted");
        assert_eq!(world.session.pending(), 0, "seed {seed}");
        assert_eq!(world.session.in_flight(), 0, "seed {seed}");
        unseen += world.unseen;
        overtaken += world.overtaken;
    }
    // Both happened: rewritten before the hub had it, and while it was on its way.
    assert!(unseen > SEEDS, "{unseen} rewritten unseen");
    assert!(overtaken > SEEDS / 10, "{overtaken} overtaken by a rewrite");
}

#[test]
fn a_hub_that_loses_what_it_had_gets_it_again_in_order() {
    let mut all_faults = Faults::default();
    for seed in 1..=SEEDS {
        for rewrites in [0, 40] {
            let mut world = World::new(seed);
            run(
                &mut world,
                Plan {
                    rewrites,
                    losses: true,
                },
            );
            let kept = |hash: &&CommitHash| !world.clone.left.contains_key(*hash);
            let applied: Vec<_> = world.store.applied.iter().filter(kept).collect();
            assert!(
                applied.iter().copied().eq(&world.clone.current),
                "seed {seed}, {rewrites}: the hub has another order, or not all\n{:?}",
                applied.iter().map(|h| clone::number(h)).collect::<Vec<_>>()
            );
            assert!(world.clone.is_clear(), "seed {seed}: not all were noted");
            assert_eq!(world.session.pending(), 0, "seed {seed}");
            assert_eq!(world.session.in_flight(), 0, "seed {seed}");
            all_faults.add(&world.faults);
        }
    }
    let lost = (all_faults.emptied, all_faults.set_back);
    assert!(lost.0 > SEEDS / 2 && lost.1 > SEEDS, "{lost:?}");
}

#[test]
fn what_is_kept_does_not_grow_with_what_has_passed() {
    let mut session = start(7);
    session.step(Input::Tick, 0);
    session.step(Input::Connected, 0);
    session.step(Input::Text(r#"{"type":"snapshot"}"#.to_owned()), 0);
    let ack = |number| {
        let text = format!(
            r#"{{"type":"LocalCommitAck","git_hash":"{}"}}"#,
            hash(number)
        );
        Input::Text(text)
    };
    let mut most = 0;
    for number in 0..20_000 {
        let list = Input::Pending {
            commits: vec![commit(number)],
            fresh: true,
        };
        session.step(list, number);
        // Answers of all kinds: the due one, one of long ago, one of a commit that never was, and nonsense.
        for answer in [number, number / 2, 1_000_000 + number] {
            session.step(ack(answer), number);
        }
        session.step(Input::Text(format!("nonsense {number}")), number);
        most = most.max(session.kept());
    }
    assert_eq!(session.pending(), 0);
    assert!(most <= 8, "{most} kept");
}
