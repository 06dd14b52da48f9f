//! The store by itself: claims, appends, what is found again.

use pawtrail_event::run::Started;
use pawtrail_event::{EventId, Sanitized};
use pawtrail_testkit::Scratch;

use super::*;
use crate::decisions;
use crate::testing::with_mission;
use pawtrail_event::decision::ActorType;

fn world(scratch: &Scratch) -> (Project, Mission) {
    let (_, project, mission) = with_mission(scratch);
    (project, mission)
}

fn started(project: &Project, mission: &Mission, run: &Stored) -> Sanitized {
    let payload = run::Payload::Started(Box::new(Started {
        run_id: run.run_id.clone(),
        mission_type: "plan".to_owned(),
        actor: decisions::actor("system", ActorType::Service),
        template_hash: None,
        template_path: None,
        mission_id: Some(mission.mission_id.clone()),
        mission_slug: Some(mission.mission_slug.clone()),
        inputs: std::collections::BTreeMap::new(),
        recovered: false,
    }));
    let at = time::iso(project.now());
    let id = EventId::from(project.ulid());
    run::event(project.sanitizer(), &at, &id, &payload).unwrap()
}

fn begun(project: &Project, mission: &Mission) -> Stored {
    let held = hold(project, mission).unwrap();
    let run = held.begin(b"template").unwrap();
    held.append(&run, &[started(project, mission, &run)])
        .unwrap();
    held.began(&run).unwrap();
    run
}

#[test]
fn a_run_exists_with_its_first_row_and_keeps_its_id_until_then() {
    let scratch = Scratch::new();
    let (project, mission) = world(&scratch);
    let id = &mission.mission_id;
    assert!(find(&project, id).unwrap().is_none());
    let first = hold(&project, &mission).unwrap().begin(b"one").unwrap();
    // Whoever died here is followed by somebody who takes up the same id.
    assert!(find(&project, id).unwrap().is_none());
    assert!(!was_started(&project, id).unwrap());
    let run = begun(&project, &mission);
    assert_eq!(run.run_id, first.run_id);
    let found = find(&project, id).unwrap().unwrap();
    assert_eq!(
        (found.run_id, found.template),
        (run.run_id.clone(), b"template".to_vec())
    );
    assert!(was_started(&project, id).unwrap());
    fs::remove_dir_all(&run.dir).unwrap();
    assert!(find(&project, id).unwrap().is_none());
    assert!(was_started(&project, id).unwrap());
    assert_ne!(begun(&project, &mission).run_id, run.run_id);
}

#[test]
fn a_run_is_found_by_its_first_row_where_the_claim_is_lost_or_damaged() {
    let scratch = Scratch::new();
    let (project, mission) = world(&scratch);
    let run = begun(&project, &mission);
    let id = &mission.mission_id;
    for damage in [None, Some("../../etc"), Some("0123")] {
        match damage {
            None => fs::remove_file(claim(&project, id)).unwrap(),
            Some(text) => fs::write(claim(&project, id), text).unwrap(),
        }
        assert_eq!(
            find(&project, id).unwrap().unwrap().run_id,
            run.run_id,
            "{damage:?}"
        );
    }
    assert!(
        find(&project, &MissionId::from(project.ulid()))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_torn_tail_is_left_to_its_writer_and_ended_by_the_next() {
    let scratch = Scratch::new();
    let (project, mission) = world(&scratch);
    let run = begun(&project, &mission);
    let log = run.dir.join(LOG);
    let mut text = fs::read_to_string(&log).unwrap();
    text.push_str("{\"event_type\": \"Next");
    fs::write(&log, &text).unwrap();
    let found = find(&project, &mission.mission_id).unwrap().unwrap();
    assert!(found.log.damaged.is_empty());
    let held = hold(&project, &mission).unwrap();
    let found = held.find().unwrap().unwrap();
    assert_eq!(found.log.damaged.len(), 1);
    held.append(&found, &[started(&project, &mission, &found)])
        .unwrap();
    let found = held.find().unwrap().unwrap();
    assert_eq!((found.log.rows.len(), found.log.damaged.len()), (2, 1));
}

#[test]
fn prompts_have_names_that_any_file_system_takes() {
    let names = [
        "specify",
        "input:database",
        "Specify",
        "a/b",
        "..",
        "con",
        "ä",
    ];
    let files: std::collections::BTreeSet<String> = names
        .iter()
        .map(|name| file_name(name).to_lowercase())
        .collect();
    assert_eq!(files.len(), names.len(), "{files:?}");
    for file in files {
        let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        assert!(file.chars().all(safe) && !file.starts_with('.'), "{file}");
    }
}
