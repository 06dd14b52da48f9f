//! A bad network between the real courier and the real hub, and deaths of both, by seed.
//!
//! `PAWTRAIL_WIRE_SEEDS=50` is the full size. Every tenth seed leaves silent lines to the courier, which takes 45 s to
//! find out; the first of them is seed 9.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pawtrail_testkit::{Dice, FaultProxy, Hub, Project, Scratch, text};

use crate::BINARY;
use crate::support::{judge, peak_mib, size};

/// Far above what a courier of a debug build takes, and far below what piled up frames would.
const MOST_MIB: u64 = 96;

#[test]
fn killed_and_cut_off_at_random_each_commit_arrives_once_and_in_order() {
    let seeds = size("PAWTRAIL_WIRE_SEEDS", 3);
    let mut met = [0; 4];
    let mut deaths = (0, 0);
    for seed in 0..seeds {
        let (here, died) = one(seed);
        for (sum, count) in met.iter_mut().zip(here) {
            *sum += count;
        }
        deaths = (deaths.0 + died.0, deaths.1 + died.1);
    }
    // The network and the processes did what they are there for.
    if seeds >= 20 {
        let [delays, cuts, resets, silences] = met;
        println!(
            "{seeds} seeds: {delays} lines delayed, {cuts} cut, {resets} reset, {silences} fell silent; \
             {} deaths of the courier, {} of the hub",
            deaths.0, deaths.1
        );
        assert!(met.iter().all(|count| *count >= seeds / 5), "{met:?}");
        assert!(deaths.0 >= seeds && deaths.1 >= seeds, "{deaths:?}");
    }
}

/// Runs one seed to its end; returns how often each fault was met, and how often courier and hub died.
fn one(seed: u64) -> ([u64; 4], (u64, u64)) {
    let mut dice = Dice::new(seed);
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let other = project
        .pawtrail
        .data(&project.repo, &["mission", "create", "search"]);
    let (dir, other) = (text(&other["dir"]), text(&other["ledger_ref"]));
    let second = project
        .repo
        .worktree("second", other.trim_start_matches("refs/heads/"));
    let mut hub = Hub::start(&scratch, &project.pawtrail);
    let address = hub
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let proxy = FaultProxy::start(address.parse().unwrap(), dice.roll());
    let store = hub.store().to_owned();
    project.connect_by(&hub, &proxy.url());
    let (mut couriers, mut hubs) = (0, 0);
    for at in 0..14 {
        match dice.below(3) {
            // A command, which wakes the courier or starts one; or git, which tells nobody.
            0 => drop(project.decide(&format!("Question {at}?"))),
            _ => drop(second.commit_file(&format!("{dir}/part-{at}.md"), "part\n", "Write a part")),
        }
        std::thread::sleep(Duration::from_millis(dice.below(150)));
        match dice.below(4) {
            0 => couriers += scratch.kill_couriers() as u64,
            1 => {
                let address = hub.kill();
                hubs += 1;
                std::thread::sleep(Duration::from_millis(dice.below(80)));
                hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
            }
            _ => {}
        }
    }
    // Every tenth time the courier has to find out by itself that nobody is there.
    let patient = seed % 10 == 9;
    proxy.calm(!patient);
    let now = project
        .pawtrail
        .data(&project.repo, &["sync", "now", "--timeout", "120"]);
    assert_eq!(now["pending"], 0, "seed {seed}: {now:#}");
    for courier in scratch.couriers() {
        if let Some(peak) = peak_mib(courier) {
            assert!(peak <= MOST_MIB, "seed {seed}: the courier took {peak} MiB");
        }
    }
    let branches = [project.ledger.as_str(), other.as_str()];
    judge(&project, &store, &branches, &format!("seed {seed}"));
    let met = proxy.met();
    let counts = [&met.delays, &met.cuts, &met.resets, &met.silences];
    (
        counts.map(|count| count.load(Ordering::SeqCst)),
        (couriers, hubs),
    )
}
