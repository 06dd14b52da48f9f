//! `demo`: the whole story on a scratch repository and a real hub, each figure measured.

mod board;
mod report;
mod server;
mod story;
mod world;

use serde_json::json;

use crate::args::DemoArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;

use crate::interrupt::{Interrupt, is_interruption};
use report::Report;
use world::World;

/// Runs the story and leaves nothing behind.
///
/// # Errors
/// When a step isn't true, or somebody interrupts.
pub(crate) fn run(context: &Context, args: &DemoArgs) -> Result<Done, CliError> {
    if std::env::var_os("PAWTRAIL_SYNC").is_some_and(|value| value == "off") {
        let message =
            "PAWTRAIL_SYNC=off forbids every connection, and the demo needs one to itself";
        return Err(CliError {
            exit: 6,
            ..CliError::refused("EGRESS_DENIED", message)
        });
    }
    let interrupt = Interrupt::watch()?;
    let mut report = Report::new(context.output, interrupt.clone());
    let mut world = World::new(interrupt.clone())?;
    let told = story::tell(&mut world, &mut report);
    let (board_url, dir) = (world.board_url(), world.dir());
    if let Err(error) = told {
        let error = interrupt.cause(error);
        let closed = world.close();
        return Err(match closed {
            Ok(()) if is_interruption(&error) => error,
            Err(closing) if is_interruption(&error) => CliError {
                message: format!("interrupted; {}", closing.message),
                ..error
            },
            closed => failed(error, &report, closed.err()),
        });
    }
    report.summary();
    let mut data = report.document();
    if !args.keep {
        world.close()?;
        return Ok(Done::new(data, String::new()));
    }
    data["board_url"] = json!(board_url);
    data["repository"] = json!(dir.display().to_string());
    report.keep(&board_url, &dir);
    context
        .output
        .started(&Done::new(
            data,
            "Ctrl-C ends the hub and removes all of it.".to_owned(),
        ))
        .map_err(|error| CliError::io("can't write standard output", &error))?;
    interrupt.wait();
    world.close()?;
    Ok(Done::silent())
}

/// The first step that isn't true ends the story; the steps before it are told all the same.
fn failed(error: CliError, report: &Report, closing: Option<CliError>) -> CliError {
    let mut details = report.document();
    details["cause"] = json!({
        "code": error.code,
        "message": error.message,
        "details": error.details,
    });
    if let Some(closing) = closing {
        details["closing"] = json!(closing.message);
    }
    CliError {
        details,
        next_step: error.next_step,
        ..CliError::refused("DEMO_FAILED", format!("the demo failed: {}", error.message))
    }
}
