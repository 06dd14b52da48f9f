//! `sync`: consent, and what waits, went or was refused.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use pawtrail_repo::spooled;
use pawtrail_sync::consent::{self, EnableOptions};
use pawtrail_sync::courier::{self, Ground, Report, Status, Stopped};
use pawtrail_sync::session::Connection;
use pawtrail_sync::{SyncError, Token, withdraw};
use serde_json::{Value, json};

use super::sync_shown::{self, waiting};
use crate::args::{EnableArgs, NowArgs, RunArgs, SyncCommand};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain};

/// The largest token file, in bytes.
const MAX_TOKEN_FILE: u64 = 4 * 1024;

pub(super) fn run(context: &Context, command: &SyncCommand) -> Result<Done, CliError> {
    match command {
        SyncCommand::Enable(args) => enable(context, args),
        SyncCommand::Disable => disable(context),
        SyncCommand::Status => status(context),
        SyncCommand::Now(args) => now(context, args),
        SyncCommand::Preview => sync_shown::preview(context),
        SyncCommand::Log(args) => sync_shown::log(context, args),
        SyncCommand::Run(args) => foreground(context, args),
        SyncCommand::Stop => stop(context),
    }
}

fn enable(context: &Context, args: &EnableArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let token = token(context, args)?;
    let options = EnableOptions {
        from_now: args.from_now,
    };
    let done = consent::enable(&project, &args.url, token, options)?;
    let text = Text::new("This project's mission commits may go to this hub.")
        .field("hub", &done.url)
        .field("project", &done.project_uuid)
        .field("waiting", waiting(done.pending as u64, done.queued as u64));
    let text = match done.set_aside {
        0 => text,
        count => text.field("set aside", format!("{count} commits and events")),
    };
    let text = match done.acknowledged {
        0 => text,
        count => text.field(
            "again",
            format!("{count} acknowledged commits, where this hub doesn't have them"),
        ),
    };
    let text = text.next("pawtrail sync now");
    Ok(Done::new(to_json(&done)?, text.done()))
}

/// Takes the token from the argument or the file; with neither, the stored one counts.
fn token(context: &Context, args: &EnableArgs) -> Result<Option<Token>, CliError> {
    let text = match (&args.token, &args.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => read_token(&context.dir, file)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(text.parse().map_err(SyncError::from)?))
}

fn read_token(dir: &Path, file: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MAX_TOKEN_FILE)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(dir.join(file))
            .and_then(|file| file.take(MAX_TOKEN_FILE).read_to_string(&mut text))
    };
    read.map_err(|error| CliError::io("can't read the token file", &error))?;
    Ok(text)
}

fn disable(context: &Context) -> Result<Done, CliError> {
    let was = withdraw(&context.project()?)?;
    let headline = if was {
        "Nothing leaves this machine any more."
    } else {
        "Nothing was allowed to leave this machine; nothing was changed."
    };
    let text = Text::new(headline).next("pawtrail sync enable --help");
    Ok(Done::new(json!({ "was_enabled": was }), text.done()))
}

fn status(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let status = courier::status(&project)?;
    let mut data = to_json(&status)?;
    let spooled: usize = spooled::waiting(&project)?
        .iter()
        .map(|mission| mission.lines)
        .sum();
    data["spooled"] = json!(spooled);
    Ok(Done::new(data, said(&status, spooled)))
}

fn said(status: &Status, spooled: usize) -> String {
    let (headline, next) = match status.connection {
        Connection::Off => (
            "Off: nothing leaves this machine.",
            Some("pawtrail sync enable --help"),
        ),
        Connection::NoCourier if status.pending + status.queued == 0 => {
            ("On; nothing waits.", None)
        }
        Connection::NoCourier => ("On; nobody delivers now.", Some("pawtrail sync now")),
        Connection::Connecting => ("Connecting to the hub.", None),
        Connection::Live => ("Live: the hub gets each commit at once.", None),
        Connection::Backoff => (
            "The hub can't be reached; it is tried again.",
            Some("pawtrail sync now"),
        ),
        Connection::Refused => (
            "The hub refuses this project.",
            Some("pawtrail sync enable --help"),
        ),
    };
    let text = Text::new(headline)
        .maybe("hub", status.url.as_deref())
        .field("waiting", waiting(status.pending, status.queued))
        .maybe("oldest", status.oldest_age_s.map(|age| format!("{age} s")));
    let text = match status.set_aside {
        0 => text,
        count => text.field("set aside", format!("{count} commits and events")),
    };
    let text = match spooled {
        0 => text,
        count => text.field("spooled", format!("{count} lines wait for a commit")),
    };
    let text = text
        .maybe("trouble", status.last_error.as_deref().map(plain))
        .maybe(
            "polling",
            status.polling.as_deref().map(|reason| {
                format!(
                    "commits of plain git are seen within a second: {}",
                    plain(reason)
                )
            }),
        )
        .maybe("upload", status.upload_error.as_deref().map(plain))
        .field(
            "left",
            format!(
                "{} frames and batches, {} bytes",
                status.egress.frames, status.egress.bytes
            ),
        );
    let text = status.warnings.iter().fold(text, |text, warning| {
        text.field("warning", &warning.message)
    });
    let late = status.warnings.first().map(|warning| warning.next_step);
    match next.or(late) {
        Some(command) => text.next(command).done(),
        None => text.done(),
    }
}

fn now(context: &Context, args: &NowArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let report = courier::now(&project, Duration::from_secs(args.timeout))?;
    if let Some(error) = &report.outbox_error {
        let message = format!("it isn't known what waits for the hub: {}", plain(error));
        return Err(CliError {
            details: to_json(&report)?,
            ..CliError::refused("OUTBOX_UNREADABLE", message).next("pawtrail doctor")
        });
    }
    if report.pending + report.queued > 0 {
        let cause = match &report.last_error {
            Some(error) => plain(error),
            None => format!("no answer within {} s", args.timeout),
        };
        let waiting = waiting(report.pending, report.queued);
        let message = format!("{waiting} still wait for the hub: {cause}");
        return Err(CliError {
            details: reported(&report, &courier::status(&project)?)?,
            ..CliError::refused("STILL_PENDING", message).next("pawtrail sync status")
        });
    }
    let status = courier::status(&project)?;
    let data = reported(&report, &status)?;
    let trouble = report.last_error.as_deref().map(plain);
    if report.connection == Connection::Refused {
        let cause = trouble.unwrap_or_else(|| "it refuses this project".to_owned());
        let message = format!("nothing waits, and the hub would take nothing: {cause}");
        return Err(CliError {
            details: data,
            ..CliError::refused("HUB_REFUSES", message).next("pawtrail sync enable --help")
        });
    }
    let headline = match status.set_aside {
        0 => "The hub has everything.".to_owned(),
        count => {
            format!("The hub has everything but what was set aside: {count} commits and events.")
        }
    };
    let text = Text::new(&headline)
        .field("sent now", waiting(report.acknowledged, report.uploaded))
        .field("took", format!("{} ms", report.elapsed_ms))
        .maybe("trouble", trouble);
    Ok(Done::new(data, text.done()))
}

/// What `now` did, with what `sync status` says of the rest.
fn reported(report: &Report, status: &Status) -> Result<Value, CliError> {
    let mut data = to_json(report)?;
    data["set_aside"] = json!(status.set_aside);
    data["oldest_age_s"] = json!(status.oldest_age_s);
    data["egress"] = to_json(&status.egress)?;
    Ok(data)
}

fn foreground(context: &Context, args: &RunArgs) -> Result<Done, CliError> {
    let project = match &args.repo {
        Some(dir) => context.project_at(dir)?,
        None => context.project()?,
    };
    let ground = if args.background {
        Ground::Background
    } else {
        context.start_log(true);
        Ground::Foreground
    };
    let end = courier::run(&project, ground)?;
    let text = Text::new(&format!("The courier ended: {end}."));
    Ok(Done::new(json!({ "ended": end.to_string() }), text.done()))
}

fn stop(context: &Context) -> Result<Done, CliError> {
    let stopped = courier::stop(&context.project()?)?;
    let (was_running, is_shut_out) = match stopped {
        Stopped::Nobody => (false, false),
        Stopped::Ended => (true, false),
        Stopped::ShutOut => (true, true),
    };
    let headline = match stopped {
        Stopped::Nobody => "No courier was running.",
        Stopped::Ended => "The courier has stopped.",
        Stopped::ShutOut => "The courier didn't end; it sends nothing any more.",
    };
    let data = json!({ "was_running": was_running, "shut_out": is_shut_out });
    let done = Done::new(data, Text::new(headline).done());
    Ok(if is_shut_out {
        let warning = "the courier's process is still there; it ends by itself if it ever goes on";
        done.with_warnings(vec![warning.to_owned()])
    } else {
        done
    })
}
