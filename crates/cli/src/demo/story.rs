//! The story itself: what is done in which order, and what must be true after each step.

use std::time::Instant;

use pawtrail_event::ProjectUuid;

use super::board;
use super::report::{Figure, Report};
use super::world::{Answer, World, untrue};
use crate::error::CliError;
use crate::text::{branch, short};

/// The mission that the story is about.
#[derive(Debug)]
struct Mission {
    project: ProjectUuid,
    ledger_ref: String,
    path: String,
}

/// A question, what may be answered, and what is.
struct Question(&'static str, [&'static str; 2], &'static str);

const FIRST: [Question; 3] = [
    Question("Which database?", ["sqlite", "postgres"], "sqlite"),
    Question("Retry failed payments?", ["yes", "no"], "yes"),
    Question("Which currency first?", ["EUR", "USD"], "EUR"),
];

const OFFLINE: [Question; 2] = [
    Question("Refunds in this release?", ["yes", "later"], "later"),
    Question("Log card numbers?", ["never", "masked"], "never"),
];

/// Tells the whole story.
///
/// # Errors
/// The first thing that isn't true.
pub(super) fn tell(world: &mut World, report: &mut Report) -> Result<(), CliError> {
    report.say("Pawtrail keeps what people and coding agents decide where the work is: in git.");
    report.say("What follows is a real repository, a real hub and this very program; every figure");
    report
        .say("is measured now. All of it lies in a scratch directory that is removed at the end.");

    let mut mission = None;
    report.step("project", "A project and a mission", |report| {
        let made = begin(world, report)?;
        let detail = format!(
            "the mission's events go to {}; `main` is protected and stays as it is",
            branch(&made.ledger_ref)
        );
        mission = Some(made);
        Ok(detail)
    })?;
    let mission = mission.ok_or_else(|| untrue("there is no mission"))?;
    let before = snapshot(world)?;

    report.step("hub", "A hub, and permission to tell it", |report| {
        connect(world, report, &mission)?;
        Ok("nothing left this machine before that command, and only this project may".to_owned())
    })?;
    report.step("decisions", "Three decisions, each in git before its command ends", |report| {
        decide(world, report, &mission)?;
        Ok("three answers are commits, and the hub has them; the third came from a second worktree".to_owned())
    })?;
    report.step("board", "The team sees them", |_| seen(world, &mission))?;
    report.step("untouched", "Nobody's files or index moved", |report| {
        report.command("main", "git status");
        let after = snapshot(world)?;
        for (was, is) in before.iter().zip(&after) {
            let new: Vec<&str> = is.lines().filter(|line| !was.contains(line)).collect();
            if was != is {
                let new = new.join("; ");
                return Err(untrue(format!(
                    "git tells something new about `main`: {new}"
                )));
            }
        }
        Ok("`main` still has its staged and its edited file, and no new commit".to_owned())
    })?;

    let mut waiting = Vec::new();
    let mut amended = String::new();
    report.step("offline", "The hub is gone; work goes on", |report| {
        (waiting, amended) = offline(world, report, &mission)?;
        Ok(format!(
            "five commits wait; {} was amended, so its successor waits in its place",
            short(&amended)
        ))
    })?;
    report.step("replay", "The hub is back; what waited arrives in order", |report| {
        replay(world, report, &mission, &waiting, &amended)?;
        Ok("all five are on the hub, in the order of git, each acknowledged; the one amended away never left".to_owned())
    })?;
    report.step(
        "memory",
        "A fresh clone knows every question and answer",
        |report| remember(world, report, &mission),
    )
}

fn begin(world: &World, report: &Report) -> Result<Mission, CliError> {
    let write = |name: &str, text: &str| {
        std::fs::write(world.dir().join(name), text)
            .map_err(|error| CliError::io("can't write a scratch file", &error))
    };
    world.show_git(report, "main", &["init", "-q"])?;
    let init = world.pawtrail(report, "main", &["init"])?;
    write("README.md", "# Shop\n")?;
    world.git("main", &["add", "-A"])?;
    world.show_git(report, "main", &["commit", "-q", "-m", "Start the shop"])?;
    let create = ["mission", "create", "payments", "--title", "Take payments"];
    let created = world.pawtrail(report, "main", &create)?;
    // Work in progress that has nothing to do with the mission, and must stay as it is.
    write("README.md", "# Shop\n\nOpen soon.\n")?;
    write("notes.txt", "call the bank\n")?;
    world.git("main", &["add", "notes.txt"])?;
    let project = init.data("project_uuid")?;
    Ok(Mission {
        project: project
            .parse()
            .map_err(|error| untrue(format!("project_uuid: {error}")))?,
        ledger_ref: created.data("ledger_ref")?,
        path: format!("{}/decisions.events.jsonl", created.data("dir")?),
    })
}

/// What must not change in the main checkout.
fn snapshot(world: &World) -> Result<[String; 3], CliError> {
    let status = [
        "--no-optional-locks",
        "status",
        "--porcelain=v2",
        "--branch",
    ];
    Ok([
        world.git("main", &status)?,
        world.git("main", &["ls-files", "-s"])?,
        world.git("main", &["stash", "list"])?,
    ])
}

fn connect(world: &mut World, report: &Report, mission: &Mission) -> Result<(), CliError> {
    world.start_hub(report)?;
    let store = world.store().display().to_string();
    report.command(
        "hub",
        &format!("pawtrail hub token create --project {}", mission.project),
    );
    let create = [
        "hub",
        "token",
        "create",
        "--project",
        mission.project.as_str(),
        "--store",
        &store,
    ];
    let token = world.quietly("main", &create)?.data("token")?;
    let file = world.at("token");
    std::fs::write(&file, token)
        .map_err(|error| CliError::io("can't write a scratch file", &error))?;
    let url = format!("http://{}", world.address());
    world.enabled();
    world.pawtrail(
        report,
        "main",
        &["sync", "enable", &url, "--token-file", "../token"],
    )?;
    Ok(())
}

fn decide(world: &World, report: &mut Report, mission: &Mission) -> Result<(), CliError> {
    for (at, question) in FIRST.iter().enumerate() {
        let place = if at == 2 { "agent" } else { "main" };
        if at == 2 {
            let add = [
                "worktree",
                "add",
                "-q",
                "../agent",
                branch(&mission.ledger_ref),
            ];
            world.show_git(report, "main", &add)?;
        }
        let (answer, commit) = ask_and_answer(world, report, mission, place, question)?;
        world.wait_on_hub(&mission.project, &[commit])?;
        report.measured(Figure::CommitToHub, answer.started.elapsed());
        report.measured(Figure::Answer, answer.took);
    }
    Ok(())
}

/// Requests and answers one decision; returns the answer and its commit, which is checked with git.
fn ask_and_answer(
    world: &World,
    report: &Report,
    mission: &Mission,
    place: &str,
    Question(question, [one, other], chosen): &Question,
) -> Result<(Answer, String), CliError> {
    let mut request = vec!["decision", "request", "--question", question];
    request.extend(["--option", one, "--option", other]);
    let id = world
        .pawtrail(report, place, &request)?
        .data("decision_id")?;
    let answer = world.pawtrail(report, place, &["decision", "answer", &id, chosen])?;
    let (commit, event) = (answer.receipt("commit")?, answer.receipt("event_id")?);
    // Git itself is asked, not this program.
    world.git(
        "main",
        &["merge-base", "--is-ancestor", &commit, &mission.ledger_ref],
    )?;
    let journal = world.git("main", &["show", &format!("{commit}:{}", mission.path)])?;
    if !journal.lines().any(|line| line.contains(&event)) {
        return Err(untrue(format!(
            "{} doesn't hold the answer",
            short(&commit)
        )));
    }
    Ok((answer, commit))
}

fn seen(world: &World, mission: &Mission) -> Result<String, CliError> {
    let page = board::page(world.address(), "/")?;
    for commit in world.on_hub(&mission.project)? {
        let hash = commit.frame.git_hash.as_str();
        if !page.contains(hash.get(..7).unwrap_or(hash)) {
            return Err(untrue(format!("the board doesn't show {}", short(hash))));
        }
    }
    Ok(format!("{} shows each commit", world.board_url()))
}

/// Five commits without a hub, the fifth amended; returns them in order, and the replaced one.
fn offline(
    world: &mut World,
    report: &Report,
    mission: &Mission,
) -> Result<(Vec<String>, String), CliError> {
    report.say("      hub   (ended at once, as by a power cut)");
    world.stop_hub();
    let start = revision(world, &mission.ledger_ref)?;
    for question in &OFFLINE {
        ask_and_answer(world, report, mission, "agent", question)?;
    }
    let dir = mission.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    for (file, message) in [
        ("spec.md", "Specify payments"),
        ("plan.md", "Plan payments"),
        ("tasks.md", "List the tasks"),
    ] {
        let path = format!("{dir}/{file}");
        write_in_agent(world, &path, &format!("# {message}\n"))?;
        world.git("agent", &["add", "--", &path])?;
        world.show_git(report, "agent", &["commit", "-q", "-m", message])?;
    }
    let amended = revision(world, &mission.ledger_ref)?;
    let path = format!("{dir}/tasks.md");
    write_in_agent(world, &path, "# List the tasks\n\n1. Talk to the bank\n")?;
    world.git("agent", &["add", "--", &path])?;
    world.show_git(report, "agent", &["commit", "-q", "--amend", "--no-edit"])?;
    let range = format!("{start}..{}", mission.ledger_ref);
    let listed = world.git("main", &["rev-list", "--reverse", "--topo-order", &range])?;
    let waiting: Vec<String> = listed.lines().map(str::to_owned).collect();
    let status = world.pawtrail(report, "agent", &["sync", "status"])?;
    let pending = &status.document["data"]["pending"];
    if waiting.len() != 5 || pending != 5 {
        return Err(untrue(format!(
            "git has {} commits that the hub hasn't; `sync status` says {pending}",
            waiting.len()
        )));
    }
    Ok((waiting, amended))
}

fn replay(
    world: &mut World,
    report: &mut Report,
    mission: &Mission,
    waiting: &[String],
    amended: &str,
) -> Result<(), CliError> {
    let before = world.on_hub(&mission.project)?.len();
    world.start_hub(report)?;
    let started = Instant::now();
    world.pawtrail(report, "main", &["sync", "now"])?;
    world.wait_on_hub(&mission.project, waiting)?;
    report.measured(Figure::Replay, started.elapsed());
    let there = world.on_hub(&mission.project)?;
    let arrived: Vec<&str> = there
        .iter()
        .skip(before)
        .map(|commit| commit.frame.git_hash.as_str())
        .collect();
    // It was amended while there was no hub: whatever a courier had read before, it never leaves.
    if arrived.contains(&amended) {
        return Err(untrue("the commit that was amended away was sent"));
    }
    if arrived != waiting {
        return Err(untrue(format!(
            "the hub has them in another order than git: {arrived:?}, not {waiting:?}"
        )));
    }
    let status = world.pawtrail(report, "main", &["sync", "status"])?;
    let pending = &status.document["data"]["pending"];
    if pending != 0 {
        return Err(untrue(format!("{pending} commits are not acknowledged")));
    }
    Ok(())
}

fn remember(world: &World, report: &Report, mission: &Mission) -> Result<String, CliError> {
    let clone = [
        "clone",
        "-q",
        "-b",
        branch(&mission.ledger_ref),
        ".",
        "../clone",
    ];
    world.show_git(report, "main", &clone)?;
    let log = world.pawtrail(report, "clone", &["decision", "log"])?;
    let Some(decisions) = log.document["data"]["decisions"].as_array() else {
        return Err(untrue("`decision log` lists no decisions"));
    };
    for Question(question, _, chosen) in FIRST.iter().chain(&OFFLINE) {
        let known = decisions
            .iter()
            .any(|one| one["question"] == *question && one["answer"] == *chosen);
        if !known {
            return Err(untrue(format!(
                "the clone doesn't know the answer to: {question}"
            )));
        }
        report.say(&format!("            {question} {chosen}"));
    }
    Ok(format!("{} decisions, from git alone", decisions.len()))
}

fn revision(world: &World, name: &str) -> Result<String, CliError> {
    Ok(world.git("main", &["rev-parse", name])?.trim().to_owned())
}

fn write_in_agent(world: &World, path: &str, text: &str) -> Result<(), CliError> {
    std::fs::write(world.at("agent").join(path), text)
        .map_err(|error| CliError::io("can't write a scratch file", &error))
}
