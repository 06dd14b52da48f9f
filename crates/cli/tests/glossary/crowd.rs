//! Many agents at once: no resolution is lost, and of several for one question one wins and the others are told.

use std::time::Duration;

use pawtrail_testkit::{Project, Running, Scratch};
use serde_json::Value;

use crate::support::{BINARY, SEED, ask, assert_agrees, count};

const AGENTS: usize = 20;
const LIMIT: Duration = Duration::from_secs(120);

fn outcomes(project: &Project, calls: &[Vec<String>]) -> Vec<(i32, Value)> {
    let mut running: Vec<Running> = calls
        .iter()
        .map(|call| {
            let args: Vec<&str> = call.iter().map(String::as_str).collect();
            project.pawtrail.spawn(&project.repo, &args)
        })
        .collect();
    running
        .iter_mut()
        .map(|running| {
            let output = running.finish(LIMIT);
            (output.status, output.json())
        })
        .collect()
}

fn call(conflict: &str, definition: &str) -> Vec<String> {
    [
        "--json",
        "glossary",
        "resolve",
        conflict,
        "--definition",
        definition,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn twenty_agents_that_resolve_different_terms_lose_none() {
    for protected in [false, true] {
        let scratch = Scratch::new();
        let project = if protected {
            Project::new(&scratch, BINARY)
        } else {
            Project::on_work(&scratch, BINARY)
        };
        let calls: Vec<Vec<String>> = (0..AGENTS)
            .map(|agent| {
                call(
                    &ask(&project, &format!("term {agent:02}")),
                    &format!("meaning of {agent:02}"),
                )
            })
            .collect();
        for (status, document) in outcomes(&project, &calls) {
            assert_eq!(status, 0, "{document:#}");
        }
        let committed = project.repo.read_at(&project.ledger, SEED).unwrap();
        let file = project.repo.read(SEED).unwrap();
        for agent in 0..AGENTS {
            let meaning = format!("definition: meaning of {agent:02}\n");
            assert!(
                committed.contains(&meaning) && file.contains(&meaning),
                "{agent}"
            );
        }
        assert_eq!(count(&project, "GlossaryClarificationResolved"), AGENTS);
        assert_agrees(&project, &project.repo);
        if !protected {
            assert_eq!(project.repo.status_v2(), "");
        }
        project.repo.fsck();
    }
}

#[test]
fn of_twenty_agents_that_answer_one_question_one_wins_and_the_others_are_told() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    let calls: Vec<Vec<String>> = (0..AGENTS)
        .map(|agent| call(&conflict, &format!("meaning {agent}")))
        .collect();
    let done = outcomes(&project, &calls);
    let won: Vec<&Value> = done
        .iter()
        .filter(|(status, _)| *status == 0)
        .map(|(_, document)| document)
        .collect();
    assert_eq!(won.len(), 1);
    let meaning = &won[0]["data"]["definition"];
    for (status, document) in &done {
        if *status != 0 {
            assert_eq!(
                (*status, &document["error"]["code"]),
                (5, &"CONFLICT_ALREADY_RESOLVED".into()),
                "{document:#}"
            );
            assert_eq!(&document["error"]["details"]["definition"], meaning);
        }
    }
    assert_eq!(count(&project, "GlossaryClarificationResolved"), 1);
    assert!(
        project
            .repo
            .read_at("HEAD", SEED)
            .unwrap()
            .contains(meaning.as_str().unwrap())
    );
    assert_agrees(&project, &project.repo);
}

#[test]
fn twenty_agents_that_observe_lose_no_row() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let calls: Vec<Vec<String>> = (0..AGENTS)
        .map(|agent| {
            [
                "--json",
                "glossary",
                "observe",
                "--term",
                &format!("term {agent}"),
            ]
            .map(str::to_owned)
            .to_vec()
        })
        .collect();
    for (status, document) in outcomes(&project, &calls) {
        assert_eq!(status, 0, "{document:#}");
    }
    assert_eq!(count(&project, "TermCandidateObserved"), AGENTS);
}
