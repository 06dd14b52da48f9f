//! `merge-events`: the git merge driver for event files.

use pawtrail_event::status::SNAPSHOT_FILE;
use pawtrail_repo::{merge_driver, status};
use serde_json::json;

use crate::args::MergeEventsArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;

pub(super) fn merge_events(context: &Context, args: &MergeEventsArgs) -> Result<Done, CliError> {
    if let Some(path) = args.path.as_deref().filter(|path| is_snapshot(path)) {
        let ours = context.dir.join(&args.ours);
        status::merge_snapshot(&context.project()?, path, &ours)?;
        return Ok(Done::new(json!({ "path": path }), String::new()));
    }
    let [base, ours, theirs] =
        [&args.base, &args.ours, &args.theirs].map(|file| context.dir.join(file));
    let merged = merge_driver::merge_files(&base, &ours, &theirs, args.path.as_deref())?;
    let path = args
        .path
        .clone()
        .unwrap_or_else(|| args.ours.display().to_string());
    let data = json!({ "path": path, "events": merged.events, "conflicts": [] });
    // Git repeats what a driver prints in the middle of its own words.
    Ok(Done::new(data, String::new()))
}

/// A snapshot is made from its log, which git merges by itself.
fn is_snapshot(path: &str) -> bool {
    path.rsplit('/').next() == Some(SNAPSHOT_FILE)
}
