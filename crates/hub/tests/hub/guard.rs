//! The guard: no route answers another site, another name, or another machine.

use pawtrail_hub::Reach;

use crate::support::{Client, OTHER, PROJECT, Server};

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    (dir, server)
}

fn routes() -> Vec<String> {
    let mut routes: Vec<String> = [
        "/",
        "/api/v1/health",
        "/api/v1/ws",
        "/assets/board.js",
        "/nowhere",
    ]
    .map(str::to_owned)
    .to_vec();
    for end in ["", "/fragment", "/events"] {
        routes.push(format!("/p/{PROJECT}{end}"));
    }
    routes
}

#[test]
fn every_route_refuses_a_foreign_host_or_origin() {
    let (_dir, server) = server();
    server.token();
    let good = server.address.to_string();
    for route in routes() {
        for headers in [
            &[("Host", "evil.example")][..],
            &[("Host", good.as_str()), ("Origin", "http://evil.example")][..],
            &[("Host", good.as_str()), ("Origin", "null")][..],
        ] {
            let answer = server.request(&route, headers);
            assert_eq!(answer.status, 403, "{route} {headers:?}");
            assert_eq!(answer.json()["error"]["code"], "ORIGIN_REFUSED");
        }
    }
}

#[test]
fn the_own_origin_and_each_loopback_name_pass() {
    let (_dir, server) = server();
    let port = server.address.port();
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let host = format!("{name}:{port}");
        let origin = format!("http://{host}");
        let headers = [("Host", host.as_str()), ("Origin", origin.as_str())];
        assert_eq!(
            server.request("/api/v1/health", &headers).status,
            200,
            "{host}"
        );
    }
}

#[test]
fn a_cross_site_websocket_is_refused_even_with_a_token() {
    let (_dir, server) = server();
    let bearer = format!("Bearer {}", server.token());
    let mut headers = vec![
        ("Authorization", bearer.as_str()),
        ("X-Pawtrail-Protocol", "1"),
    ];
    assert!(Client::try_connect(server.address, "/api/v1/ws", &headers).is_ok());
    headers.push(("Origin", "http://evil.example"));
    let refused = Client::try_connect(server.address, "/api/v1/ws", &headers);
    assert_eq!(refused.err().unwrap().0, 403);
}

#[test]
fn every_answer_has_the_security_headers() {
    let (_dir, server) = server();
    server.token();
    for route in routes() {
        if route.ends_with("/events") {
            continue; // It has no end to wait for; `board` looks at its head.
        }
        let answer = server.get(&route);
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{route}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("form-action 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
}

#[test]
fn health_tells_the_protocol_and_the_limits() {
    let (_dir, server) = server();
    let answer = server.get("/api/v1/health");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "status": "ok", "protocol": [1],
            "limits": { "max_events_per_batch": 1_000, "max_bytes_per_batch": 524_288, "max_frame_bytes": 65_536 },
        })
    );
}

#[tokio::test]
async fn a_listener_that_others_can_reach_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let hub = pawtrail_hub::Hub::open(&dir.path().join("hub.db")).unwrap();
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = pawtrail_hub::serve(hub, listener, Reach::Loopback, std::future::pending())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "HUB_NOT_LOOPBACK");
    assert!(error.next_step().unwrap().contains("127.0.0.1"));
    for way in ["--tls-cert", "--behind-proxy"] {
        assert!(error.to_string().contains(way), "{error}");
    }
    assert_eq!(error.exit_code(), 1);
}

#[test]
fn a_token_of_another_project_is_refused_before_a_frame_is_sent() {
    let (_dir, server) = server();
    let bearer = format!("Bearer {}", server.token());
    let speak = |project: Option<&str>| {
        let mut headers = vec![
            ("Authorization", bearer.as_str()),
            ("X-Pawtrail-Protocol", "1"),
        ];
        headers.extend(project.map(|project| ("X-Pawtrail-Project", project)));
        let websocket = Client::try_connect(server.address, "/api/v1/ws", &headers);
        let batch = server.post("/api/v1/events/batch/", &headers, b"{\"events\":[]}");
        (
            websocket
                .err()
                .map(|(status, body)| (status, body.contains("TOKEN_OTHER_PROJECT"))),
            batch.status == 403 && batch.json()["error"]["code"] == "TOKEN_OTHER_PROJECT",
        )
    };
    assert_eq!(speak(None), (None, false), "a client needn't say");
    assert_eq!(speak(Some(PROJECT)), (None, false));
    for other in [OTHER, "", "no uuid"] {
        assert_eq!(speak(Some(other)), (Some((403, true)), true), "{other}");
    }
}
