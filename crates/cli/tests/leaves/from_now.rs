//! `sync enable --from-now`: what happened before stays at home for good, whatever is lost or made anew afterwards.

use pawtrail_testkit::{Project, Scratch, eventually, text};

use crate::ear::Ear;
use crate::support::{BINARY, SOON, agent, enable, lose_queue, moves, spec};

fn now(project: &Project) {
    let now = ["sync", "now", "--timeout", "60"];
    project.pawtrail.data(&project.repo, &now);
}

#[test]
fn what_was_before_stays_at_home_though_the_state_file_and_the_queue_are_lost() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    let hub = Ear::hub();
    project.decide("Secret?");
    let secret = spec(&project, &agent, "secret");
    moves(&project, "WP01", &["planned", "claimed"]);
    enable(&project, &hub.url(), &["--from-now"]);
    let state = project.repo.path().join(".kittify/sync-state.json");
    let stop = ["sync", "stop"];
    let mut allowed: Vec<String> = Vec::new();
    for (at, damage) in [None, Some(""), Some("{\"pending_local_commits\": [")]
        .into_iter()
        .enumerate()
    {
        project.pawtrail.data(&project.repo, &stop);
        match damage {
            None => std::fs::remove_file(&state).unwrap(),
            Some(text) => std::fs::write(&state, text).unwrap(),
        }
        lose_queue(&project);
        // What would go is said before it goes, and by the same rule.
        let preview = project.pawtrail.data(&project.repo, &["sync", "preview"]);
        let frames = preview["frames"].as_array().unwrap();
        let would = frames.iter().map(|frame| text(&frame["git_hash"]));
        assert!(would.eq(allowed.iter().cloned()), "{preview:#}");
        assert_eq!(preview["unqueued"], 0, "{preview:#}");
        allowed.push(spec(&project, &agent, &format!("allowed-{at}")));
        now(&project);
        // This hub never says that it has anything, so that what is local comes again.
        let came: std::collections::BTreeSet<String> = hub.commits().into_iter().collect();
        assert_eq!(came, allowed.iter().cloned().collect(), "round {at}");
        let bodies = hub.heard().bodies;
        assert_eq!(bodies, Vec::<String>::new(), "round {at}");
    }
    // A branch that was away and comes back brings nothing of before along.
    let lane = format!("{}-lane-b", project.branch());
    project.repo.git(&["branch", &lane, &secret]);
    now(&project);
    project.repo.git(&["branch", "-q", "-D", &lane]);
    now(&project);
    project.repo.git(&["branch", &lane, &secret]);
    now(&project);
    assert!(!hub.commits().contains(&secret));
    // What happens now is another matter.
    moves(&project, "WP01", &["in_progress"]);
    now(&project);
    eventually("the move came", SOON, || hub.heard().bodies.len() == 1);
    let body = hub.heard().bodies.remove(0);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["events"].as_array().unwrap().len(), 1, "{body:#}");
}
