//! `status`: the snapshot that a mission's log folds to.

use pawtrail_event::status::Order;
use pawtrail_repo::Project;
use pawtrail_repo::mission::{self, Mission};
use pawtrail_repo::status::{self, Copy};
use serde_json::{Value, json};

use crate::args::{FoldArgs, OrderArg};
use crate::commands::wp::skipped;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, table};

/// The code of a snapshot that doesn't say what its log says.
const DIFFERS: &str = "STATUS_DIFFERS";

pub(super) fn fold(context: &Context, args: &FoldArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    if args.all {
        return check_all(&project, order(&project, args)?);
    }
    let mission = context.mission(&project, args.mission.as_deref())?;
    let order = order(&project, args)?;
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
    let slug = &mission.mission_slug;
    let equal = copies.iter().all(|copy| copy.equal);
    let human = if copies.is_empty() {
        Text::new(&format!("{slug} has no status yet.")).done()
    } else {
        let rows: Vec<Vec<String>> = copies.iter().map(row).collect();
        table(&["status.json", "beside its log"], &rows)
    };
    let done =
        Done::new(document(&mission, &copies)?, human).with_warnings(warnings(&copies).collect());
    if equal {
        return Ok(done);
    }
    let message = format!("{slug}: a status.json doesn't say what the log beside it says");
    Ok(done.refusing(
        DIFFERS,
        message,
        format!("pawtrail status fold --mission {slug}"),
    ))
}

/// Checks every mission in every place, a branch or a directory, that has its log; shows where it isn't equal.
fn check_all(project: &Project, order: Order) -> Result<Done, CliError> {
    let found = mission::list(project)?;
    let checked = status::check_all(project, &found.missions, order)?;
    let mut warnings: Vec<String> = found
        .damaged
        .iter()
        .map(|meta| format!("{} in {}: {}", meta.path, meta.found_in, meta.reason))
        .collect();
    let (mut missions, mut rows, mut count) = (Vec::new(), Vec::new(), 0);
    for (mission, copies) in found.missions.iter().zip(&checked) {
        let slug = mission.mission_slug.to_string();
        missions.push(document(mission, copies)?);
        count += copies.len();
        warnings.extend(self::warnings(copies).map(|warning| format!("{slug}: {warning}")));
        let unequal = copies.iter().filter(|copy| !copy.equal);
        rows.extend(unequal.map(|copy| [vec![slug.clone()], row(copy)].concat()));
    }
    let text = Text::new(&match rows.len() {
        0 => "Wherever a mission has its log, status.json says what the log says.".to_owned(),
        unequal => {
            format!("In {unequal} of {count} places no status.json says what the log there says.")
        }
    });
    let text = text.field("missions", missions.len());
    let mut human = text.field("places", count).done();
    if !rows.is_empty() {
        let head = ["mission", "status.json", "beside its log"];
        human = format!("{human}\n\n{}", table(&head, &rows));
    }
    let data = json!({
        "equal": rows.is_empty(),
        "missions": missions,
        "damaged": to_json(&found.damaged)?,
    });
    let done = Done::new(data, human).with_warnings(warnings);
    if rows.is_empty() {
        return Ok(done);
    }
    let message = format!(
        "in {} of {count} places no status.json says what the log there says",
        rows.len()
    );
    Ok(done.refusing(DIFFERS, message, "pawtrail status fold --help".to_owned()))
}

fn order(project: &Project, args: &FoldArgs) -> Result<Order, CliError> {
    Ok(match args.order {
        Some(OrderArg::Python) => Order::Python,
        Some(OrderArg::Instant) => Order::Instant,
        None => status::order(project)?,
    })
}

fn document(mission: &Mission, copies: &[Copy]) -> Result<Value, CliError> {
    Ok(json!({
        "mission_id": mission.mission_id,
        "mission_slug": mission.mission_slug,
        "equal": copies.iter().all(|copy| copy.equal),
        "copies": to_json(&copies)?,
    }))
}

fn row(copy: &Copy) -> Vec<String> {
    let place = copy.place.clone();
    vec![place, copy.reason.unwrap_or("equal").to_owned()]
}

fn warnings(copies: &[Copy]) -> impl Iterator<Item = String> {
    copies.iter().flat_map(|copy| {
        let lines = copy.damaged.iter();
        lines.map(|line| skipped(&format!("the log in {}", copy.place), line))
    })
}
