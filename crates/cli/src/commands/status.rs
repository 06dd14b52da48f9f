//! `status`: the snapshot that a mission's log folds to.

use pawtrail_event::status::Order;
use pawtrail_repo::status;
use serde_json::{Value, json};

use crate::args::{FoldArgs, OrderArg};
use crate::commands::wp::skipped;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, table};

pub(super) fn fold(context: &Context, args: &FoldArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let order = match args.order {
        Some(OrderArg::Python) => Order::Python,
        Some(OrderArg::Instant) => Order::Instant,
        None => status::order(&project)?,
    };
    if !args.check {
        let folded = status::fold(&project, &mission, order)?;
        let content = folded.content;
        let data: Value = serde_json::from_str(&content).map_err(|e| CliError::internal(&e))?;
        // The output puts the last line feed there again.
        let human = content.strip_suffix('\n').unwrap_or(&content);
        let damaged = folded.damaged.iter();
        return Ok(Done::new(data, human.to_owned())
            .verbatim()
            .with_warnings(damaged.map(|(file, line)| skipped(file, line)).collect()));
    }
    let copies = status::check(&project, &mission, order)?;
    let equal = copies.iter().all(|copy| copy.equal);
    let slug = &mission.mission_slug;
    let human = if copies.is_empty() {
        Text::new(&format!("{slug} has no status yet.")).done()
    } else {
        let rows: Vec<Vec<String>> = copies
            .iter()
            .map(|copy| {
                vec![
                    copy.place.clone(),
                    copy.reason.unwrap_or("equal").to_owned(),
                ]
            })
            .collect();
        table(&["status.json", "beside its log"], &rows)
    };
    let data = json!({
        "mission_id": mission.mission_id,
        "mission_slug": slug,
        "equal": equal,
        "copies": to_json(&copies)?,
    });
    let damaged = copies.iter().flat_map(|copy| {
        let lines = copy.damaged.iter();
        lines.map(|line| skipped(&format!("the log in {}", copy.place), line))
    });
    Ok(Done::new(data, human)
        .with_exit(u8::from(!equal))
        .with_warnings(damaged.collect()))
}
