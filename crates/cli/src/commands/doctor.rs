//! `doctor`: says what is wrong with a clone, and mends it.

use pawtrail_repo::Project;
use pawtrail_repo::doctor::{self, Check, Mended};
use pawtrail_sync::courier;
use pawtrail_sync::session::Connection;
use serde_json::{Value, json};

use crate::args::DoctorArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain};

pub(super) fn doctor(context: &Context, args: &DoctorArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mut found = doctor::examine(&project)?;
    found.checks.push(backlog(&project));
    if !args.fix {
        let data = document(&found.checks, &[], &[])?;
        return healthy(&found.checks, data, String::new());
    }
    let plan: Vec<String> = found.plan.iter().map(|step| step.what.clone()).collect();
    announce(context, &plan)?;
    let mut done = Vec::new();
    for step in found.plan {
        done.push(doctor::mend(&project, step));
    }
    // A new look, from the start: what is true now.
    let project = context.project()?;
    let mut checks = doctor::examine(&project)?.checks;
    checks.push(backlog(&project));
    let data = document(&checks, &plan, &done)?;
    let failed: Vec<&Mended> = done.iter().filter(|step| !step.ok).collect();
    if !failed.is_empty() {
        let mut message = format!("{} of {} steps were not done", failed.len(), done.len());
        for step in &failed {
            message.push_str(&format!(
                "\n  {}: {}",
                plain(&step.what),
                plain(&step.message)
            ));
        }
        return Err(CliError {
            details: data,
            next_step: failed.iter().find_map(|step| step.next_step.clone()),
            ..CliError::refused("NOT_ALL_MENDED", message)
        });
    }
    let mut text = String::new();
    for step in &done {
        text.push_str(&format!(
            "done: {}: {}\n",
            plain(&step.what),
            plain(&step.message)
        ));
    }
    healthy(&checks, data, text)
}

/// Answers with what was found; a clone with something wrong is a failure, so that a script can ask.
fn healthy(checks: &[Check], data: Value, mut text: String) -> Result<Done, CliError> {
    let wrong: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
    if wrong.is_empty() {
        text.push_str(&said(checks));
        return Ok(Done::new(data, text));
    }
    text.push_str(&headline(wrong.len()));
    for check in &wrong {
        text.push_str(&format!("\n  {}: {}", check.name, plain(&check.message)));
    }
    Err(CliError {
        next_step: wrong.iter().find_map(|check| check.next_step.clone()),
        ..CliError::answer("UNHEALTHY", text, data)
    })
}

/// Says whether too much waits for a hub, or for too long. Where nothing may leave, nothing is late.
fn backlog(project: &Project) -> Check {
    let name = "backlog";
    let status = match courier::status(project) {
        Ok(status) => status,
        Err(error) => {
            return Check {
                name,
                ok: false,
                message: error.to_string(),
                next_step: error.next_step(),
            };
        }
    };
    let said: Vec<&str> = status
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    let sends = status.connection != Connection::Off;
    let message = match said.is_empty() {
        true if sends => "what waits for the hub is little and young".to_owned(),
        true => "nothing is to leave this machine".to_owned(),
        false => said.join("; "),
    };
    Check {
        name,
        ok: said.is_empty() || !sends,
        message,
        next_step: status
            .warnings
            .first()
            .map(|warning| warning.next_step.to_owned()),
    }
}

fn headline(wrong: usize) -> String {
    match wrong {
        0 => "All is well.".to_owned(),
        1 => "One thing is wrong.".to_owned(),
        count => format!("{count} things are wrong."),
    }
}

/// Shows the plan to people before anything is done; programs get it with the result.
fn announce(context: &Context, plan: &[String]) -> Result<(), CliError> {
    if context.output.json() || context.output.quiet() || plan.is_empty() {
        return Ok(());
    }
    let mut text = Text::new("The plan:");
    for (at, step) in plan.iter().enumerate() {
        text = text.field(&(at + 1).to_string(), plain(step));
    }
    context
        .output
        .line(&text.done())
        .map_err(|error| CliError::io("can't write standard output", &error))
}

fn document(checks: &[Check], plan: &[String], done: &[Mended]) -> Result<Value, CliError> {
    Ok(json!({
        "healthy": checks.iter().all(|check| check.ok),
        "checks": to_json(&checks)?,
        "plan": plan,
        "done": to_json(&done)?,
    }))
}

/// The checks of a healthy clone.
fn said(checks: &[Check]) -> String {
    let mut text = Text::new(&headline(0));
    for check in checks {
        text = text.field("ok", format!("{}: {}", check.name, plain(&check.message)));
    }
    text.done()
}
