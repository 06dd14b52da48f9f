//! Many agents at once, each with a server of its own, in the worktrees of one clone.

use std::collections::HashMap;

use pawtrail_testkit::{Project, Repo, Scratch, text};
use serde_json::json;

use crate::support::{Agent, BINARY};

const AGENTS: usize = 8;
const EACH: usize = 4;

/// Asks and answers, from one worktree after the other; returns the events of the answers by decision.
fn work(project: &Project, places: &[Repo], number: usize) -> HashMap<String, String> {
    let mut agent = Agent::ready(&project.pawtrail, places[number % places.len()].path());
    let mut given = HashMap::new();
    for at in 0..EACH {
        for place in places {
            let dir = place.path();
            let question = format!("Agent {number}, question {at} in {}?", dir.display());
            let key = format!("{number}-{at}-{}", dir.display());
            let ask = json!({
                "dir": dir, "mission": project.mission_id, "question": question, "idempotency_key": key,
            });
            let asked = agent.must("decision_request", &ask);
            let id = text(&asked["data"]["decision_id"]);
            let reply = json!({
                "dir": dir, "mission": project.mission_id, "decision_id": id, "answer": "yes",
            });
            // An agent that isn't sure asks twice at once.
            let both = [
                agent.begin("decision_answer", &reply),
                agent.begin("decision_answer", &reply),
            ];
            let said = both.map(|call| {
                let said = agent.wait(call);
                assert_eq!(said["result"]["isError"], false, "{said:#}");
                said["result"]["structuredContent"]["receipt"].clone()
            });
            assert_eq!(said[0]["event_id"], said[1]["event_id"]);
            assert!(
                said.iter().all(|receipt| receipt["committed"] == true),
                "{said:?}"
            );
            given.insert(id, text(&said[0]["event_id"]));
        }
    }
    assert_eq!(agent.end(), (Some(0), String::new()));
    given
}

#[test]
fn eight_processes_serve_agents_in_four_worktrees_and_each_answer_is_there_once() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let places = [
        project.repo.clone(),
        project.repo.worktree("ledger", project.branch()),
        project.repo.worktree("topic-a", "topic-a"),
        project.repo.worktree("topic-b", "topic-b"),
    ];
    let before = project.checkout();
    let given: HashMap<String, String> = std::thread::scope(|scope| {
        let (project, places) = (&project, &places);
        let agents: Vec<_> = (0..AGENTS)
            .map(|number| scope.spawn(move || work(project, places, number)))
            .collect();
        agents
            .into_iter()
            .flat_map(|agent| agent.join().unwrap())
            .collect()
    });
    assert_eq!(given.len(), AGENTS * EACH * places.len());
    let rows = project.rows();
    assert_eq!(rows.len(), 2 * given.len());
    let answered: HashMap<String, String> = rows
        .iter()
        .filter(|row| row["event_type"] == "DecisionInputAnswered")
        .map(|row| (text(&row["payload"]["decision_id"]), text(&row["event_id"])))
        .collect();
    assert_eq!(answered, given);
    project.repo.fsck();
    assert_eq!(project.checkout(), before);
    assert_eq!(places[1].status_v2(), "");
}
