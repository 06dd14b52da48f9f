//! `board`: a mission's work packages by lane, once or again with each change.

mod draw;

use std::time::Duration;

use pawtrail_event::status::Lane;
use pawtrail_repo::Project;
use pawtrail_repo::mission::Mission;
use pawtrail_repo::status::{self, Package, Reading};

use crate::args::BoardArgs;
use crate::commands::wp;
use crate::context::Context;
use crate::error::CliError;
use crate::interrupt::interrupted;
use crate::output::Done;
use crate::text::{Text, plain};
use draw::{Card, Column, draw};

/// How wide a board is where no terminal says it.
const DEFAULT_WIDTH: usize = 100;
/// How often `--watch` looks for changes.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn board(context: &Context, args: &BoardArgs) -> Result<Done, CliError> {
    let handle = args.handle.as_deref().or(args.mission.as_deref());
    if args.watch && context.output.json() {
        return Err(CliError::bad_argument(
            "--watch",
            "it draws again and again, and --json is one document",
        )
        .next("pawtrail wp list --json"));
    }
    let project = context.project()?;
    let mission = context.mission(&project, handle)?;
    if args.watch {
        return watch(context, &project, &mission);
    }
    let reading = status::list(&project, &mission)?;
    Ok(
        Done::new(wp::document(&reading)?, text(&mission, &reading, width()))
            .with_warnings(wp::warnings(&reading)),
    )
}

/// Draws until somebody wants it to end.
fn watch(context: &Context, project: &Project, mission: &Mission) -> Result<Done, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::io("can't wait for signals", &error))?;
    runtime.block_on(async {
        let end = interrupted()?;
        tokio::pin!(end);
        let mut shown = None;
        loop {
            let reading = status::list(project, mission)?;
            let frame = text(mission, &reading, width());
            if shown.as_ref() != Some(&frame) {
                let failed = |error| CliError::io("can't write standard output", &error);
                match context.output.frame(&frame, shown.is_none()) {
                    Ok(()) => {}
                    // The reader has seen enough.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
                    Err(error) => return Err(failed(error)),
                }
                shown = Some(frame);
            }
            tokio::select! {
                () = &mut end => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        Ok(Done::silent())
    })
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0).max(1))
}

fn text(mission: &Mission, reading: &Reading, width: usize) -> String {
    let slug = &mission.mission_slug;
    if reading.packages.is_empty() {
        return Text::new(&format!("{slug} has no work packages yet."))
            .next(&format!("pawtrail wp seed --mission {slug}"))
            .done();
    }
    let lanes = std::iter::once(Lane::Genesis).chain(Lane::DISPLAY);
    let columns: Vec<Column> = lanes
        .map(|lane| Column {
            name: lane.as_str(),
            cards: reading
                .packages
                .iter()
                .filter(|package| shown_in(package) == lane)
                .map(card)
                .collect(),
        })
        // The way of most packages is always there; other lanes while somebody is in them.
        .filter(|column| USUAL.contains(&column.name) || !column.cards.is_empty())
        .collect();
    let title = plain(&mission.title);
    let done = reading
        .counts
        .get(Lane::Done.as_str())
        .copied()
        .unwrap_or_default();
    let headline = format!("{title}: {done} of {} done", reading.packages.len());
    format!(
        "{}\n\n{}",
        Text::new(&headline).done(),
        draw(&columns, width)
    )
}

/// The lanes that a board shows though nobody is in them.
const USUAL: [&str; 6] = [
    Lane::Planned.as_str(),
    Lane::InProgress.as_str(),
    Lane::ForReview.as_str(),
    Lane::InReview.as_str(),
    Lane::Approved.as_str(),
    Lane::Done.as_str(),
];

/// A package that only annotations know stands with those that never moved.
fn shown_in(package: &Package) -> Lane {
    match Lane::parse(package.lane) {
        Some(lane) if lane.is_display() => lane,
        Some(_) | None => Lane::Genesis,
    }
}

fn card(package: &Package) -> Card {
    let head = match &package.title {
        Some(title) => format!("{} {title}", package.wp_id),
        None => package.wp_id.clone(),
    };
    let agent = package.agent.as_ref().or(package.assignee.as_ref());
    let mut foot: Vec<String> = agent
        .or(package.actor.as_ref())
        .cloned()
        .into_iter()
        .collect();
    let done = package
        .subtasks
        .values()
        .filter(|state| **state == Lane::Done.as_str())
        .count();
    if !package.subtasks.is_empty() {
        foot.push(format!("{done}/{}", package.subtasks.len()));
    }
    Card {
        head,
        foot: foot.join(" · "),
    }
}
