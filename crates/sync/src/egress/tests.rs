//! The door, case by case, with a hub on a real socket.

use super::*;
use crate::consent::{EnableOptions, disable_at, enable_at};
use crate::testing::{HubAnswer, MemoryOutbox, TestHub, commit};

fn place(dir: &tempfile::TempDir) -> Place {
    Place {
        common_dir: dir.path().to_owned(),
        state_dir: dir.path().join("pawtrail"),
        project_uuid: Some("f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()),
    }
}

fn enable(place: &Place, url: &str, token: &str) {
    let outbox = MemoryOutbox::default();
    let token = Some(token.parse().unwrap());
    let now = "2026-06-01T07:55:08Z".to_owned();
    enable_at(place, &outbox, url, token, EnableOptions::default(), now).unwrap();
}

fn frame(place: &Place) -> Outgoing {
    let mut commit = commit(1);
    commit.belong_to(place.project_uuid.as_ref());
    Outgoing::Commit(Box::new(commit))
}

#[tokio::test]
async fn each_frame_asks_for_consent_again() {
    let hub = TestHub::start(HubAnswer::Ack);
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    let door = Door::new(place.clone());
    assert!(matches!(
        door.connect().await,
        Err(DoorError::Denied(SyncError::EgressDenied(_)))
    ));

    enable(&place, &hub.url(), "first-token");
    let mut line = door.connect().await.unwrap();
    assert!(matches!(line.next().await, Incoming::Text(_)));
    door.send(&mut line, &[frame(&place)]).await.unwrap();
    assert!(matches!(line.next().await, Incoming::Text(_)));

    enable(&place, &hub.url(), "second-token");
    assert!(matches!(
        door.send(&mut line, &[frame(&place)]).await,
        Err(DoorError::Changed)
    ));
    disable_at(&place).unwrap();
    assert!(matches!(
        door.send(&mut line, &[frame(&place)]).await,
        Err(DoorError::Denied(SyncError::EgressDenied(_)))
    ));
    assert!(matches!(
        door.probe(&mut line).await,
        Err(DoorError::Denied(SyncError::EgressDenied(_)))
    ));
    assert_eq!(hub.received().len(), 1);
    assert_eq!(totals(&place).unwrap().frames, 1);
}

/// What waits leaves in writes of a limited size, in order; each asks for consent, and all of it is in the log.
#[tokio::test]
async fn many_frames_leave_together_and_none_after_consent_is_gone() {
    let hub = TestHub::start(HubAnswer::Ack);
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, &hub.url(), "first-token");
    let door = Door::new(place.clone());
    let mut line = door.connect().await.unwrap();
    let frames: Vec<Outgoing> = (0..100)
        .map(|number| {
            let mut commit = commit(number);
            commit.belong_to(place.project_uuid.as_ref());
            Outgoing::Commit(Box::new(commit))
        })
        .collect();
    let mut at = 0;
    while at < frames.len() {
        let texts = together(&frames[at..]).unwrap();
        let bytes: usize = texts.iter().map(String::len).sum();
        assert!(texts.len() <= TOGETHER && bytes <= TOGETHER_BYTES);
        at += texts.len();
    }
    door.send(&mut line, &frames).await.unwrap();
    crate::testing::eventually("all came", || hub.received().len() == 100);
    let sent: Vec<_> = (0..100)
        .map(|number| commit(number).git_hash.clone())
        .collect();
    assert_eq!(hub.received(), sent);
    let logged: Vec<_> = log(&place)
        .unwrap()
        .into_iter()
        .filter_map(|entry| entry.git_hash)
        .collect();
    assert_eq!(
        logged,
        sent.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    disable_at(&place).unwrap();
    assert!(door.send(&mut line, &frames).await.is_err());
    assert_eq!(totals(&place).unwrap().frames, 100);
    assert_eq!(hub.received().len(), 100);
}

#[tokio::test]
async fn what_cannot_be_logged_does_not_leave() {
    let hub = TestHub::start(HubAnswer::Ack);
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, &hub.url(), "first-token");
    std::fs::create_dir(place.sync_file("egress.jsonl")).unwrap();
    assert!(matches!(
        Door::new(place).connect().await,
        Err(DoorError::Denied(SyncError::File { .. }))
    ));
    assert_eq!(hub.connections(), 0);
}

#[tokio::test]
async fn refusals_are_told_from_troubles() {
    let hub = TestHub::start(HubAnswer::Ack);
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, &hub.url(), "first-token");
    for (status, refused) in [
        (401, true),
        (403, true),
        (426, true),
        (302, false),
        (404, false),
        (429, false),
        (503, false),
    ] {
        hub.answer(HubAnswer::Status(status));
        let error = Door::new(place.clone()).connect().await.err().unwrap();
        assert_eq!(matches!(error, DoorError::Refused(_)), refused, "{status}");
        assert_eq!(matches!(error, DoorError::Lost(_)), !refused, "{status}");
        assert!(!error.to_string().contains("first-token"));
    }
}

#[tokio::test]
async fn an_https_hub_never_gets_a_clear_text_request() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let first = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut record = [0; 3];
        std::io::Read::read_exact(&mut stream, &mut record).unwrap();
        record
    });
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    let url = format!("https://127.0.0.1:{port}");
    enable(&place, &url, "first-token");
    let error = Door::new(place).connect().await.err().unwrap();
    assert!(matches!(error, DoorError::Lost(_)), "{error}");
    // The first bytes are a TLS handshake record (22) of version 3.x, no letters of HTTP.
    assert_eq!(first.join().unwrap()[..2], [22, 3]);
}

/// To connect may take seconds. Whoever takes consent back meanwhile, or takes the place of this courier, is obeyed.
#[test]
fn a_batch_asks_for_consent_again_when_it_has_connected() {
    use std::io::Read;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_to_end(&mut heard).unwrap();
        }
        String::from_utf8(heard).unwrap()
    });
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, &url, "first-token");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The door is open at the first question of each request, and closed from the second on.
    let open = Arc::new(move || count.fetch_add(1, Ordering::SeqCst) == 0);
    let mut post = post::Post::new(Door::new(place).only_while(open));
    let parcel = post::Parcel {
        body: b"packed".to_vec(),
        events: 1,
        first: "one",
    };
    let sent = post.send(&parcel);
    assert!(matches!(sent, Err(DoorError::Followed)), "{sent:?}");
    asked.store(0, Ordering::SeqCst);
    let told = post.health().map(drop);
    assert!(matches!(told, Err(DoorError::Followed)), "{told:?}");
    drop(post);
    assert_eq!(heard.join().unwrap(), "");
}
