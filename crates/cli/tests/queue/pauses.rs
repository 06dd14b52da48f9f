//! What a hub says of when and how much, obeyed by the real courier.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use pawtrail_testkit::{Project, eventually};
use serde_json::json;

use crate::scripted::{Reply, Scripted};
use crate::{connect, project, queued, start_work, status};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_courier_waits_as_long_as_the_hub_asks_whatever_wakes_it() {
    for (reply, least) in [
        (Reply::pause(429, "2"), 2),
        // A date has no parts of a second: three of them are two at least.
        (Reply::Until(503, 3), 2),
    ] {
        let (_scratch, project) = project();
        start_work(&project, "WP01");
        let hub = Scripted::start([reply, Reply::Take]);
        connect(&project, &hub.url());
        eventually("a batch", SOON, || !hub.batches().is_empty());
        // Each move wakes it.
        start_work(&project, "WP02");
        eventually("the other batch", SOON, || queued(&project) == (0, 0));
        let batches = hub.batches();
        let waited = batches[1].at - batches[0].at;
        assert!(waited >= Duration::from_secs(least), "{waited:?}");
        let ids: Vec<&String> = batches.iter().skip(1).flat_map(|one| &one.ids).collect();
        let once: BTreeSet<&&String> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "each once");
        assert!(status(&project)["upload_error"].is_null());
    }
}

#[test]
fn a_wish_without_measure_is_cut_to_an_hour_and_now_means_now() {
    for wish in ["99999999", "Tue, 01 Jan 2999 00:00:00 GMT"] {
        let (_scratch, project) = project();
        start_work(&project, "WP01");
        let hub = Scripted::start([Reply::pause(429, wish), Reply::Take]);
        connect(&project, &hub.url());
        let trouble = |project: &Project| status(project)["upload_error"].to_string();
        eventually("a batch", SOON, || !hub.batches().is_empty());
        eventually("it is told", SOON, || trouble(&project).contains("until"));
        let told = trouble(&project);
        let until: Timestamp = told
            .split("until ")
            .nth(1)
            .unwrap()
            .trim_end_matches('"')
            .parse()
            .unwrap();
        let left = until.duration_since(Timestamp::now()).as_secs();
        assert!((3_500..=3_600).contains(&left), "{told}: {left} s");
        assert_eq!(hub.batches().len(), 1, "{wish}");
        // The next courier knows of it.
        project.pawtrail.run(&project.repo, &["sync", "stop"]);
        start_work(&project, "WP09");
        eventually("another courier", SOON, || {
            status(&project)["connection"] != "no_courier"
        });
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(
            (hub.batches().len(), trouble(&project)),
            (1, told),
            "{wish}"
        );
        // The commits can't be told to this hub, so the command fails; the events went.
        let now = ["sync", "now", "--timeout", "1"];
        project.pawtrail.json_in(project.repo.path(), &now);
        eventually("at once", SOON, || queued(&project) == (0, 0));
    }
}

#[test]
fn batches_are_no_larger_than_the_hub_says() {
    let events = json!({"status": "ok", "limits": {"max_events_per_batch": 2}});
    let bytes = json!({"status": "ok", "limits": {"max_events_per_batch": 500, "max_bytes_per_batch": 2_000}});
    for (health, most_events, most_bytes) in [(events, 2, usize::MAX), (bytes, 500, 2_000)] {
        let (_scratch, project) = project();
        start_work(&project, "WP01");
        start_work(&project, "WP02");
        // With the three moves by which it is connected.
        let all = queued(&project).0 + 3;
        let hub = Scripted::with_health([Reply::Take], Some(health));
        connect(&project, &hub.url());
        eventually("all went", SOON, || queued(&project) == (0, 0));
        let batches = hub.batches();
        assert!(batches.len() > 1);
        for batch in &batches {
            assert!(batch.ids.len() <= most_events, "{}", batch.ids.len());
            assert!(batch.bytes <= most_bytes, "{}", batch.bytes);
        }
        let sent: usize = batches.iter().map(|batch| batch.ids.len()).sum();
        assert_eq!((sent as u64, hub.asked()), (all, 1));
        // What was asked is told as all that leaves is.
        let log = project.repo.path().join(".git/pawtrail/sync/egress.jsonl");
        let log = std::fs::read_to_string(log).unwrap();
        assert_eq!(log.matches(r#""kind":"health""#).count(), 1, "{log}");
    }
}
