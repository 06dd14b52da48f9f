//! A hub for a team, as processes: a clone delivers over `wss`, and a real browser signs in, looks, and is signed out.

use std::time::Duration;

use pawtrail_testkit::{Browser, Hub, Page, Pawtrail, Project, Scratch, eventually, text};
use serde_json::Value;

use crate::BINARY;

/// As in `tls`; the browser knows the certificate by its key.
const AUTHORITY: &str = include_str!("tls/authority.pem");
const CERTIFICATE: &str = include_str!("tls/hub.pem");
const KEY: &str = "6w4z2bNQu1NfOiAu19Ew3mczyl0i9Fc9XB23+Ro69EE=";
const OTHER: &str = "0b0e2f7c-1111-4222-8333-444455556666";
const SOON: Duration = Duration::from_secs(30);

struct Site {
    project: Project,
    hub: Hub,
    scratch: Scratch,
}

impl Site {
    fn new() -> Self {
        let scratch = Scratch::new();
        let file = |name: &str, content: &str| {
            let path = scratch.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let authority = file("authority.pem", AUTHORITY);
        let certificate = file("hub.pem", CERTIFICATE);
        let pawtrail = Pawtrail::new(&scratch, BINARY).with_env("SSL_CERT_FILE", authority);
        let hub = Hub::start_over_tls(&scratch, &pawtrail, &certificate);
        let project = Project::in_repo(scratch.repo("project"), pawtrail);
        Self {
            project,
            hub,
            scratch,
        }
    }

    fn tokens(&self, words: &[&str]) -> Value {
        self.hub.token_command(&self.project.pawtrail, words)
    }

    fn read_only_token(&self) -> Value {
        let create = [
            "create",
            "--project",
            &self.project.uuid,
            "--read-only",
            "--label",
            "team",
        ];
        self.tokens(&create)
    }
}

/// Gives a token as a person does.
fn give(page: &mut Page<'_>, token: &str) {
    page.wait_for("document.getElementById('token')", SOON);
    page.eval(&format!(
        "document.getElementById('token').value = '{token}'; document.querySelector('.sign-in button').click(); 0"
    ));
}

#[test]
fn a_clone_delivers_over_wss_and_a_browser_sees_it_until_its_token_is_revoked() {
    let site = Site::new();
    let (project, hub) = (&site.project, &site.hub);
    assert!(hub.url().starts_with("https://localhost:"));
    assert_eq!(hub.board_url(), format!("{}/", hub.url()));
    project.connect(hub);
    project.decide("Which?");
    let now = ["sync", "now", "--timeout", "30"];
    assert_eq!(project.pawtrail.data(&project.repo, &now)["pending"], 0);

    let team = site.read_only_token();
    assert_eq!(team["access"], "read_only");
    let mut browser = Browser::trusting(&site.scratch, KEY);
    let mut page = browser.open(hub.board_url());
    give(&mut page, &format!("pwt_{}", "0".repeat(64)));
    page.wait_for("document.querySelector('[role=alert]')", SOON);
    give(&mut page, &text(&team["token"]));
    let live = "document.getElementById('live')?.dataset.state === 'live'";
    page.wait_for(live, SOON);
    let path = page.eval("location.pathname + location.search");
    assert_eq!(path, format!("/p/{}", project.uuid));
    assert_eq!(page.eval("document.cookie"), "", "no script may read it");
    let before = page
        .eval("document.querySelectorAll('[data-commit]').length")
        .as_u64();
    assert!(before > Some(0));
    project.decide("And then?");
    let more = format!(
        "document.querySelectorAll('[data-commit]').length > {}",
        before.unwrap()
    );
    page.wait_for(&more, SOON);

    // Its own project's board and no other, whether the hub has that one or not.
    hub.token(&project.pawtrail, OTHER);
    page.go(&format!("{}/p/{OTHER}", hub.url()));
    page.wait_for("document.body.innerText.includes('Another project')", SOON);
    page.go(&format!("{}/", hub.url()));
    page.wait_for(live, SOON);

    // A link on another site leads there too, though the browser keeps the cookie back at first.
    page.go(&format!(
        "data:text/html,<a href='{}'>board</a>",
        hub.board_url()
    ));
    page.eval("document.querySelector('a').click(); 0");
    page.wait_for(live, SOON);

    site.tokens(&["revoke", &text(&team["id"])]);
    project.decide("And now?");
    page.wait_for("location.pathname === '/sign-in'", SOON);
    page.go(hub.board_url());
    page.wait_for("location.pathname === '/sign-in'", SOON);

    // Another token, and out again by hand.
    let other = site.read_only_token();
    give(&mut page, &text(&other["token"]));
    page.wait_for(live, SOON);
    page.eval("document.querySelector('form[action=\"/sign-out\"] button').click(); 0");
    page.wait_for("location.pathname === '/sign-in'", SOON);
    page.go(hub.board_url());
    page.wait_for("location.pathname === '/sign-in'", SOON);

    project.wait_until_acknowledged(SOON);
    let list = site.tokens(&["list"]);
    let access: Vec<String> = list["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| text(&token["access"]))
        .collect();
    assert_eq!(
        access
            .iter()
            .filter(|access| *access == "read_only")
            .count(),
        2
    );
    assert_eq!(
        access
            .iter()
            .filter(|access| *access == "read_write")
            .count(),
        2
    );
}

#[test]
fn a_clone_with_a_token_that_only_looks_is_told_so() {
    let site = Site::new();
    let project = &site.project;
    let token = text(&site.read_only_token()["token"]);
    let enable = ["sync", "enable", site.hub.url(), "--token", &token];
    project.pawtrail.data(&project.repo, &enable);
    project.decide("Which?");
    eventually("the clone says why", SOON, || {
        project.status()["last_error"]
            .as_str()
            .is_some_and(|error| error.contains("may look at the board and send nothing"))
    });
}
