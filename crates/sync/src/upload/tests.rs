//! Against a hub that refuses, stalls and forgets as a seed says.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::*;
use crate::queue::{Counts, State};

const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";

/// How a hub treats poison, and how often it fails otherwise.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Each event gets its verdict.
    Verdicts,
    /// One poisoned event, and the batch is refused without a word which.
    Batch400,
    /// Batches of more than so many events are too large.
    Small(usize),
    /// As `Batch400`, and every third request fails: before it is read, or after it was stored.
    Flaky,
}

struct FakeHub {
    manner: Manner,
    limits: Limits,
    largest: usize,
    stored: BTreeSet<String>,
    duplicates: usize,
    requests: usize,
    asked: usize,
}

impl FakeHub {
    fn new(manner: Manner) -> Self {
        Self {
            manner,
            limits: Limits::default(),
            largest: 0,
            stored: BTreeSet::new(),
            duplicates: 0,
            requests: 0,
            asked: 0,
        }
    }

    fn store(&mut self, ids: &[String]) -> Value {
        let results: Vec<Value> = ids
            .iter()
            .map(|id| {
                let status = if is_poison(id) {
                    "rejected"
                } else if self.stored.insert(id.clone()) {
                    "success"
                } else {
                    self.duplicates += 1;
                    "duplicate"
                };
                json!({"event_id": id, "status": status, "error_message": "poison"})
            })
            .collect();
        json!({ "results": results })
    }
}

/// Every tenth.
fn is_poison(id: &str) -> bool {
    id.ends_with('7')
}

fn answer(status: u16, body: &Value) -> Result<Answer, DoorError> {
    Ok(Answer {
        status,
        retry_after: None,
        body: body.to_string(),
    })
}

impl Transport for FakeHub {
    fn send(&mut self, parcel: &Parcel<'_>) -> Result<Answer, DoorError> {
        self.requests += 1;
        let mut text = String::new();
        GzDecoder::new(&parcel.body[..])
            .read_to_string(&mut text)
            .unwrap();
        assert!(text.len() <= 512 * 1024 && parcel.events <= 1_000);
        let body: Value = serde_json::from_str(&text).unwrap();
        let ids: Vec<String> = body["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["event_id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len() as u64, parcel.events);
        self.largest = self.largest.max(ids.len());
        assert!(ids.len() <= self.limits.events);
        assert!(text.len() <= self.limits.bytes + 13);
        let poisoned = ids.iter().any(|id| is_poison(id));
        match self.manner {
            Manner::Verdicts => {}
            Manner::Small(most) if ids.len() > most => return answer(413, &json!({})),
            Manner::Small(_) => {}
            Manner::Flaky if self.requests.is_multiple_of(3) => {
                return match self.requests % 4 {
                    0 => answer(503, &json!({})),
                    1 => Err(DoorError::Lost("cut".to_owned())),
                    _ if poisoned => answer(429, &json!({})),
                    // Stored, and the answer is lost.
                    _ => {
                        self.store(&ids);
                        Err(DoorError::Lost("cut late".to_owned()))
                    }
                };
            }
            Manner::Batch400 | Manner::Flaky if poisoned => return answer(400, &json!({})),
            Manner::Batch400 | Manner::Flaky => {}
        }
        let results = self.store(&ids);
        answer(200, &results)
    }

    fn limits(&mut self) -> Result<Limits, DoorError> {
        self.asked += 1;
        Ok(self.limits)
    }
}

fn queue(events: usize) -> (tempfile::TempDir, Queue) {
    let dir = tempfile::tempdir().unwrap();
    let mut queue = Queue::for_tests(dir.path());
    queue.fill(PROJECT, events);
    (dir, queue)
}

fn paced(
    queue: &mut Queue,
    hub: &mut dyn Transport,
    pace: &mut Pace,
    stopping: &dyn Fn() -> bool,
) -> End {
    Upload {
        queue,
        transport: hub,
        pace,
        project: &PROJECT.parse().unwrap(),
        now_ms: &|| 0,
        stopping,
        delivered: &mut |_| {},
    }
    .run()
    .unwrap()
}

fn upload(queue: &mut Queue, hub: &mut dyn Transport, stopping: &dyn Fn() -> bool) -> End {
    paced(queue, hub, &mut Pace::default(), stopping)
}

fn all_good_once_and_all_poison_aside(manner: Manner, events: usize) {
    let (_dir, mut queue) = queue(events);
    let mut hub = FakeHub::new(manner);
    let mut pace = Pace::default();
    loop {
        match paced(&mut queue, &mut hub, &mut pace, &|| false) {
            End::Empty => break,
            End::Failed { .. } => {}
            other @ (End::Later(_) | End::Refused(_) | End::Denied(_) | End::Stopped) => {
                panic!("{other:?}")
            }
        }
    }
    let poison = events / 10;
    assert_eq!(hub.stored.len(), events - poison);
    let counts = queue.counts().unwrap();
    assert_eq!((counts.queued, counts.set_aside), (0, poison as u64));
    if !matches!(manner, Manner::Flaky) {
        assert_eq!(hub.duplicates, 0);
    }
    for entry in queue.list(Some(State::SetAside), 2_000).unwrap() {
        assert!(is_poison(&entry.event_id), "{entry:?}");
        assert!(entry.reason.is_some() && entry.reason_code.is_some());
    }
}

#[test]
fn a_thousand_poisoned_of_ten_thousand_with_verdicts() {
    all_good_once_and_all_poison_aside(Manner::Verdicts, 10_000);
}

/// Each search for one event writes some ten times: the full number, 10,000, is for a quiet machine.
#[test]
fn every_tenth_poisoned_event_is_found_by_halving() {
    let asked = std::env::var("PAWTRAIL_TEST_EVENTS").ok();
    let events = asked.and_then(|text| text.parse().ok()).unwrap_or(2_000);
    all_good_once_and_all_poison_aside(Manner::Batch400, events);
}

#[test]
fn batches_shrink_to_what_a_hub_takes() {
    all_good_once_and_all_poison_aside(Manner::Small(7), 2_000);
}

#[test]
fn poison_is_found_by_halving_though_the_hub_fails_at_times() {
    all_good_once_and_all_poison_aside(Manner::Flaky, 1_000);
}

#[test]
fn a_hub_that_takes_less_gets_less_at_once() {
    for (limits, largest) in [
        (
            Limits {
                events: 70,
                ..Limits::default()
            },
            70,
        ),
        (
            Limits {
                bytes: 5_000,
                ..Limits::default()
            },
            // Each has 464 bytes, its comma included.
            10,
        ),
    ] {
        let (_dir, mut queue) = queue(300);
        let mut hub = FakeHub::new(Manner::Verdicts);
        hub.limits = limits;
        assert_eq!(upload(&mut queue, &mut hub, &|| false), End::Empty);
        assert_eq!((hub.stored.len(), hub.largest), (270, largest));
        let asked = hub.asked;
        assert_eq!(upload(&mut queue, &mut hub, &|| false), End::Empty);
        assert_eq!(hub.asked, asked, "nobody is asked when nothing waits");
    }
}

#[test]
fn a_single_event_that_is_too_large_is_set_aside_and_the_rest_goes() {
    let (_dir, mut queue) = queue(20);
    let mut hub = FakeHub::new(Manner::Small(0));
    assert_eq!(upload(&mut queue, &mut hub, &|| false), End::Empty);
    let entry = &queue.list(None, 1).unwrap()[0];
    assert_eq!(entry.reason_code.as_deref(), Some("EVENT_TOO_LARGE"));
    assert_eq!(queue.counts().unwrap().set_aside, 20);
}

/// Answers all with one status.
struct Always(u16, Option<&'static str>);

impl Transport for Always {
    fn send(&mut self, _: &Parcel<'_>) -> Result<Answer, DoorError> {
        Ok(Answer {
            status: self.0,
            retry_after: self.1.map(str::to_owned),
            body: String::new(),
        })
    }

    fn limits(&mut self) -> Result<Limits, DoorError> {
        Ok(Limits::default())
    }
}

#[test]
fn a_hub_that_refuses_or_fails_leaves_every_event_waiting() {
    for (status, refused) in [
        (401, true),
        (403, true),
        (408, false),
        (429, false),
        (500, false),
    ] {
        let (_dir, mut queue) = queue(30);
        let end = upload(&mut queue, &mut Always(status, Some("3")), &|| false);
        match end {
            End::Refused(_) => assert!(refused, "{status}"),
            End::Failed { retry_after_ms, .. } => {
                assert!(!refused, "{status}");
                assert_eq!(retry_after_ms, Some(3_000));
            }
            other @ (End::Empty | End::Later(_) | End::Denied(_) | End::Stopped) => {
                panic!("{status}: {other:?}")
            }
        }
        let counts = queue.counts().unwrap();
        let expected = Counts {
            queued: 30,
            ..Counts::default()
        };
        let counts = Counts {
            oldest_ms: None,
            ..counts
        };
        assert_eq!(counts, expected, "{status}");
    }
}

#[test]
fn an_event_without_a_verdict_goes_again_later() {
    struct Undecided;
    impl Transport for Undecided {
        fn send(&mut self, _: &Parcel<'_>) -> Result<Answer, DoorError> {
            answer(200, &json!({"results": []}))
        }

        fn limits(&mut self) -> Result<Limits, DoorError> {
            Ok(Limits::default())
        }
    }
    let (_dir, mut queue) = queue(3);
    let end = upload(&mut queue, &mut Undecided, &|| false);
    assert_eq!(end, End::Later(UNDECIDED_MS));
    assert_eq!(queue.counts().unwrap().queued, 3);
}

#[test]
fn stopped_at_any_request_nothing_is_lost_or_delivered_twice() {
    for stop_after in [0, 1, 2, 3, 5, 8, 13, 40] {
        let (dir, mut queue) = queue(200);
        let mut hub = FakeHub::new(Manner::Batch400);
        let asked = std::cell::Cell::new(0);
        let stopping = || {
            asked.set(asked.get() + 1);
            asked.get() > stop_after
        };
        assert_eq!(upload(&mut queue, &mut hub, &stopping), End::Stopped);
        drop(queue);
        let mut queue = Queue::for_tests(dir.path());
        queue.recover().unwrap();
        let waiting = queue.counts().unwrap();
        assert_eq!(
            hub.stored.len() as u64 + waiting.queued + waiting.set_aside,
            200
        );
        assert_eq!(upload(&mut queue, &mut hub, &|| false), End::Empty);
        assert_eq!((hub.stored.len(), hub.duplicates), (180, 0));
    }
}
