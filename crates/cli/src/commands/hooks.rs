//! `hooks`: installs and removes our git hooks, and does what they do.

use pawtrail_repo::audit;
use pawtrail_repo::hooks::{self, Hook};
use serde_json::json;

use super::audit::{mend, message};
use crate::args::{HookArg, HooksCommand};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, quoted};

pub(super) fn run(context: &Context, command: &HooksCommand) -> Result<Done, CliError> {
    match command {
        // There is one thing to install yet, and the argument that asks for it is required.
        HooksCommand::Install(_) => install(context),
        HooksCommand::Remove => remove(context),
        HooksCommand::Run(args) => match args.hook {
            HookArg::PreCommit => pre_commit(context),
        },
    }
}

fn install(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let program = std::env::current_exe()
        .map_err(|error| CliError::io("can't find the path of this program", &error))?;
    let made = hooks::install(&project, Hook::PreCommit, &program)?;
    let headline = match made.changed {
        true => "Commits of event files are now checked for private data.",
        false => {
            "Commits of event files are checked for private data already; nothing was changed."
        }
    };
    let path = made.path.display().to_string();
    let mut text = Text::new(headline).field("hook", &path);
    if made.chained {
        text = text.field("first", "the hook that was there runs before ours");
    }
    let text = text.next("pawtrail audit --history");
    let hook = json!({
        "name": Hook::PreCommit.name(),
        "path": path,
        "changed": made.changed,
        "chained": made.chained,
    });
    Ok(Done::new(json!({ "hooks": [hook] }), text.done()))
}

fn remove(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let mut removed = Vec::new();
    let mut text = String::new();
    for hook in Hook::ALL {
        let done = hooks::remove(&project, hook)?;
        let said = match (done.changed, done.restored) {
            (true, true) => "Our hook is gone; the one from before is back.",
            (true, false) => "Our hook is gone.",
            (false, _) => "There is no hook of ours; nothing was changed.",
        };
        let path = done.path.display().to_string();
        text.push_str(&Text::new(said).field("hook", &path).done());
        removed.push(json!({
            "name": hook.name(),
            "path": path,
            "changed": done.changed,
            "restored": done.restored,
        }));
    }
    Ok(Done::new(json!({ "hooks": removed }), text))
}

fn pre_commit(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let findings = audit::staged(&project)?;
    if findings.is_empty() {
        return Ok(Done::new(json!({ "findings": [] }), String::new()));
    }
    let mut files: Vec<&str> = findings.iter().map(|one| one.path.as_str()).collect();
    files.dedup();
    let steps: Vec<String> = files
        .iter()
        .filter_map(|path| Some(format!("{} && git add {}", mend(path)?, quoted(path))))
        .collect();
    let refused = format!("nothing was committed: {}", message(&findings));
    Err(CliError {
        next_step: steps.first().cloned(),
        details: json!({ "findings": to_json(&findings)?, "next_steps": steps }),
        ..CliError::refused("PRIVATE_DATA_STAGED", refused)
    })
}
