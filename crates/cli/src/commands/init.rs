//! `init`: prepares a repository.

use pawtrail_repo::hooks::Hook;
use pawtrail_sync::queue;
use serde_json::json;

use super::hooks;
use crate::args::InitArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::text::Text;

pub(super) fn init(context: &Context, args: &InitArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    if args.hooks {
        // Before anything is made: half of what was asked for is worse than nothing.
        pawtrail_repo::hooks::check(&project, &Hook::NOTICES)?;
    }
    let made = pawtrail_repo::init::init(&project)?;
    // The row is in the project's log: what fails here, the courier makes up for.
    let warnings = match queue::offer_project(&project) {
        Ok(_) => Vec::new(),
        Err(error) => vec![format!("the queue will get it later: {error}")],
    };
    let installed = match args.hooks {
        true => hooks::put(&project, &Hook::NOTICES)?,
        false => Vec::new(),
    };
    let nothing = made.created.is_empty() && installed.iter().all(|one| !one.changed);
    let headline = if nothing {
        "This repository is a Pawtrail project already; nothing was changed."
    } else {
        "This repository is a Pawtrail project now."
    };
    let mut text = Text::new(headline).field("project", &made.project_uuid);
    for path in &made.created {
        text = text.field("created", path);
    }
    let text = hooks::fields(text, &installed).next("pawtrail mission create SLUG");
    let mut data = json!({ "project_uuid": made.project_uuid, "created": made.created });
    if args.hooks {
        data["hooks"] = hooks::listed(&installed);
    }
    Ok(Done::new(data, text.done()).with_warnings(warnings))
}
