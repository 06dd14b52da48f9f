//! A hub for a team, over TLS and behind a proxy: who sees what, and what others may not do.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use pawtrail_hub::{Hub, Timing};

use crate::support::{Line, OTHER, PATIENCE, PROJECT, Server, ack, commit, hash, project};
use crate::visitor::{Visitor, behind_proxy, over_tls};

const FOREIGN: &str = "7d8c9e0f-2222-4333-8444-555566667777";

type Make = fn(&Path, Timing) -> (Server, Visitor);

/// Runs a test on both kinds of hub, with answers to wrong tokens that don't wait.
fn both(test: impl Fn(&Server, &Visitor)) {
    with(
        Timing {
            wrong_token: Duration::ZERO,
            ..Timing::default()
        },
        test,
    );
}

fn with(timing: Timing, test: impl Fn(&Server, &Visitor)) {
    for make in [over_tls as Make, behind_proxy as Make] {
        let dir = tempfile::tempdir().unwrap();
        let (server, visitor) = make(dir.path(), timing);
        test(&server, &visitor);
    }
}

fn pages() -> [String; 2] {
    ["/".to_owned(), format!("/p/{PROJECT}")]
}

fn parts() -> [String; 2] {
    ["fragment", "events"].map(|part| format!("/p/{PROJECT}/{part}"))
}

#[test]
fn without_a_cookie_there_is_nothing_but_the_sign_in_page_and_health() {
    both(|server, visitor| {
        server.token();
        for cookie in [
            None,
            Some(format!("__Host-pawtrail={}", "0".repeat(64))),
            Some("__Host-pawtrail=x".to_owned()),
        ] {
            let cookie = cookie.as_deref();
            for page in pages() {
                let answer = visitor.get(&page, cookie);
                assert_eq!(answer.status, 303, "{page}");
                assert_eq!(answer.header("location"), Some("/sign-in"));
                assert!(!answer.body.contains(PROJECT));
            }
            for part in parts() {
                let answer = visitor.get(&part, cookie);
                assert_eq!(answer.status, 401, "{part}");
                assert_eq!(answer.json()["error"]["code"], "SIGN_IN_NEEDED");
            }
            let form = visitor.get("/sign-in", cookie);
            assert_eq!(form.status, 200);
            assert!(form.body.contains("<form"));
            assert!(!form.body.contains(PROJECT) && !form.body.contains("<script"));
        }
        assert_eq!(visitor.get("/api/v1/health", None).json()["status"], "ok");
        assert_eq!(visitor.get("/nowhere", None).status, 404);
    });
}

#[test]
fn a_token_is_exchanged_for_a_cookie_that_shows_its_own_project() {
    both(|server, visitor| {
        let token = server.token();
        let other = server.hub.create_token(&OTHER.parse().unwrap(), "other");
        let mut clone = visitor.clone_of(&token).unwrap();
        clone.receive();
        clone.send(&commit(1));
        assert_eq!(clone.receive(), ack(1, "accepted"));

        let given = visitor.give(&format!("%20{token}%0A"));
        assert_eq!(given.status, 303);
        assert_eq!(
            given.header("location"),
            Some(format!("/p/{PROJECT}").as_str())
        );
        let set = given.header("set-cookie").unwrap();
        for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.split("; ").any(|found| found == part), "{set}");
        }
        assert!(set.starts_with("__Host-pawtrail=") && !set.contains("Domain"));
        assert!(!set.contains(&token[4..]));

        let cookie = given.cookie();
        let cookie = cookie.as_deref();
        let board = visitor.get(&format!("/p/{PROJECT}"), cookie);
        assert_eq!(board.status, 200);
        assert!(board.body.contains(&format!("data-commit=\"{}\"", hash(1))));
        assert!(board.body.contains("action=\"/sign-out\""));
        for page in ["/", "/sign-in"] {
            let answer = visitor.get(page, cookie);
            assert_eq!(answer.status, 303, "{page}");
            assert_ne!(answer.header("location"), Some("/sign-in"));
        }
        let fragment = visitor.get(&format!("/p/{PROJECT}/fragment"), cookie);
        assert!(fragment.body.contains(&hash(1).to_string()));

        // A project that is there and one that isn't look the same.
        let [there, away] = [OTHER, FOREIGN].map(|uuid| visitor.get(&format!("/p/{uuid}"), cookie));
        assert_eq!((there.status, away.status), (403, 403));
        assert_eq!(there.body, away.body);
        for part in ["fragment", "events"] {
            for uuid in [OTHER, FOREIGN] {
                let answer = visitor.get(&format!("/p/{uuid}/{part}"), cookie);
                assert_eq!(answer.status, 403);
                assert_eq!(answer.json()["error"]["code"], "TOKEN_OTHER_PROJECT");
            }
        }
        let others = visitor.sign_in(&other.unwrap().token);
        assert_eq!(
            visitor.get(&format!("/p/{PROJECT}"), Some(&others)).status,
            403
        );
        assert_eq!(
            visitor.get(&format!("/p/{OTHER}"), Some(&others)).status,
            200
        );
    });
}

#[test]
fn the_board_names_the_public_address() {
    both(|server, visitor| {
        let cookie = visitor.sign_in(&server.token());
        let board = visitor.get(&format!("/p/{PROJECT}"), Some(&cookie)).body;
        let enable = format!("pawtrail sync enable {} --token", visitor.origin());
        assert!(board.contains(&enable), "{board}");
    });
}

#[test]
fn a_wrong_token_opens_nothing() {
    both(|server, visitor| {
        let revoked = server.hub.create_token(&project(), "old").unwrap();
        server.hub.revoke(&revoked.id).unwrap();
        let unknown = format!("pwt_{}", "0".repeat(64));
        let id = revoked.id.to_string();
        for token in [revoked.token.as_str(), &unknown, &id, "", "nonsense"] {
            let answer = visitor.give(token);
            assert_eq!(answer.status, 403, "{token}");
            assert_eq!(answer.cookie(), None);
            assert!(answer.body.contains("<form"));
            assert!(token.is_empty() || !answer.body.contains(token));
        }
    });
}

#[test]
fn wrong_tokens_wait_and_right_ones_do_not() {
    let never = Timing {
        wrong_token: Duration::from_secs(3_600),
        shutdown: Duration::from_millis(50),
        ..Timing::default()
    };
    with(never, |server, visitor| {
        let token = server.token();
        let unknown = format!("pwt_{}", "0".repeat(64));
        let form = format!("token={unknown}");
        let bearer = format!("Bearer {unknown}");
        let origin = visitor.origin();
        let as_page = [
            ("Origin", origin.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let as_clone = [
            ("Authorization", bearer.as_str()),
            ("X-Pawtrail-Protocol", "1"),
        ];
        // Sixty-four have a place to wait: of one more, one is turned away at once.
        let (tell, told) = std::sync::mpsc::channel();
        for at in 0..65 {
            let mut line = if at % 2 == 0 {
                visitor.open("POST /sign-in", &as_page, &form)
            } else {
                visitor.open("POST /api/v1/events/batch/", &as_clone, "{}")
            };
            let tell = tell.clone();
            std::thread::spawn(move || {
                let mut text = Vec::new();
                // The rest waits for longer than this test, which leaves it there.
                if line.read_to_end(&mut text).is_ok() {
                    let _ = tell.send(String::from_utf8(text).unwrap());
                }
            });
        }
        let first = told.recv_timeout(PATIENCE).unwrap();
        assert!(first.starts_with("HTTP/1.1 429 "), "{first}");
        let refused = visitor.post("/sign-in", &[], &form);
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert!(refused.header("retry-after").is_some());
        let clone = visitor.clone_of(&unknown);
        assert_eq!(clone.err().unwrap().0, 429);

        let cookie = visitor.sign_in(&token);
        assert_eq!(
            visitor.get(&format!("/p/{PROJECT}"), Some(&cookie)).status,
            200
        );
        assert!(visitor.clone_of(&token).is_ok());
    });
}

#[test]
fn another_site_can_neither_ask_nor_sign_in_or_out() {
    both(|server, visitor| {
        let token = server.token();
        let cookie = visitor.sign_in(&token);
        let with_cookie = ("Cookie", cookie.as_str());
        let port = server.address.port();
        let form = format!("token={token}");
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        // DNS rebinding, and this machine's own names: everything that comes through a proxy comes from here.
        for host in [
            "evil.example".to_owned(),
            format!("evil.example:{port}"),
            format!("127.0.0.1:{port}"),
            format!("[::1]:{port}"),
            "localhost".to_owned(),
        ] {
            let headers = [
                ("Host", host.as_str()),
                ("X-Forwarded-Host", visitor.authority.as_str()),
                ("X-Forwarded-For", "127.0.0.1"),
                with_cookie,
            ];
            for path in pages().into_iter().chain(parts()) {
                let answer = visitor.send(&format!("GET {path}"), &headers, "");
                assert_eq!(answer.status, 403, "{host} {path}");
                assert_eq!(answer.json()["error"]["code"], "ORIGIN_REFUSED");
            }
        }
        for origin in [
            Some("https://evil.example"),
            Some("null"),
            Some("http://localhost"),
            None,
        ] {
            let mut headers = vec![kind, with_cookie];
            headers.extend(origin.map(|origin| ("Origin", origin)));
            for path in ["/sign-in", "/sign-out"] {
                let answer = visitor.send(&format!("POST {path}"), &headers, &form);
                assert_eq!(answer.status, 403, "{origin:?} {path}");
                assert_eq!(answer.cookie(), None);
            }
        }
        let bearer = format!("Bearer {token}");
        let refused = crate::support::Client::over(
            visitor.line(),
            &visitor.authority,
            &[
                ("Authorization", &bearer),
                ("X-Pawtrail-Protocol", "1"),
                ("Origin", "https://evil.example"),
            ],
        );
        assert_eq!(refused.err().unwrap().0, 403);
        assert_eq!(
            visitor.get(&format!("/p/{PROJECT}"), Some(&cookie)).status,
            200
        );
    });
}

#[test]
fn a_link_on_another_site_is_asked_for_once_more() {
    both(|server, visitor| {
        let cookie = visitor.sign_in(&server.token());
        let board = format!("GET /p/{PROJECT}");
        let elsewhere = ("Sec-Fetch-Site", "cross-site");
        // The browser keeps the cookie back.
        let answer = visitor.send(&board, &[elsewhere], "");
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("http-equiv=\"refresh\""));
        assert!(!answer.body.contains(PROJECT) && answer.body.len() < 500);
        let own = ("Sec-Fetch-Site", "same-origin");
        assert_eq!(visitor.send(&board, &[own], "").status, 303);
        let answer = visitor.send(&board, &[own, ("Cookie", &cookie)], "");
        assert!(answer.body.contains(PROJECT));
    });
}

#[test]
fn signing_out_ends_the_session_of_this_browser() {
    both(|server, visitor| {
        let token = server.token();
        let (mine, theirs) = (visitor.sign_in(&token), visitor.sign_in(&token));
        let out = visitor.post("/sign-out", &[("Cookie", &mine)], "");
        assert_eq!(out.status, 303);
        assert_eq!(out.cookie().as_deref(), Some("__Host-pawtrail="));
        let board = format!("/p/{PROJECT}");
        assert_eq!(visitor.get(&board, Some(&mine)).status, 303);
        assert_eq!(visitor.get(&board, Some(&theirs)).status, 200);
        assert_eq!(visitor.post("/sign-out", &[], "").status, 303);

        // Signing in again takes the place of what the browser had.
        let form = format!("token={token}");
        let again = visitor.post("/sign-in", &[("Cookie", &theirs)], &form);
        assert_eq!(visitor.get(&board, Some(&theirs)).status, 303);
        assert_eq!(visitor.get(&board, again.cookie().as_deref()).status, 200);
    });
}

#[test]
fn a_revoked_token_ends_its_sessions_and_their_streams() {
    let often = Timing {
        ping_every: Duration::from_millis(20),
        ..Timing::default()
    };
    for make in [over_tls as Make, behind_proxy as Make] {
        let dir = tempfile::tempdir().unwrap();
        let (server, visitor) = make(dir.path(), often);
        let new = server.hub.create_token(&project(), "laptop").unwrap();
        let stays = visitor.sign_in(&server.token());
        let cookie = visitor.sign_in(&new.token);
        let [mut stream, mut other] = [&cookie, &stays].map(|cookie| watching(&visitor, cookie));

        // Revoked by another process: through the file, not through this hub.
        let elsewhere = Hub::open(&dir.path().join("hub.db")).unwrap();
        elsewhere.revoke(&new.id).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        for path in pages() {
            let answer = visitor.get(&path, Some(&cookie));
            assert_eq!(answer.header("location"), Some("/sign-in"));
        }
        for part in parts() {
            assert_eq!(visitor.get(&part, Some(&cookie)).status, 401);
        }
        assert_eq!(
            visitor.get(&format!("/p/{PROJECT}"), Some(&stays)).status,
            200
        );
        visitor.post("/sign-out", &[("Cookie", &stays)], "");
        other.read_to_end(&mut Vec::new()).unwrap();
    }
}

/// Opens a board's stream and waits for its first event.
fn watching(visitor: &Visitor, cookie: &str) -> BufReader<Box<dyn Line>> {
    let events = format!("GET /p/{PROJECT}/events");
    let mut stream = BufReader::new(visitor.open(&events, &[("Cookie", cookie)], ""));
    let mut line = String::new();
    while !line.starts_with("id: ") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0);
    }
    stream
}

#[test]
fn a_read_only_token_looks_and_sends_nothing() {
    both(|server, visitor| {
        let token = server
            .hub
            .create_read_only_token(&project(), "team")
            .unwrap()
            .token;
        let cookie = visitor.sign_in(&token);
        assert_eq!(
            visitor.get(&format!("/p/{PROJECT}"), Some(&cookie)).status,
            200
        );
        let (status, body) = visitor.clone_of(&token).err().unwrap();
        assert_eq!(status, 403);
        assert!(body.contains("TOKEN_READ_ONLY"), "{body}");
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Pawtrail-Protocol", "1"),
        ];
        let batch = visitor.send("POST /api/v1/events/batch/", &headers, "{\"events\":[]}");
        assert_eq!(batch.status, 403);
        assert_eq!(batch.json()["error"]["code"], "TOKEN_READ_ONLY");
        assert!(server.hub.commits(&project()).unwrap().is_empty());
    });
}

#[test]
fn a_form_has_a_limit_a_kind_and_no_query() {
    both(|server, visitor| {
        let token = server.token();
        let form = format!("token={token}");
        let large = format!("{form}&x={}", "x".repeat(8 * 1024));
        assert_eq!(visitor.post("/sign-in", &[], &large).status, 413);
        let origin = visitor.origin();
        let own = ("Origin", origin.as_str());
        let json = ("Content-Type", "application/json");
        assert_eq!(
            visitor.send("POST /sign-in", &[own, json], &form).status,
            415
        );
        assert_eq!(visitor.post("/sign-in", &[], "other=1").status, 422);
        for start in ["GET", "POST"] {
            let start = format!("{start} /sign-in?{form}");
            let kind = ("Content-Type", "application/x-www-form-urlencoded");
            let answer = visitor.send(&start, &[own, kind], &form);
            assert_eq!(answer.status, 400);
            assert_eq!(answer.json()["error"]["code"], "QUERY_REFUSED");
            assert_eq!(answer.cookie(), None);
        }
    });
}

#[test]
fn every_answer_has_the_security_headers_and_only_pages_with_forms_may_send_one() {
    both(|server, visitor| {
        let cookie = visitor.sign_in(&server.token());
        let cookie = Some(cookie.as_str());
        let board = format!("/p/{PROJECT}");
        let away = format!("/p/{OTHER}");
        for (path, cookie, has_form) in [
            ("/sign-in", None, true),
            (board.as_str(), cookie, true),
            (away.as_str(), cookie, true),
            ("/", cookie, false),
            (board.as_str(), None, false),
            ("/nowhere", None, false),
            ("/assets/board.js", None, false),
            ("/api/v1/health", None, false),
        ] {
            let answer = visitor.get(path, cookie);
            let policy = answer.header("content-security-policy").unwrap();
            let form = if has_form {
                "form-action 'self'"
            } else {
                "form-action 'none'"
            };
            for part in ["default-src 'none'", "frame-ancestors 'none'", form] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            // Under `no-referrer` a browser says `Origin: null` with a form, and nobody could sign in.
            assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.body.contains("<form"), has_form, "{path}");
        }
    });
}

#[test]
fn a_session_outlives_the_hub_and_its_secret_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (server, visitor) = behind_proxy(dir.path(), Timing::default());
    let cookie = visitor.sign_in(&server.token());
    server.stop();
    let secret = cookie.split_once('=').unwrap().1.as_bytes();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    let (_server, visitor) = behind_proxy(dir.path(), Timing::default());
    assert_eq!(
        visitor.get(&format!("/p/{PROJECT}"), Some(&cookie)).status,
        200
    );
}

#[test]
fn a_hub_for_this_machine_alone_has_nothing_to_sign_in_to() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    server.token();
    assert_eq!(server.get("/sign-in").status, 404);
    assert_eq!(server.post("/sign-in", &[], b"token=x").status, 404);
    let board = server.get(&format!("/p/{PROJECT}"));
    assert_eq!(board.status, 200);
    assert!(!board.body.contains("<form") && !board.body.contains("sign-in"));
    assert_eq!(board.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(board.header("set-cookie"), None);
}
