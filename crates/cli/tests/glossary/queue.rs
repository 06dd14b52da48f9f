//! FR-018 to FR-020 and NFR-004: the log has everything, the queue only what the team has to see.

use pawtrail_testkit::{Project, Scratch};

use crate::support::{BINARY, SEED, ask, assert_agrees, count, log, resolve};

/// The event types that wait in the queue, in its order; without what making the project and its mission put there.
#[track_caller]
pub(crate) fn types(project: &Project) -> Vec<String> {
    let state = project.repo.common_dir().join("pawtrail");
    let queue = pawtrail_sync::queue::Queue::open_existing(&state).unwrap();
    let events = queue.unwrap().list(None, 1_000).unwrap();
    let types = events.into_iter().map(|event| event.event_type);
    types
        .filter(|name| !matches!(name.as_str(), "ProjectInitialized" | "MissionCreated"))
        .collect()
}

#[test]
fn fr_018_and_nfr_004_a_session_keeps_its_noise_in_the_log_and_queues_its_clarifications() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let run = |args: &[&str]| project.pawtrail.data(&project.repo, args);
    for step in 0..10 {
        for term in 0..20 {
            let name = format!("term {term}");
            let meaning = format!("as step {step} has it");
            run(&[
                "glossary",
                "sense",
                "--term",
                &name,
                "--definition",
                &meaning,
            ]);
        }
        run(&[
            "glossary",
            "observe",
            "--term",
            "candidate",
            "--step",
            &format!("step-{step}"),
        ]);
    }
    for term in ["gauge", "panel", "dashboard"] {
        let conflict = ask(&project, term);
        resolve(&project, &conflict, &format!("what a {term} is"));
    }
    assert_eq!(count(&project, "GlossarySenseUpdated"), 200);
    assert_eq!(count(&project, "TermCandidateObserved"), 10);
    assert_eq!(log(&project).len(), 216, "C-003: every type is in the log");
    let queued = types(&project);
    assert_eq!(
        queued
            .iter()
            .filter(|name| *name == "GlossarySenseUpdated")
            .count(),
        0
    );
    assert_eq!(queued.len(), 6, "{queued:?}");
    assert!(
        queued.len() * 10 <= log(&project).len(),
        "NFR-004: at least 90 % fewer writes"
    );
    assert_eq!(project.repo.status_v2(), "", "the log is ignored");
}

#[test]
fn scenario_4_two_resolutions_are_in_seed_file_and_queue_and_the_log_has_everything() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let sense = [
        "glossary",
        "sense",
        "--term",
        "gauge",
        "--definition",
        "perhaps this",
    ];
    project.pawtrail.data(&project.repo, &sense);
    for (term, meaning) in [("gauge", "One number"), ("panel", "A frame")] {
        let conflict = ask(&project, term);
        resolve(&project, &conflict, meaning);
    }
    let seed = project.repo.read(SEED).unwrap();
    assert!(
        seed.contains("definition: One number") && seed.contains("definition: A frame"),
        "{seed}"
    );
    let queued = types(&project);
    assert_eq!(
        queued
            .iter()
            .filter(|name| *name == "GlossaryClarificationResolved")
            .count(),
        2
    );
    assert_eq!(
        queued
            .iter()
            .filter(|name| *name == "GlossarySenseUpdated")
            .count(),
        0
    );
    assert_eq!(log(&project).len(), 5);
    assert_agrees(&project, &project.repo);
}

#[test]
fn what_a_crash_kept_from_the_queue_is_caught_up() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let first = ask(&project, "gauge");
    std::fs::remove_file(project.repo.common_dir().join("pawtrail/queue.sqlite")).unwrap();
    resolve(&project, &first, "One number");
    assert_eq!(
        types(&project),
        [
            "GlossaryClarificationRequested",
            "GlossaryClarificationResolved"
        ]
    );
}

#[test]
fn fr_019_and_fr_020_a_question_and_its_answer_enter_the_queue_in_this_order() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    assert_eq!(types(&project), ["GlossaryClarificationRequested"]);
    resolve(&project, &conflict, "One number");
    resolve(&project, &conflict, "One number");
    let queued = types(&project);
    let both = [
        "GlossaryClarificationRequested",
        "GlossaryClarificationResolved",
    ];
    assert_eq!(queued, both, "the same answer again is no event");
}

#[test]
fn fr_008_what_enters_the_queue_is_sanitized() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let question = "Is it what bob@acme-tools.com has in /home/bob/notes?";
    let args = ["glossary", "ask", "--term", "gauge", "--question", question];
    let data = project.pawtrail.data(&project.repo, &args);
    let id = data["conflict_id"].as_str().unwrap().parse().unwrap();
    let state = project.repo.common_dir().join("pawtrail");
    let queue = pawtrail_sync::queue::Queue::open_existing(&state).unwrap();
    let (entry, envelope) = queue.unwrap().show(&id).unwrap();
    assert_eq!(entry.reason, None, "it keeps its contract");
    let text = envelope.to_string();
    assert!(
        text.contains("Is it what") && !text.contains("bob"),
        "{text}"
    );
}
