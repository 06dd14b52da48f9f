//! `wp`: move, note, subtask, list, seed.

use std::io::Read as _;

use pawtrail_event::WorkPackageId;
use pawtrail_event::decision::Damaged;
use pawtrail_event::status::{Delta, ExecutionMode, Lane, Verdict};
use pawtrail_repo::Project;
use pawtrail_repo::mission::Mission;
use pawtrail_repo::status::{self, Moved, Package, Reading, Remark, Step, Written};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{
    AnnotateArgs, ModeArg, MoveArgs, NoteArgs, SeedArgs, SubtaskArgs, VerdictArg, WpCommand,
    WpListArgs,
};
use crate::commands::after_write::{self, receipt_fields};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, table};

/// The most bytes of moves on standard input.
const MAX_INPUT_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn run(context: &Context, command: &WpCommand) -> Result<Done, CliError> {
    match command {
        WpCommand::Move(args) => move_packages(context, args),
        WpCommand::Note(args) => note(context, args),
        WpCommand::Subtask(args) => subtask(context, args),
        WpCommand::List(args) => list(context, args),
        WpCommand::Seed(args) => seed(context, args),
    }
}

fn move_packages(context: &Context, args: &MoveArgs) -> Result<Done, CliError> {
    let steps = if args.stdin {
        from_lines(args, &standard_input()?)?
    } else {
        from_words(args)?
    };
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let key = args.key.value.as_deref();
    let mut written = status::move_packages(&project, &mission, &steps, key)?;
    offer(&project, &mission, &mut written);
    after_write::follow(&project, &mut written.receipt, &mut written.warnings);
    let headline = match &written.moved[..] {
        [only] => format!("{} is in {} now.", only.wp_id, only.to_lane),
        several => format!("Moved {} times.", several.len()),
    };
    let mut text = Text::new(&headline).field("mission", &mission.mission_slug);
    for moved in &written.moved {
        text = text.field(moved.wp_id.as_str(), arrow(moved));
    }
    let mut data = json!({ "moves": to_json(&written.moved)? });
    if let [only] = &written.moved[..] {
        data["wp_id"] = json!(only.wp_id);
        data["from_lane"] = json!(only.from_lane);
        data["to_lane"] = json!(only.to_lane);
    }
    done(data, text, &mission, written)
}

fn offer(project: &Project, mission: &Mission, written: &mut Written) {
    let appended = written.appended.as_ref();
    after_write::offer(
        project,
        &mission.mission_id,
        appended,
        &mut written.warnings,
    );
}

fn arrow(moved: &Moved) -> String {
    format!("{} → {}", moved.from_lane, moved.to_lane)
}

fn from_words(args: &MoveArgs) -> Result<Vec<Step>, CliError> {
    let Some((lane, packages)) = args.words.split_last() else {
        return Err(CliError::bad_argument("LANE", "it is missing"));
    };
    let to_lane = lane_of(lane)?;
    packages
        .iter()
        .map(|wp_id| Ok(step(args, package(wp_id)?, to_lane)))
        .collect()
}

/// The move that the options describe.
fn step(args: &MoveArgs, wp_id: WorkPackageId, to_lane: Lane) -> Step {
    Step {
        wp_id,
        to_lane,
        actor: args.actor.clone(),
        reason: args.reason.clone(),
        force: args.force,
        review_ref: args.review_ref.clone(),
        reviewer: args.reviewer.clone(),
        verdict: args.verdict.map(|verdict| match verdict {
            VerdictArg::Approved => Verdict::Approved,
            VerdictArg::ChangesRequested => Verdict::ChangesRequested,
        }),
        execution_mode: match args.execution_mode {
            ModeArg::Worktree => ExecutionMode::Worktree,
            ModeArg::DirectRepo => ExecutionMode::DirectRepo,
        },
    }
}

/// One move of the input; what it leaves out, the options say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    wp_id: String,
    to_lane: String,
    actor: Option<String>,
    reason: Option<String>,
    force: Option<bool>,
    review_ref: Option<String>,
    reviewer: Option<String>,
    verdict: Option<String>,
    execution_mode: Option<String>,
}

fn from_lines(args: &MoveArgs, input: &str) -> Result<Vec<Step>, CliError> {
    let mut steps = Vec::new();
    for (at, line) in input.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |message: String| {
            CliError::bad_argument("--stdin", format!("line {}: {message}", at + 1))
        };
        let line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let wp_id = package(&line.wp_id).map_err(|error| wrong(error.message))?;
        let to_lane = lane_of(&line.to_lane).map_err(|error| wrong(error.message))?;
        let mut step = step(args, wp_id, to_lane);
        step.force = line.force.unwrap_or(step.force);
        step.actor = line.actor.or(step.actor);
        step.reason = line.reason.or(step.reason);
        step.review_ref = line.review_ref.or(step.review_ref);
        step.reviewer = line.reviewer.or(step.reviewer);
        if let Some(verdict) = &line.verdict {
            let known = Verdict::parse(verdict);
            step.verdict =
                Some(known.ok_or_else(|| {
                    wrong("verdict: `approved` or `changes_requested`".to_owned())
                })?);
        }
        step.execution_mode = match line.execution_mode.as_deref() {
            None => step.execution_mode,
            Some("worktree") => ExecutionMode::Worktree,
            Some("direct_repo") => ExecutionMode::DirectRepo,
            Some(_) => {
                return Err(wrong(
                    "execution_mode: `worktree` or `direct_repo`".to_owned(),
                ));
            }
        };
        steps.push(step);
    }
    match steps.is_empty() {
        true => Err(CliError::bad_argument("--stdin", "there is no move in it")),
        false => Ok(steps),
    }
}

fn standard_input() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin()
        .lock()
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::io("can't read standard input", &error))?;
    if read as u64 > MAX_INPUT_BYTES {
        let message = format!("it has more than {MAX_INPUT_BYTES} bytes");
        return Err(CliError::bad_argument("--stdin", message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        CliError::bad_argument("--stdin", format!("line {line}: no UTF-8"))
    })
}

fn lane_of(text: &str) -> Result<Lane, CliError> {
    Lane::parse_alias(text).map_err(|error| CliError::bad_argument("LANE", error))
}

fn package(text: &str) -> Result<WorkPackageId, CliError> {
    text.parse()
        .map_err(|error| CliError::bad_argument("WP", error))
}

fn note(context: &Context, args: &NoteArgs) -> Result<Done, CliError> {
    let delta = Delta {
        note: Some(args.text.clone()),
        ..Delta::default()
    };
    let headline = format!("Noted on {}.", args.wp_id);
    let data = json!({ "wp_id": args.wp_id, "note": args.text });
    annotate(context, &args.common, &args.wp_id, delta, &headline, data)
}

fn subtask(context: &Context, args: &SubtaskArgs) -> Result<Done, CliError> {
    let (state, ids) = match args.words.split_last() {
        Some((last, ids)) if !ids.is_empty() && last == Lane::Done.as_str() => (Lane::Done, ids),
        Some((last, ids)) if !ids.is_empty() && last == Lane::Planned.as_str() => {
            (Lane::Planned, ids)
        }
        Some(_) | None => (Lane::Done, &args.words[..]),
    };
    // Taken for a subtask's name, a misspelt state would be one that is done.
    if let Some(word) = ids.iter().find(|word| is_like_a_state(word)) {
        let message = format!(
            "`{}` is no state of a subtask; states are done and planned",
            plain(word)
        );
        return Err(CliError::bad_argument("STATE", message));
    }
    let delta = Delta {
        subtasks: Some(ids.iter().map(|id| (id.clone(), state)).collect()),
        ..Delta::default()
    };
    let headline = format!("{} of {}: {state}.", plain(&ids.join(", ")), args.wp_id);
    let data = json!({ "wp_id": args.wp_id, "subtasks": ids, "state": state.as_str() });
    annotate(context, &args.common, &args.wp_id, delta, &headline, data)
}

/// Says whether a word is a lane's name, whatever its case, or what people call one.
fn is_like_a_state(word: &str) -> bool {
    let word = word.to_lowercase();
    Lane::parse_alias(&word).is_ok()
        || [
            "complete",
            "completed",
            "finished",
            "open",
            "pending",
            "todo",
        ]
        .contains(&&*word)
}

fn annotate(
    context: &Context,
    args: &AnnotateArgs,
    wp_id: &WorkPackageId,
    delta: Delta,
    headline: &str,
    data: Value,
) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let remark = Remark {
        wp_id: wp_id.clone(),
        actor: args.actor.clone(),
        delta,
    };
    let mut written = status::annotate(&project, &mission, &remark, args.key.value.as_deref())?;
    offer(&project, &mission, &mut written);
    after_write::follow(&project, &mut written.receipt, &mut written.warnings);
    let text = Text::new(headline).field("mission", &mission.mission_slug);
    done(data, text, &mission, written)
}

fn done(data: Value, text: Text, mission: &Mission, written: Written) -> Result<Done, CliError> {
    let text = receipt_fields(text, &written.receipt)
        .next(&format!("pawtrail board {}", mission.mission_slug));
    Done::new(data, text.done())
        .with_warnings(written.warnings)
        .with_receipt(&written.receipt)
}

fn seed(context: &Context, args: &SeedArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let seeded = status::seed(&project, &mission, args.actor.as_deref())?;
    let slug = &mission.mission_slug;
    let unread = unread(&seeded.unread);
    let Some(mut written) = seeded.written else {
        let headline = match seeded.known.len() {
            0 => format!("{slug} has no work package files in its `tasks` directory."),
            _ => format!("All work packages of {slug} are on the board."),
        };
        let data = json!({ "seeded": [], "known": to_json(&seeded.known)? });
        let text = Text::new(&headline).next(&format!("pawtrail board {slug}"));
        return Ok(Done::new(data, text.done()).with_warnings(unread));
    };
    offer(&project, &mission, &mut written);
    after_write::follow(&project, &mut written.receipt, &mut written.warnings);
    let ids: Vec<&str> = written
        .moved
        .iter()
        .map(|moved| moved.wp_id.as_str())
        .collect();
    let text = Text::new(&format!("On the board now: {}", ids.join(", "))).field("mission", slug);
    let data = json!({ "seeded": ids, "known": to_json(&seeded.known)? });
    Ok(done(data, text, &mission, written)?.with_warnings(unread))
}

fn list(context: &Context, args: &WpListArgs) -> Result<Done, CliError> {
    let lane = args.lane.as_deref().map(any_lane).transpose()?;
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let mut reading = status::list(&project, &mission)?;
    if let Some(lane) = lane {
        reading
            .packages
            .retain(|package| package.lane == lane.as_str());
    }
    let human = if reading.packages.is_empty() {
        nothing(&project, &mission, lane)
    } else {
        let rows: Vec<Vec<String>> = reading.packages.iter().map(row).collect();
        table(
            &["package", "lane", "title", "actor", "subtasks", "since"],
            &rows,
        )
    };
    Ok(Done::new(document(&reading)?, human).with_warnings(warnings(&reading)))
}

/// A person may also ask for those that are in no lane yet.
fn any_lane(text: &str) -> Result<Lane, CliError> {
    match Lane::parse(text) {
        Some(lane) => Ok(lane),
        None => lane_of(text),
    }
}

fn nothing(project: &Project, mission: &Mission, lane: Option<Lane>) -> String {
    let slug = &mission.mission_slug;
    if let Some(lane) = lane {
        return Text::new(&format!("No work package of {slug} is in {lane}."))
            .next(&format!("pawtrail wp list --mission {slug}"))
            .done();
    }
    Text::new(&format!("{slug} has no work packages yet."))
        .next(&match project.checkout() {
            Some(_) => format!("pawtrail wp seed --mission {slug}"),
            None => format!("pawtrail wp move WP01 planned --mission {slug}"),
        })
        .done()
}

fn row(package: &Package) -> Vec<String> {
    let done = package
        .subtasks
        .values()
        .filter(|state| **state == Lane::Done.as_str())
        .count();
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        package.wp_id.clone(),
        package.lane.to_owned(),
        text(&package.title),
        text(&package.actor),
        match package.subtasks.len() {
            0 => "-".to_owned(),
            all => format!("{done}/{all}"),
        },
        text(&package.last_transition_at),
    ]
}

/// Work packages as data.
pub(super) fn document(reading: &Reading) -> Result<Value, CliError> {
    Ok(json!({
        "mission_id": reading.mission_id,
        "mission_slug": reading.mission_slug,
        "work_packages": to_json(&reading.packages)?,
        "counts": to_json(&reading.counts)?,
    }))
}

/// What could not be read of a status, for a person.
pub(super) fn warnings(reading: &Reading) -> Vec<String> {
    let damaged = reading.damaged.iter();
    let damaged = damaged.map(|(file, line)| skipped(file, line));
    damaged.chain(unread(&reading.unread)).collect()
}

/// What a person is told of a damaged line.
pub(super) fn skipped(file: &str, line: &Damaged) -> String {
    format!("{file}, line {}: skipped: {}", line.line, line.reason)
}

fn unread(files: &[(String, String)]) -> Vec<String> {
    files
        .iter()
        .map(|(name, reason)| format!("tasks/{name} can't be understood: {reason}"))
        .collect()
}
