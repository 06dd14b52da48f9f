//! The session, case by case.

use pawtrail_event::frame::{LocalCommit, Snapshot};

use super::*;
use crate::testing::{clean, commit, hash, raw};

const WINDOW: usize = 64;

fn ack(number: u64) -> Input {
    Input::Text(format!(
        r#"{{"type":"LocalCommitAck","git_hash":"{}"}}"#,
        hash(number)
    ))
}

fn refusal(number: u64, retryable: bool) -> Input {
    Input::Text(format!(
        r#"{{"type":"error","code":"NO","message":"m","retryable":{retryable},"git_hash":"{}"}}"#,
        hash(number)
    ))
}

fn snapshot() -> Input {
    Input::Text(r#"{"type":"snapshot"}"#.to_owned())
}

/// What the outbox held at some time.
fn list(numbers: &[u64]) -> Input {
    let commits = numbers.iter().copied().map(commit).collect();
    Input::Pending {
        commits,
        fresh: false,
    }
}

/// What the outbox holds, read after the session asked for it.
fn fresh(numbers: &[u64]) -> Input {
    let commits = numbers.iter().copied().map(commit).collect();
    Input::Pending {
        commits,
        fresh: true,
    }
}

fn session() -> Session {
    let build = "01KT119YA7GD2Y0D7MZRH5JSS4".parse().unwrap();
    let limits = Limits {
        window: WINDOW,
        ..Limits::default()
    };
    Session::new(Some(build), limits, Box::new(|ceiling| ceiling))
}

/// A session that is live at 0 and knows commits `0..count`.
fn live(count: u64) -> (Session, Vec<u64>) {
    let mut session = session();
    let all: Vec<u64> = (0..count).collect();
    session.step(list(&all), 0);
    let sent = connected(&mut session, &all, 0);
    (session, sent)
}

/// Lets a connection stand, and the outbox hold these. Returns what is sent.
fn connected(session: &mut Session, outbox: &[u64], now: u64) -> Vec<u64> {
    session.step(Input::Connected, now);
    let greeted = session.step(snapshot(), now);
    assert!(greeted.contains(&Action::Refresh(Snapshot::default())));
    assert!(sent(&greeted).is_empty());
    sent(&session.step(fresh(outbox), now))
}

fn sent(actions: &[Action]) -> Vec<u64> {
    let mut numbers = Vec::new();
    for action in actions {
        if let Action::Send(Outgoing::Commit(commit)) = action {
            numbers.push(u64::from_str_radix(commit.git_hash.as_str(), 16).unwrap());
        }
    }
    numbers
}

fn acknowledged(actions: &[Action]) -> Vec<CommitHash> {
    let mut all = Vec::new();
    for action in actions {
        if let Action::Acknowledged(commits) = action {
            all.extend(commits.iter().map(|ack| ack.git_hash.clone()));
        }
    }
    all
}

#[test]
fn nothing_is_sent_before_the_snapshot() {
    let mut session = session();
    let first = session.step(fresh(&[1]), 0);
    assert_eq!(first[0], Action::Connect);
    assert!(sent(&session.step(Input::Connected, 5)).is_empty());
    assert!(sent(&session.step(fresh(&[1]), 5)).is_empty());
    let greeted = session.step(snapshot(), 6);
    assert!(greeted.contains(&Action::Refresh(Snapshot::default())));
    assert_eq!(sent(&session.step(fresh(&[1]), 7)), [1]);
    assert_eq!(session.connection(), Connection::Live);
}

#[test]
fn what_the_hub_says_that_it_has_is_told_with_the_question() {
    let mut session = session();
    session.step(list(&[1]), 0);
    session.step(Input::Connected, 5);
    let build = "01KT119YA7GD2Y0D7MZRH5JSS4";
    let text = format!(
        r#"{{"type":"snapshot","builds":[{{"build_id":"{build}","last_acknowledged":"{}"}},{{"build_id":"{build}"}}]}}"#,
        hash(1)
    );
    let greeted = session.step(Input::Text(text), 6);
    let said = greeted.iter().find_map(|action| {
        let Action::Refresh(said) = action else {
            return None;
        };
        Some(said.named().cloned().collect::<Vec<_>>())
    });
    assert_eq!(said, Some(vec![hash(1)]));
    // The outbox was told, and holds it no more.
    assert!(sent(&session.step(fresh(&[]), 7)).is_empty());
    assert_eq!(session.pending(), 0);
}

#[test]
fn what_was_acknowledged_and_waits_again_is_sent_again() {
    let (mut session, sent_first) = live(2);
    assert_eq!(sent_first, [0, 1]);
    session.step(ack(0), 1);
    session.step(ack(1), 2);
    session.step(Input::Closed("the hub is started anew".to_owned()), 3);
    session.step(Input::Tick, 600);
    // The outbox has compared, and found that the hub has lost both.
    assert_eq!(connected(&mut session, &[0, 1], 601), [0, 1]);
    assert_eq!(acknowledged(&session.step(ack(0), 602)), []);
    assert_eq!(acknowledged(&session.step(ack(1), 603)), [hash(0), hash(1)]);
}

#[test]
fn what_left_the_outbox_before_the_connection_is_not_sent_on_it() {
    let mut session = session();
    session.step(list(&[1, 2]), 0);
    session.step(Input::Connected, 5);
    session.step(snapshot(), 6);
    // Read before the session asked.
    assert!(sent(&session.step(list(&[1, 2]), 7)).is_empty());
    assert!(sent(&session.step(Input::Tick, 8)).is_empty());
    assert_eq!(sent(&session.step(fresh(&[1, 9]), 9)), [1, 9]);

    // Nor is what was under way when an earlier one broke.
    session.step(Input::Closed("reset".to_owned()), 10);
    session.step(Input::Tick, 600);
    assert_eq!(connected(&mut session, &[1, 8], 601), [1, 8]);
    assert_eq!(session.pending(), 2);
}

#[test]
fn what_leaves_the_outbox_before_its_turn_is_not_sent() {
    let (mut session, first) = live(70);
    assert_eq!(first.len(), WINDOW);
    let rest: Vec<u64> = (0..64).chain([90, 69]).collect();
    assert!(sent(&session.step(list(&rest), 1)).is_empty());
    assert_eq!((session.pending(), session.in_flight()), (66, 64));
    assert_eq!(sent(&session.step(ack(0), 2)), [90]);
    assert_eq!(sent(&session.step(ack(1), 2)), [69]);
    assert!(sent(&session.step(ack(2), 2)).is_empty());
}

#[test]
fn an_outbox_that_cannot_be_read_holds_the_frames_back_and_not_the_connection() {
    let mut session = session();
    session.step(list(&[1]), 0);
    session.step(Input::Connected, 0);
    session.step(snapshot(), 0);
    for now in [15_000, 30_000, 40_000] {
        session.step(Input::Alive, now);
    }
    assert_eq!(session.connection(), Connection::Live);
    assert_eq!(session.pending(), 1);
    assert_eq!(sent(&session.step(fresh(&[1]), 41_000)), [1]);
}

#[test]
fn the_replay_is_in_order_and_within_the_window() {
    let (mut session, first) = live(100);
    assert_eq!(first, (0..64).collect::<Vec<_>>());
    assert_eq!(session.in_flight(), WINDOW);
    assert_eq!(sent(&session.step(ack(0), 1)), [64]);
    assert_eq!(session.pending(), 99);
}

#[test]
fn acknowledgements_are_noted_in_groups() {
    let (mut session, _) = live(3);
    assert_eq!(acknowledged(&session.step(ack(1), 1)), []);
    assert_eq!(acknowledged(&session.step(ack(0), 2)), []);
    let last = session.step(ack(2), 3);
    assert_eq!(acknowledged(&last), [hash(1), hash(0), hash(2)]);
    assert_eq!(session.pending(), 0);

    let (mut session, _) = live(3);
    let actions = session.step(ack(1), 1);
    assert_eq!(actions.last(), Some(&Action::SleepUntil(201)));
    assert_eq!(
        acknowledged(&session.step(Input::Tick, 201)),
        [hash(1)],
        "a lone one doesn't wait for others"
    );
}

#[test]
fn odd_answers_are_counted_and_change_nothing() {
    let (mut session, _) = live(2);
    session.step(ack(0), 1);
    for odd in [
        ack(0),
        ack(77),
        Input::Text("{".to_owned()),
        Input::Text(r#"{"type":"LocalCommitAck","git_hash":"x"}"#.to_owned()),
        Input::Text(r#"{"type":"CommitPushed"}"#.to_owned()),
        Input::Text(r#"{"type":"error","code":"BUSY","message":"m"}"#.to_owned()),
        refusal(77, false),
        Input::Text("x".repeat(70_000)),
    ] {
        assert!(sent(&session.step(odd, 2)).is_empty());
    }
    assert_eq!(
        session.oddities(),
        Oddities {
            malformed: 3,
            unknown_type: 1,
            unknown_commit: 2,
            duplicate: 1,
            general_error: 1
        }
    );
    assert_eq!(session.pending(), 1);
    assert_eq!(session.connection(), Connection::Live);
}

#[test]
fn what_was_under_way_is_sent_again_after_a_loss() {
    let (mut session, _) = live(3);
    session.step(ack(0), 1);
    let closed = session.step(Input::Closed("reset".to_owned()), 2);
    assert_eq!(acknowledged(&closed), [hash(0)]);
    assert_eq!(session.connection(), Connection::Backoff);
    assert_eq!(closed.last(), Some(&Action::SleepUntil(502)));
    assert!(!session.step(Input::Tick, 501).contains(&Action::Connect));
    assert!(session.step(Input::Tick, 502).contains(&Action::Connect));
    assert_eq!(connected(&mut session, &[1, 2], 503), [1, 2]);
}

#[test]
fn a_late_answer_from_before_the_loss_still_counts() {
    let (mut session, _) = live(2);
    session.step(Input::Closed("reset".to_owned()), 1);
    session.step(Input::Tick, 600);
    session.step(Input::Connected, 601);
    session.step(ack(0), 602);
    session.step(snapshot(), 603);
    assert_eq!(sent(&session.step(fresh(&[0, 1]), 604)), [1]);
}

#[test]
fn a_refused_commit_is_set_aside_and_the_others_go_on() {
    let (mut session, _) = live(2);
    let actions = session.step(refusal(0, false), 1);
    assert!(actions.contains(&Action::SetAside {
        git_hash: hash(0),
        code: "NO".to_owned(),
        message: "m".to_owned()
    }));
    session.step(ack(1), 2);
    assert_eq!(session.pending(), 0);
    assert_eq!(session.last_error(), None);
}

#[test]
fn a_commit_to_be_retried_makes_the_session_start_again() {
    let (mut session, _) = live(3);
    session.step(ack(0), 1);
    let actions = session.step(refusal(1, true), 2);
    assert!(actions.contains(&Action::Close));
    session.step(Input::Tick, 600);
    assert_eq!(connected(&mut session, &[1, 2], 600), [1, 2]);
}

#[test]
fn a_frame_that_no_hub_takes_is_set_aside_unsent() {
    let mut session = session();
    let bad = clean(LocalCommit {
        changed_files: vec!["../etc/passwd".to_owned()],
        ..raw(1)
    });
    session.step(Input::Tick, 0);
    session.step(Input::Connected, 0);
    session.step(snapshot(), 0);
    let list = Input::Pending {
        commits: vec![bad, commit(2)],
        fresh: true,
    };
    let actions = session.step(list, 0);
    assert_eq!(sent(&actions), [2]);
    assert!(
        actions.iter().any(
            |action| matches!(action, Action::SetAside { code, .. } if code == "INVALID_FRAME")
        )
    );
}

#[test]
fn a_ping_is_answered_with_the_build() {
    let (mut session, _) = live(0);
    let actions = session.step(
        Input::Text(r#"{"type":"ping","timestamp":"2026-06-01T07:55:08Z"}"#.to_owned()),
        1,
    );
    let Action::Send(Outgoing::Pong(pong)) = &actions[0] else {
        panic!("{actions:?}")
    };
    assert_eq!(pong.timestamp, "2026-06-01T07:55:08Z");
    assert!(pong.build_id.is_some());
}

#[test]
fn silence_is_probed_and_then_taken_for_death() {
    let (mut session, _) = live(0);
    assert!(session.step(Input::Tick, 15_000).contains(&Action::Probe));
    assert!(!session.step(Input::Tick, 44_999).contains(&Action::Probe));
    assert_eq!(session.connection(), Connection::Live);
    assert!(session.step(Input::Tick, 45_000).contains(&Action::Close));
    assert_eq!(session.last_error(), Some("the hub fell silent"));

    let (mut session, _) = live(0);
    session.step(Input::Alive, 40_000);
    session.step(Input::Tick, 45_000);
    assert_eq!(session.connection(), Connection::Live);
}

#[test]
fn a_hub_that_never_answers_a_commit_is_left() {
    let (mut session, _) = live(1);
    session.step(Input::Alive, 30_000);
    session.step(Input::Alive, 59_000);
    assert!(session.step(Input::Tick, 60_000).contains(&Action::Close));
}

#[test]
fn a_commit_that_is_never_answered_stays_and_is_told() {
    let (mut session, _) = live(2);
    session.step(ack(1), 1);
    assert_eq!(session.last_error(), None);
    let mut now = 0;
    for times in 1..=3 {
        session.step(Input::Alive, now + 30_000);
        now += 60_000;
        session.step(Input::Tick, now);
        now += 40_000;
        session.step(Input::Tick, now);
        assert_eq!(connected(&mut session, &[0], now), [0], "sent again");
        let told = session.last_error().unwrap().to_owned();
        assert!(told.contains(&format!("({times} so far)")), "{told}");
        assert!(told.contains(&hash(0).as_str()[..12]), "{told}");
    }
    // Others are delivered meanwhile, and it is still told.
    session.step(list(&[0, 5]), now);
    session.step(ack(5), now);
    assert!(session.last_error().is_some());
    assert_eq!(session.pending(), 1);
    session.step(ack(0), now);
    assert_eq!(session.last_error(), None);
}

#[test]
fn an_unanswered_commit_that_is_amended_away_is_told_no_more() {
    let (mut session, _) = live(1);
    session.step(Input::Alive, 30_000);
    session.step(Input::Tick, 60_000);
    session.step(Input::Tick, 61_000);
    assert_eq!(connected(&mut session, &[9], 61_000), [9]);
    assert_eq!(session.last_error(), None);
}

#[test]
fn attempts_and_greetings_have_a_limit() {
    let mut session = session();
    session.step(Input::Tick, 0);
    assert!(session.step(Input::Tick, 15_000).contains(&Action::Close));
    session.step(Input::Tick, 15_500);
    session.step(Input::Connected, 15_600);
    assert!(session.step(Input::Tick, 25_600).contains(&Action::Close));
    assert_eq!(session.connection(), Connection::Backoff);
}

#[test]
fn a_refused_client_waits_a_minute_or_for_somebody() {
    let mut session = session();
    session.step(Input::Tick, 0);
    let actions = session.step(Input::Refused("401".to_owned()), 10);
    assert_eq!(actions, [Action::SleepUntil(60_010)]);
    assert_eq!(session.connection(), Connection::Refused);
    assert!(!session.step(Input::Tick, 60_009).contains(&Action::Connect));
    assert!(session.step(Input::Wake, 60_009).contains(&Action::Connect));
}

#[test]
fn a_hub_that_hangs_up_after_its_greeting_is_asked_less_and_less() {
    let mut session = session();
    let (mut now, mut attempts) = (0, 0);
    while now < 120_000 {
        let actions = session.step(Input::Tick, now);
        if actions.contains(&Action::Connect) {
            attempts += 1;
            session.step(Input::Connected, now);
            session.step(snapshot(), now);
            session.step(Input::Closed("bye".to_owned()), now);
        }
        now += 100;
    }
    assert!(attempts <= 10, "{attempts}");
}

#[test]
fn an_amended_commit_takes_the_place_of_the_other() {
    let (mut session, _) = live(2);
    let actions = session.step(list(&[0, 9]), 1);
    assert_eq!(sent(&actions), [9]);
    assert_eq!(session.pending(), 2);
    session.step(ack(0), 2);
    session.step(ack(1), 2);
    assert_eq!(session.pending(), 1);
    session.step(ack(9), 2);
    assert_eq!((session.pending(), session.in_flight()), (0, 0));
}

#[test]
fn an_answer_that_was_not_noted_is_told_again() {
    let (mut session, _) = live(1);
    session.step(ack(0), 1);
    let soon = session.step(list(&[0]), 2);
    assert_eq!((sent(&soon), acknowledged(&soon)), (vec![], vec![]));
    let later = session.step(list(&[0]), 5_001);
    assert_eq!(
        (sent(&later), acknowledged(&later)),
        (vec![], vec![hash(0)])
    );
}

#[test]
fn after_the_end_nothing_happens() {
    let (mut session, _) = live(2);
    session.step(ack(0), 1);
    let actions = session.step(Input::Stop, 2);
    assert_eq!(
        actions,
        [Action::Acknowledged(vec![hash(0).into()]), Action::Close]
    );
    assert_eq!(session.step(Input::Wake, 3), []);
    assert_eq!(session.step(Input::Tick, 100_000), []);
}
