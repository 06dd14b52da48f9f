//! `commit`: commits exactly the named paths.

use pawtrail_repo::commit;
use serde_json::json;

use crate::args::CommitArgs;
use crate::commands::after_write::{self, receipt_fields};
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::text::{Text, plain};

pub(super) fn commit(context: &Context, args: &CommitArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mut done = commit::commit(
        &project,
        &context.dir,
        &args.message,
        &args.paths,
        args.branch.as_deref(),
    )?;
    after_write::follow(&project, &mut done.receipt, &mut done.warnings);
    let mut text = Text::new("Committed exactly the named paths.");
    for path in &done.paths {
        text = text.field("path", plain(path));
    }
    let text = receipt_fields(text, &done.receipt);
    let data = json!({ "commit": done.receipt.commit, "paths": done.paths });
    Done::new(data, text.done())
        .with_warnings(done.warnings)
        .with_receipt(&done.receipt)
}
