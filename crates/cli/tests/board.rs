//! The board in a real browser: live without a reload, safe with hostile names, back after a restart.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::time::Duration;

use pawtrail_testkit::{Browser, Hub, Page, Project, Scratch, text};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
const SOON: Duration = Duration::from_secs(30);

fn row(commit: &str) -> String {
    format!("document.querySelector('[data-commit=\"{commit}\"]')")
}

const LIVE: &str = "document.getElementById('live').dataset.state === 'live'";

/// Leaves a mark that a reload would wipe out.
fn mark(page: &mut Page<'_>) {
    page.eval("window.opened = 'once'");
}

fn not_reloaded(page: &mut Page<'_>) {
    assert_eq!(page.eval("window.opened"), "once", "the page was reloaded");
}

fn no_problems(page: &mut Page<'_>) {
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn an_open_board_shows_a_commit_within_a_second_and_replaces_an_amended_one() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = project.repo.worktree("agent", project.branch());
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    page.wait_for(LIVE, SOON);
    mark(&mut page);
    for at in 0..3 {
        let commit = project.decide(&format!("Question {at}?"));
        page.wait_for(&row(&commit), SOON);
    }
    let spec = format!("{}/spec.md", project.dir);
    let plain = agent.commit_file(&spec, "spec\n", "Write the spec");
    page.wait_for(&row(&plain), SOON);
    let rows = page.eval("document.querySelectorAll('[data-commit]').length");
    agent.git(&["commit", "-q", "--amend", "-m", "Write a better spec"]);
    let amended = agent.rev("HEAD").unwrap();
    page.wait_for(&row(&amended), SOON);
    assert_eq!(
        page.eval(&row(&plain)),
        serde_json::Value::Null,
        "the row it replaces is still there"
    );
    assert_eq!(
        page.eval("document.querySelectorAll('[data-commit]').length"),
        rows
    );
    let shown = page.eval(&format!("{}.innerText", row(&amended)));
    assert!(
        text(&shown).to_lowercase().contains("local only"),
        "{shown}"
    );
    not_reloaded(&mut page);
    no_problems(&mut page);
}

/// Windows allows none of these characters in a file name.
#[cfg(unix)]
#[test]
fn hostile_names_are_shown_as_text_and_run_nothing() {
    const ATTACK: &str = "\"><img/src=x/onerror=window.pwned=1>";
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let branch = format!("{ATTACK}'<svg/onload=window.pwned=2>");
    repo.git(&["switch", "-q", "-c", &branch]);
    let pawtrail = pawtrail_testkit::Pawtrail::new(&scratch, BINARY);
    let project = Project::in_repo(repo, pawtrail);
    assert_eq!(project.branch(), branch);
    let title = format!("<script>window.pwned=3</script>{ATTACK}");
    let create = ["mission", "create", "hostile", "--title", &title];
    let made = project.pawtrail.data(&project.repo, &create);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    page.wait_for(LIVE, SOON);
    // One row is in the page as it loads, the next is swapped into it.
    let dir = text(&made["dir"]);
    let file = format!("{ATTACK}<script>window.pwned=4</script>.md");
    let commit = project
        .repo
        .commit_file(&format!("{dir}/{file}"), "x\n", "Write <b>it</b>");
    page.wait_for(&row(&commit), SOON);
    page.go(hub.board_url());
    page.wait_for(LIVE, SOON);
    let shown = text(&page.eval(&format!("{}.innerText", row(&commit))));
    assert!(shown.contains(&file) && shown.contains(&branch), "{shown}");
    assert_eq!(page.eval("typeof window.pwned"), "undefined");
    let foreign = "main script, main svg, main [onerror], main [onload], main img";
    assert_eq!(
        page.eval(&format!("document.querySelectorAll('{foreign}').length")),
        0
    );
    no_problems(&mut page);
}

#[test]
fn an_open_board_is_live_again_after_the_hub_restarts() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let before = project.decide("Before?");
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    page.wait_for(LIVE, SOON);
    mark(&mut page);
    no_problems(&mut page);
    let address = hub.kill();
    page.wait_for(
        "document.getElementById('live').dataset.state === 'offline'",
        SOON,
    );
    let offline = project.decide("While it is away?");
    let hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
    page.wait_for(LIVE, SOON);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    page.wait_for(&row(&offline), SOON);
    // While the hub was away the browser said so, and nothing else.
    let heard = page.problems();
    assert!(
        heard.iter().all(|line| line.contains("net::ERR_")),
        "{heard:?}"
    );
    let after = project.decide("After?");
    page.wait_for(&row(&after), SOON);
    page.wait_for(&row(&before), SOON);
    not_reloaded(&mut page);
    no_problems(&mut page);
    drop(hub);
}
