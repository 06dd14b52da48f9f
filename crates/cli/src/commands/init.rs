//! `init`: prepares a repository.

use pawtrail_sync::queue;
use serde_json::json;

use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::text::Text;

pub(super) fn init(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let made = pawtrail_repo::init::init(&project)?;
    // The row is in the project's log: what fails here, the courier makes up for.
    let warnings = match queue::offer_project(&project) {
        Ok(_) => Vec::new(),
        Err(error) => vec![format!("the queue will get it later: {error}")],
    };
    let headline = if made.created.is_empty() {
        "This repository is a Pawtrail project already; nothing was changed."
    } else {
        "This repository is a Pawtrail project now."
    };
    let mut text = Text::new(headline).field("project", &made.project_uuid);
    for path in &made.created {
        text = text.field("created", path);
    }
    let text = text.next("pawtrail mission create SLUG");
    let data = json!({ "project_uuid": made.project_uuid, "created": made.created });
    Ok(Done::new(data, text.done()).with_warnings(warnings))
}
