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
    let soon = Duration::from_secs(20);
    page.wait_for(
        "document.getElementById('live').dataset.state === 'live'",
        soon,
    );
    page.eval("window.opened = 'once'");
    start_work(&project, "WP01");
    let lane = "document.querySelector('[data-wp=\"WP01\"][data-lane=\"in_progress\"]')";
    page.wait_for(lane, Duration::from_secs(2));
    assert_eq!(page.eval("window.opened"), "once", "the page was reloaded");
    assert_eq!(page.problems(), Vec::<String>::new());
}
