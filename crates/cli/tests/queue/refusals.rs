//! Each way in which a hub can refuse a batch, and what is true afterwards.

use std::time::Duration;

use pawtrail_testkit::{Hub, Project, eventually};

use crate::scripted::{Reply, Scripted};
use crate::{TOKEN, committed, project, queued, start_work, status, stored};

const SOON: Duration = Duration::from_secs(30);

fn connect(project: &Project, url: &str) {
    let enable = ["sync", "enable", url, "--token", TOKEN];
    project.pawtrail.data(&project.repo, &enable);
    // The other half of `now`, commits, can't succeed here.
    let now = ["sync", "now", "--timeout", "2"];
    project.pawtrail.json_in(project.repo.path(), &now);
}

#[test]
fn a_hub_that_refuses_or_fails_loses_nothing_and_the_next_hub_gets_all() {
    for (code, reply) in [
        (401, Reply::refuse(401)),
        (403, Reply::refuse(403)),
        (408, Reply::refuse(408)),
        (429, Reply::pause(429, "7")),
        (500, Reply::refuse(500)),
        (503, Reply::pause(503, "7")),
    ] {
        let (scratch, project) = project();
        start_work(&project, "WP01");
        let waiting = queued(&project);
        let refusing = Scripted::start([reply]);
        connect(&project, &refusing.url());
        eventually("a batch came", SOON, || !refusing.batches().is_empty());
        eventually("it is told", SOON, || {
            status(&project)["upload_error"].is_string()
        });
        let told = status(&project)["upload_error"].to_string();
        assert!(told.contains(&code.to_string()), "{code}: {told}");
        assert_eq!(queued(&project), waiting, "{code}");
        let hub = Hub::start(&scratch, &project.pawtrail);
        project.connect(&hub);
        project.pawtrail.data(&project.repo, &["sync", "now"]);
        assert_eq!(stored(hub.store()), committed(&project), "{code}");
        assert!(status(&project)["upload_error"].is_null(), "{code}");
    }
}

#[test]
fn a_hub_that_takes_no_event_sets_each_aside_with_its_reason() {
    for (code, reason) in [(400, "HUB_REFUSED_BATCH"), (413, "EVENT_TOO_LARGE")] {
        let (_scratch, project) = project();
        start_work(&project, "WP01");
        let (waiting, _) = queued(&project);
        let refusing = Scripted::start([Reply::refuse(code)]);
        connect(&project, &refusing.url());
        eventually("set aside", SOON, || queued(&project) == (0, waiting));
        let listed = project.pawtrail.data(&project.repo, &["queue", "list"]);
        for event in listed["events"].as_array().unwrap() {
            assert_eq!(event["reason_code"], reason);
            assert!(event["attempts"].as_u64().unwrap() >= 1);
        }
        assert!(status(&project)["set_aside"].as_u64().unwrap() >= waiting);
    }
}
