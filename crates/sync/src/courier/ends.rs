//! How couriers end, and how one follows another.

use std::fs;
use std::thread::JoinHandle;

use super::address::Address;
use super::tests::{SECRET, Scratch, hashes, recorder, settings};
use super::*;
use crate::testing::{HubAnswer, TestHub, eventually};

/// Removes a directory in which a courier may write a line meanwhile.
fn remove(dir: &std::path::Path) {
    eventually("it is removed", || {
        fs::remove_dir_all(dir).is_ok() || !dir.exists()
    });
}

#[test]
fn one_courier_serves_a_clone_and_ends_when_idle() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::served(&hub, 1);
    eventually("delivered", || clone.outbox.waiting() == 0);
    let first = clone.courier.take();
    clone.start();
    assert_eq!(clone.join(), End::Superfluous);
    clone.courier = first;
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    assert_eq!(clone.join(), End::Stopped);
    clone.start_with(settings(Some(300)));
    assert_eq!(clone.join(), End::Idle);
    assert_eq!(clone.connection(), Connection::NoCourier);
    if let Address::Path(path) = Address::of(&clone.place) {
        assert!(!path.exists(), "the socket is gone");
    }
    clone.start();
    eventually("another one can start", || {
        clone.connection() == Connection::Live
    });
}

#[test]
fn a_courier_does_not_outlive_its_repository() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::live(&hub, 0);
    fs::remove_file(clone.place.common_dir.join("HEAD")).unwrap();
    assert_eq!(clone.join(), End::RepositoryGone);
}

#[test]
fn a_courier_that_delivers_nothing_ends_though_commits_wait() {
    // One hub can't be reached, the other never answers: neither is a reason to stay.
    for answer in [HubAnswer::Status(503), HubAnswer::Nothing] {
        let hub = TestHub::start(answer);
        let mut clone = Scratch::new(2);
        clone.enable(&hub, SECRET);
        clone.start_with(settings(Some(300)));
        assert_eq!(clone.join(), End::Idle);
        assert_eq!(clone.outbox.waiting(), 2);
        hub.answer(HubAnswer::Ack);
        clone.start_with(settings(None));
        eventually("the next one delivers", || clone.outbox.waiting() == 0);
    }
}

#[test]
fn a_wake_keeps_an_idle_courier() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::new(0);
    clone.enable(&hub, SECRET);
    let idle = Duration::from_secs(4);
    clone.start_with(Settings {
        idle: Some(idle),
        ..settings(None)
    });
    eventually("live", || clone.connection() == Connection::Live);
    let begun = Instant::now();
    while begun.elapsed() < idle + idle / 2 {
        clone.wake();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    assert_eq!(clone.join(), End::Stopped, "it was there to be stopped");
}

#[test]
fn nothing_comes_back_of_a_state_that_was_removed() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::live(&hub, 0);
    remove(&clone.place.state_dir);
    let end = clone.join();
    assert!(matches!(end, End::StateGone | End::NoConsent), "{end}");
    assert!(!clone.place.state_dir.exists());
}

#[test]
fn nothing_comes_back_of_a_repository_that_was_removed() {
    let hub = TestHub::start(HubAnswer::Nothing);
    let mut clone = Scratch::served(&hub, 3);
    eventually("sent", || hub.received().len() == 3);
    remove(&clone.place.common_dir);
    let end = clone.join();
    assert_ne!(end, End::Idle);
    assert!(!clone.place.common_dir.exists());
    assert_eq!(clone.outbox.waiting(), 3);
}

/// Only where the files of a running process can be removed.
#[cfg(unix)]
#[test]
fn a_courier_of_a_removed_state_leaves_its_successor_alone() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::live(&hub, 0);
    remove(&clone.place.state_dir);
    clone.enable(&hub, SECRET);
    let old = clone.courier.take().unwrap();
    clone.start();
    assert_eq!(old.join().unwrap().unwrap(), End::StateGone);
    eventually("the new one", || clone.connection() == Connection::Live);
    clone.git_commit(0);
    eventually("it delivers", || {
        clone.outbox.acknowledged() == hashes(0..1)
    });
}

#[test]
fn consent_that_is_being_renewed_ends_nothing() {
    let hub = TestHub::start(HubAnswer::Ack);
    let clone = Scratch::live(&hub, 0);
    let record = clone.place.sync_file("consent.json");
    let lock = fs::File::open(clone.place.lock_file("consent.lock")).unwrap();
    lock.lock().unwrap();
    let text = fs::read(&record).unwrap();
    fs::remove_file(&record).unwrap();
    // Longer than the courier looks away; it sends nothing meanwhile.
    clone.git_commit(0);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(hub.received(), []);
    crate::private_file::replace(&record, &text).unwrap();
    lock.unlock().unwrap();
    eventually("delivered", || clone.outbox.acknowledged() == hashes(0..1));
}

#[test]
fn a_courier_that_holds_the_lock_and_does_not_listen_yet_is_waited_for() {
    let clone = Scratch::new(0);
    let lock = lifetime::try_take(&clone.place).unwrap().unwrap();
    let place = clone.place.clone();
    let stopping = std::thread::spawn(move || stop_at(&place));
    // Long enough to begin, and well below the time after which a lock whose holder can't be asked is taken away.
    std::thread::sleep(Duration::from_secs(1));
    assert!(!stopping.is_finished());
    drop(lock);
    assert_eq!(stopping.join().unwrap().unwrap(), Stopped::Ended);
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Nobody);
}

/// A courier that says that it ends, listens no more, and holds its lock for some time.
#[cfg(unix)]
fn slow_to_end(place: &Place, time: Duration) -> JoinHandle<()> {
    use std::io::{BufRead, BufReader, Write};

    let lock = lifetime::try_take(place).unwrap().unwrap();
    let Address::Path(path) = Address::of(place) else {
        panic!("a path")
    };
    let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        BufReader::new(&stream)
            .read_line(&mut String::new())
            .unwrap();
        let (v, connection) = (wire::VERSION, Connection::Live);
        let reply = serde_json::json!({
            "v": v, "connection": connection, "pending": 0, "acknowledged": 0, "elapsed_ms": 0,
        });
        stream.write_all(format!("{reply}\n").as_bytes()).unwrap();
        std::thread::sleep(time);
        drop(lock);
    })
}

/// A disk may be busy for longer than a courier is waited for that can't be asked: it has answered, so it is not shut out.
#[cfg(unix)]
#[test]
fn a_courier_that_said_that_it_ends_gets_the_time_to() {
    let clone = Scratch::new(0);
    let old = slow_to_end(&clone.place, Duration::from_secs(6));
    let before = lifetime::identity(&clone.place);
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    assert_eq!(lifetime::identity(&clone.place), before);
    old.join().unwrap();
}

#[test]
fn a_courier_tells_other_versions_its_own_and_ends_for_them() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::live(&hub, 0);
    let later = |op| Request {
        v: wire::VERSION + 1,
        ..Request::new(op, None)
    };
    // Whoever asks in another version reads no more of the reply than its version.
    let patience = Duration::from_secs(30);
    let heard = call(&clone.place, &later(Op::Now), patience);
    let Answer::Reply(reply) = heard else {
        panic!("{heard:?}")
    };
    assert_eq!(reply.v, wire::VERSION);
    eventually("it serves on", || clone.connection() == Connection::Live);
    call(&clone.place, &later(Op::Stop), patience);
    assert_eq!(clone.join(), End::Stopped);
}

/// A courier of an older version, as far as this one can know it.
#[cfg(unix)]
fn old_courier(place: &Place) -> JoinHandle<Vec<String>> {
    use std::io::{BufRead, BufReader, Write};

    let lock = lifetime::try_take(place).unwrap().unwrap();
    let Address::Path(path) = Address::of(place) else {
        panic!("a path")
    };
    let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        let _lock = lock;
        let mut heard = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            stream.write_all(b"{\"v\":0,\"state\":\"fine\"}\n").unwrap();
            let stop = line.contains(r#""op":"stop""#);
            heard.push(line);
            if stop {
                return heard;
            }
        }
    })
}

#[cfg(unix)]
#[test]
fn an_older_courier_is_told_of_and_followed() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::new(2);
    clone.enable(&hub, SECRET);
    let old = old_courier(&clone.place);
    eventually("it is told of", || {
        let standing = standing(&clone.place);
        standing.connection == Connection::NoCourier
            && standing.last_error.unwrap().contains("another version")
    });

    let marker = clone.place.common_dir.join("started");
    wake_at(&clone.place, &recorder(&clone.place, &marker)).unwrap();
    eventually("the process", || marker.exists());
    clone.start();
    eventually("the new one delivers", || clone.outbox.waiting() == 0);
    assert!(old.join().unwrap().last().unwrap().contains("stop"));

    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    assert_eq!(clone.join(), End::Stopped);
    let old = old_courier(&clone.place);
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    old.join().unwrap();
}
