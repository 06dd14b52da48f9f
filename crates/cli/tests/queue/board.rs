//! Scenario 2 and 4, the board's half: lanes appear on an open board, without a reload.

use std::time::Duration;

use pawtrail_testkit::{Browser, Hub};

use crate::{project, start_work};

#[test]
fn an_open_board_shows_a_lane_soon_after_the_move() {
    let (scratch, project) = project();
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    let soon = Duration::from_secs(30);
    page.wait_for(
        "document.getElementById('live').dataset.state === 'live'",
        soon,
    );
    page.eval("window.opened = 'once'");
    start_work(&project, "WP01");
    let lane = "document.querySelector('[data-wp=\"WP01\"][data-lane=\"in_progress\"]')";
    page.wait_for(lane, soon);
    assert_eq!(page.eval("window.opened"), "once", "the page was reloaded");
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn scenario_4_two_clarified_terms_are_on_the_board_and_in_the_seed_file_and_no_sense_in_the_queue()
{
    let (scratch, project) = project();
    let run = |args: &[&str]| {
        let mission = ["--mission", &project.mission_id];
        project
            .pawtrail
            .data(&project.repo, &[args, &mission].concat())
    };
    let meanings = [
        ("gauge", "A number that falls"),
        ("panel", "One <b>chart</b>"),
    ];
    for (term, meaning) in meanings {
        run(&[
            "glossary",
            "sense",
            "--term",
            term,
            "--definition",
            "A guess",
        ]);
        let asked = run(&["glossary", "ask", "--term", term, "--question", "What?"]);
        let conflict = asked["conflict_id"].as_str().unwrap();
        run(&["glossary", "resolve", conflict, "--definition", meaning]);
    }
    let seed = project
        .repo
        .read(".kittify/glossaries/team_domain.yaml")
        .unwrap();
    let queue = project.pawtrail.data(&project.repo, &["queue", "list"]);
    let queue = queue.to_string();
    let log = project.repo.read(&format!(
        ".kittify/events/glossary/{}.events.jsonl",
        project.mission_id
    ));
    let log = log.unwrap();
    for (kind, in_log, in_queue) in [
        ("GlossarySenseUpdated", 2, 0),
        ("GlossaryClarificationRequested", 2, 2),
        ("GlossaryClarificationResolved", 2, 2),
    ] {
        assert_eq!(log.matches(kind).count(), in_log, "{kind}");
        assert_eq!(queue.matches(kind).count(), in_queue, "{kind}");
    }
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let now = project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(now["queued"], 0, "{now:#}");
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    for (_, meaning) in meanings {
        assert!(seed.contains(meaning), "{seed}");
        // As text: what looks like markup stays a text.
        let shown = format!("document.body.innerText.includes({meaning:?})");
        page.wait_for(&shown, Duration::from_secs(30));
    }
    assert_eq!(page.problems(), Vec::<String>::new());
}
