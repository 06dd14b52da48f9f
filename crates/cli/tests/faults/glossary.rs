//! Death and failure at each step of a resolution: it is whole after the next command, or it never was.

use pawtrail_testkit::{Output, Pawtrail, Project, Scratch, rows, text};

use crate::support::{BINARY, CHECKED_OUT, EVERYWHERE};

const SEED: &str = ".kittify/glossaries/team_domain.yaml";
/// Places that a resolution comes by before its commit.
const OWN: &[&str] = &[
    "spool::flushed",
    "glossary::append",
    "glossary::appended",
    "glossary::edited",
];

fn resolve(project: &Project, scratch: &Scratch, faults: &str, conflict: &str) -> Output {
    let args = [
        "--json",
        "glossary",
        "resolve",
        conflict,
        "--definition",
        "One number",
    ];
    Pawtrail::new(scratch, BINARY)
        .with_env("FAILPOINTS", faults)
        .run(&project.repo, &args)
}

fn tried(action: &str) {
    for place in OWN.iter().chain(EVERYWHERE).chain(CHECKED_OUT) {
        let scratch = Scratch::new();
        let project = Project::on_work(&scratch, BINARY);
        let run = |args: &[&str]| project.pawtrail.data(&project.repo, args);
        let asked = run(&["glossary", "ask", "--term", "gauge", "--question", "What?"]);
        let conflict = text(&asked["conflict_id"]);
        let faulty = resolve(
            &project,
            &scratch,
            &format!("{place}=return({action})"),
            &conflict,
        );
        let reported = faulty.status == 0;
        run(&["glossary", "observe", "--term", "next"]);
        let path = format!(
            ".kittify/events/glossary/{}.events.jsonl",
            project.mission_id
        );
        let resolutions = |log: &str| {
            let of_type =
                |row: &&serde_json::Value| row["event_type"] == "GlossaryClarificationResolved";
            // A line that a dead command tore stays, and is reported.
            let whole: String = log
                .lines()
                .filter(|line| line.ends_with('}') && line.starts_with('{'))
                .map(|line| format!("{line}\n"))
                .collect();
            rows(&whole).iter().filter(of_type).count()
        };
        let logged = resolutions(&project.repo.read(&path).unwrap());
        let committed = project.repo.read_at("HEAD", SEED).unwrap_or_default();
        let held = committed.contains("One number");
        assert_eq!(held, logged == 1, "{place}: {faulty}\n{committed}");
        assert!(held || !reported, "{place}: {faulty}");
        let again = resolve(&project, &scratch, "", &conflict);
        assert_eq!(again.status, 0, "{place}: {again}");
        assert_eq!(again.json()["receipt"]["committed"], true, "{place}");
        assert_eq!(
            resolutions(&project.repo.read(&path).unwrap()),
            1,
            "{place}"
        );
        run(&["glossary", "rebuild", "--check"]);
        assert_eq!(project.repo.status_v2(), "", "{place}");
        project.repo.fsck();
    }
}

#[test]
fn a_resolution_that_dies_at_any_step_is_whole_after_the_next_command_or_never_was() {
    tried("abort");
}

#[test]
fn a_resolution_that_fails_at_any_step_is_whole_after_the_next_command_or_never_was() {
    tried("ENOSPC");
}
