//! The board: pages, the parts that change, and the events that say so.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{BUILD, MISSION, OTHER, PATIENCE, PROJECT, Server, commit, hash};
use serde_json::json;

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    (dir, server)
}

struct Events(BufReader<TcpStream>);

impl Events {
    fn open(server: &Server, extra: &[(&str, &str)]) -> Self {
        let host = server.address.to_string();
        let mut headers = vec![("Host", host.as_str())];
        headers.extend(extra);
        Self(BufReader::new(
            server.open(&format!("/p/{PROJECT}/events"), &headers),
        ))
    }

    /// Returns the next line that begins so, without its beginning.
    fn line(&mut self, start: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended");
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim().to_owned();
            }
        }
    }
}

#[test]
fn home_lists_projects_and_goes_straight_to_the_only_one() {
    let (_dir, server) = server();
    let empty = server.get("/");
    assert_eq!(empty.status, 200);
    assert!(empty.body.contains("pawtrail hub token create"));

    server.token();
    let one = server.get("/");
    assert_eq!(one.status, 303);
    assert_eq!(
        one.header("location"),
        Some(format!("/p/{PROJECT}").as_str())
    );

    server
        .hub
        .create_token(&OTHER.parse().unwrap(), "other")
        .unwrap();
    let two = server.get("/").body;
    assert!(two.contains(&format!("href=\"/p/{PROJECT}\"")));
    assert!(two.contains(&format!("href=\"/p/{OTHER}\"")));
}

#[test]
fn the_page_has_its_marks_without_a_script_having_run() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send(&commit(1));
    client.receive();
    let page = server.get(&format!("/p/{PROJECT}"));
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    for mark in [
        "<main id=\"board\"".to_owned(),
        "id=\"live\" data-state=\"offline\"".to_owned(),
        format!("data-mission=\"{MISSION}\""),
        format!("data-commit=\"{}\"", hash(1)),
        format!("data-build=\"{BUILD}\""),
        "local only".to_owned(),
        "kitty/mission-m-01KT119Y".to_owned(),
        "decisions.events.jsonl".to_owned(),
    ] {
        assert!(page.body.contains(&mark), "{mark}");
    }
    // The policy forbids inline code and style; the page needs none.
    assert!(!page.body.contains("<style") && !page.body.contains("style="));
    assert_eq!(page.body.matches("<script").count(), 1);
    assert!(
        page.body
            .contains("<script type=\"module\" src=\"/assets/board.js\"></script>")
    );
}

#[test]
fn hostile_text_of_a_clone_is_shown_as_text() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut frame = commit(1);
    frame["branch"] = json!("refs/heads/\"><script>alert(1)</script>");
    frame["changed_files"] = json!(["kitty-specs/<img src=x onerror=alert(1)>"]);
    client.send(&frame);
    client.receive();
    let mut frame = commit(2);
    frame["mission_slug"] = json!("<script>");
    client.send(&frame);
    assert_eq!(client.receive()["code"], "FRAME_MALFORMED");
    let page = server.get(&format!("/p/{PROJECT}")).body;
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(!page.contains("<script>") && !page.contains("<img src=x"));
}

#[test]
fn an_unknown_project_has_no_page() {
    let (_dir, server) = server();
    server.token();
    for path in [
        format!("/p/{OTHER}"),
        format!("/p/{OTHER}/fragment"),
        format!("/p/{OTHER}/events"),
        "/p/nonsense".to_owned(),
        "/p/%3Cscript%3E".to_owned(),
        "/nowhere".to_owned(),
    ] {
        let answer = server.get(&path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("<script"));
    }
}

#[test]
fn assets_have_their_types_and_are_small() {
    let (_dir, server) = server();
    for (path, kind) in [
        ("/assets/board.css", "text/css"),
        ("/assets/board.js", "text/javascript"),
        ("/assets/icon.svg", "image/svg+xml"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").unwrap().starts_with(kind));
        assert!(answer.body.lines().count() < 200, "{path}");
    }
}

#[test]
fn a_commit_is_an_event_at_once_and_in_the_fragment_then() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut events = Events::open(&server, &[]);
    let first = events.line("id: ");
    client.send(&commit(1));
    let sent = Instant::now();
    let second = events.line("id: ");
    // Sooner than the line says anything unasked.
    assert!(sent.elapsed() < Duration::from_secs(12));
    assert_ne!(first, second);
    client.receive();
    let fragment = server.get(&format!("/p/{PROJECT}/fragment")).body;
    assert!(fragment.contains(&format!("data-commit=\"{}\"", hash(1))));
    assert!(!fragment.contains("<html"));
}

#[test]
fn a_browser_that_comes_back_gets_only_what_it_missed() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut events = Events::open(&server, &[]);
    let known = events.line("id: ");
    drop(events);

    // Nothing new: a comment opens the line, and the first event is the next change.
    let mut events = Events::open(&server, &[("Last-Event-ID", &known)]);
    assert_eq!(events.line(":"), "open");
    client.send(&commit(1));
    client.receive();
    let missed = events.line("id: ");
    assert_ne!(missed, known);
    drop(events);

    // Something new, and a hub that was restarted: an event at once.
    for last in [known.as_str(), "1-0", "nonsense"] {
        let mut events = Events::open(&server, &[("Last-Event-ID", last)]);
        assert!(!events.line("id: ").is_empty());
    }
}

#[test]
fn open_boards_do_not_hold_up_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unhurried(&dir.path().join("hub.db"));
    server.token();
    let mut events = Events::open(&server, &[]);
    events.line("id: ");
    let took = server.stop();
    assert!(took < PATIENCE, "{took:?}");
    let mut rest = String::new();
    events.0.read_to_string(&mut rest).unwrap();
}
