//! `mission`: create, list, show, ledger.

use pawtrail_repo::engine;
use pawtrail_repo::ledger_branch;
use pawtrail_repo::mission::{self, Mission, NewMission, Topology};
use pawtrail_repo::placement::placement;
use pawtrail_repo::status;
use serde_json::json;

use crate::args::{CreateArgs, LedgerArgs, MissionCommand, TopologyArg};
use crate::commands::after_write::{self, receipt_fields};
use crate::commands::placement::{document, reason};
use crate::commands::wp;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, branch, plain, table};

pub(super) fn run(context: &Context, command: &MissionCommand) -> Result<Done, CliError> {
    match command {
        MissionCommand::Create(args) => create(context, args),
        MissionCommand::List => list(context),
        MissionCommand::Show { mission } => show(context, mission.as_deref()),
        MissionCommand::Ledger(args) => match &args.set {
            None => ledger(context, args),
            Some(branch) => set_ledger(context, args, branch),
        },
    }
}

fn create(context: &Context, args: &CreateArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let new = NewMission {
        slug: args.slug.clone(),
        title: args.title.clone(),
        mission_type: Some(args.kind.clone()),
        topology: match args.topology {
            TopologyArg::SingleBranch => Topology::SingleBranch,
            TopologyArg::Lanes => Topology::Lanes,
            TopologyArg::Coord => Topology::Coord,
        },
        tasks: args.tasks.as_ref().map(|dir| context.dir.join(dir)),
        owner: args.owner.clone(),
    };
    let mut made = mission::create(&project, &new)?;
    after_write::offer(&project, &made.mission.mission_id, None, &mut made.warnings);
    after_write::follow(&project, &mut made.receipt, &mut made.warnings);
    let slug = &made.mission.mission_slug;
    let text = Text::new(&format!("Created mission {slug}."))
        .field("id", &made.mission.mission_id)
        .field("directory", &made.mission.dir)
        .field("ledger", branch(&made.placement.ledger_ref))
        .maybe("owner", made.mission.owner.as_deref().map(plain));
    let seeded: Vec<&str> = made.seeded.iter().map(|wp_id| wp_id.as_str()).collect();
    let text = match seeded.is_empty() {
        true => text,
        false => text.field("planned", seeded.join(", ")),
    };
    let text = receipt_fields(text, &made.receipt).next(&format!(
        "pawtrail decision request --mission {slug} --question TEXT"
    ));
    let data = json!({
        "mission_id": made.mission.mission_id,
        "mission_slug": slug,
        "dir": made.mission.dir,
        "ledger_ref": made.placement.ledger_ref,
        "work_packages": seeded,
    });
    Done::new(data, text.done())
        .with_warnings(made.warnings)
        .with_receipt(&made.receipt)
}

fn list(context: &Context) -> Result<Done, CliError> {
    let found = mission::list(&context.project()?)?;
    let warnings = found
        .damaged
        .iter()
        .map(|meta| format!("{} in {}: {}", meta.path, meta.found_in, meta.reason))
        .collect();
    let human = if found.missions.is_empty() {
        Text::new("There are no missions in this clone.")
            .next("pawtrail mission create SLUG")
            .done()
    } else {
        let rows: Vec<Vec<String>> = found.missions.iter().map(row).collect();
        table(&["mission", "id", "type", "title", "found in"], &rows)
    };
    let data = json!({
        "missions": to_json(&found.missions)?,
        "damaged": to_json(&found.damaged)?,
    });
    Ok(Done::new(data, human).with_warnings(warnings))
}

fn row(mission: &Mission) -> Vec<String> {
    vec![
        mission.mission_slug.to_string(),
        mission.mission_id.mid8().to_owned(),
        mission.mission_type.clone(),
        mission.title.clone(),
        branch(&mission.found_in).to_owned(),
    ]
}

fn show(context: &Context, handle: Option<&str>) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, handle)?;
    let place = placement(&project, &mission)?;
    let text = Text::new(&plain(&mission.title))
        .field("mission", &mission.mission_slug)
        .field("id", &mission.mission_id)
        .field("type", plain(&mission.mission_type))
        .maybe("topology", mission.topology.as_deref().map(plain))
        .maybe("number", mission.number)
        .maybe("created", mission.created_at.as_deref().map(plain))
        .field("ledger", branch(&place.ledger_ref))
        .field("found in", branch(&mission.found_in));
    let reading = status::list(&project, &mission)?;
    let lanes: Vec<String> = reading
        .counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(lane, count)| format!("{count} {lane}"))
        .collect();
    let text = match reading.packages.len() {
        0 => text,
        all if lanes.is_empty() => text.field("packages", format!("{all}, none of them moved")),
        all => text.field("packages", format!("{all}: {}", lanes.join(", "))),
    };
    let text = reading
        .packages
        .iter()
        .fold(text, |text, package| {
            let title = package.title.as_deref().map(plain).unwrap_or_default();
            text.field(
                &package.wp_id,
                format!("{:<13} {title}", package.lane).trim_end(),
            )
        })
        .next(&format!(
            "pawtrail decision list --mission {}",
            mission.mission_slug
        ));
    let choice = engine::choose(&project, &place)?;
    let data = json!({
        "mission": to_json(&mission)?,
        "placement": document(&place, &choice)?,
        "work_packages": to_json(&reading.packages)?,
        "counts": to_json(&reading.counts)?,
    });
    Ok(Done::new(data, text.done()).with_warnings(wp::warnings(&reading)))
}

fn ledger(context: &Context, args: &LedgerArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let place = placement(&project, &mission)?;
    let choice = engine::choose(&project, &place)?;
    let recorded = if place.recorded {
        "yes, in this clone"
    } else {
        "not yet; the first write records it"
    };
    let text = Text::new(branch(&place.ledger_ref))
        .field("mission", &mission.mission_slug)
        .field("because", reason(place.chosen_by))
        .field("recorded", recorded)
        .next(&format!(
            "pawtrail mission ledger {} --set BRANCH",
            mission.mission_slug
        ));
    let data = json!({
        "mission_id": mission.mission_id,
        "mission_slug": mission.mission_slug,
        "placement": document(&place, &choice)?,
    });
    Ok(Done::new(data, text.done()))
}

fn set_ledger(context: &Context, args: &LedgerArgs, wanted: &str) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let mut moved = ledger_branch::set(&project, &mission, wanted)?;
    after_write::follow(&project, &mut moved.receipt, &mut moved.warnings);
    let place = &moved.placement;
    let choice = engine::choose(&project, place)?;
    let text = Text::new(&format!(
        "The events of {} are kept on {}.",
        mission.mission_slug,
        branch(&place.ledger_ref)
    ))
    .field("before", branch(&moved.previous_ref));
    let text = receipt_fields(text, &moved.receipt).next(&format!(
        "pawtrail verify --mission {}",
        mission.mission_slug
    ));
    let data = json!({
        "mission_id": mission.mission_id,
        "mission_slug": mission.mission_slug,
        "previous_ref": moved.previous_ref,
        "placement": document(place, &choice)?,
    });
    Done::new(data, text.done())
        .with_warnings(moved.warnings)
        .with_receipt(&moved.receipt)
}
