//! `glossary`: observe, sense, ask, resolve, list, show, rebuild.

use pawtrail_event::glossary::{Scope, Term, Urgency};
use pawtrail_repo::glossary::{
    self, Ask, Difference, Known, Observed, Open, Problem, Reply, Sensed, Written,
};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::shell::quoted;
use pawtrail_repo::{Error, Project};
use serde_json::{Value, json};

use crate::args::{
    AskArgs, GlossaryCommand, ObserveArgs, RebuildArgs, ResolveArgs, ScopeName, SenseArgs,
    UrgencyName,
};
use crate::commands::after_write::{self, receipt_fields};
use crate::commands::glossary_queue;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, table};

/// How many differences a message shows.
const SHOWN: usize = 20;

pub(super) fn run(context: &Context, command: &GlossaryCommand) -> Result<Done, CliError> {
    match command {
        GlossaryCommand::Observe(args) => observe(context, args),
        GlossaryCommand::Sense(args) => sense(context, args),
        GlossaryCommand::Ask(args) => ask(context, args),
        GlossaryCommand::Resolve(args) => resolve(context, args),
        GlossaryCommand::List(args) => {
            list(context, args.scope.map(scope), args.mission.as_deref())
        }
        GlossaryCommand::Show(args) => show(context, &args.term, args.mission.as_deref()),
        GlossaryCommand::Rebuild(args) => rebuild(context, args),
    }
}

fn observe(context: &Context, args: &ObserveArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.common.mission.as_deref())?;
    let seen = Observed {
        term: args.term.clone(),
        scope: scope(args.scope.scope),
        confidence: args.confidence,
        step: args.step.clone(),
        actor: args.common.actor.clone(),
    };
    let written = glossary::observe(&project, &mission, seen)?;
    let text = Text::new(&format!("Met: {}", plain(&args.term)))
        .field("log", plain(&written.receipt.path));
    let data = json!({ "term": args.term.trim(), "scope": scope(args.scope.scope) });
    noted(&project, written, data, text)
}

fn sense(context: &Context, args: &SenseArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.common.mission.as_deref())?;
    let found = Sensed {
        term: args.term.clone(),
        scope: scope(args.scope.scope),
        definition: args.definition.clone(),
        reason: args.reason.clone(),
        actor: args.common.actor.clone(),
    };
    let written = glossary::sense(&project, &mission, found)?;
    let text =
        Text::new(&format!("Noted: {}", plain(&args.term))).field("means", plain(&args.definition));
    let data = json!({ "term": args.term.trim(), "scope": scope(args.scope.scope) });
    noted(&project, written, data, text)
}

/// The answer of a verb that writes to the log alone.
fn noted(
    project: &Project,
    mut written: Written,
    data: Value,
    text: Text,
) -> Result<Done, CliError> {
    after_write::follow(project, &mut written.receipt, &mut written.warnings);
    Done::new(data, text.done())
        .with_warnings(written.warnings)
        .with_receipt(&written.receipt)
}

fn ask(context: &Context, args: &AskArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.common.mission.as_deref())?;
    let ask = Ask {
        term: args.term.clone(),
        scope: scope(args.scope.scope),
        question: args.question.clone(),
        options: args.options.clone(),
        urgency: match args.urgency {
            UrgencyName::Low => Urgency::Low,
            UrgencyName::Medium => Urgency::Medium,
            UrgencyName::High => Urgency::High,
        },
        step: args.step.clone(),
        check: args.check.clone(),
        actor: args.common.actor.clone(),
    };
    let (conflict, mut written) = glossary::ask(&project, &mission, ask)?;
    written
        .warnings
        .extend(glossary_queue::offer(&project, &written.offered));
    let definition = args
        .options
        .first()
        .map_or("TEXT".to_owned(), |option| quoted(option));
    let text = Text::new(&format!("Asked: {}", plain(&args.question)))
        .field("conflict", &conflict)
        .field("term", plain(&args.term))
        .field("log", plain(&written.receipt.path))
        .next(&format!(
            "pawtrail glossary resolve {conflict} --definition {definition}"
        ));
    let data = json!({
        "conflict_id": conflict,
        "term": args.term.trim(),
        "scope": scope(args.scope.scope),
    });
    noted(&project, written, data, text)
}

fn resolve(context: &Context, args: &ResolveArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = nearest(context, &project, args.common.mission.as_deref())?;
    let reply = Reply {
        conflict_id: args.conflict_id.clone(),
        definition: args.definition.clone(),
        scope: args.scope.map(scope),
        mission,
        actor: args.common.actor.clone(),
        replace: args.replace,
    };
    let done = glossary::resolve(&project, reply);
    // An answer that is recorded and waits for its commit is news all the same.
    let mut offered = glossary_queue::recorded(&project, &done);
    let mut done = done?;
    done.warnings.append(&mut offered);
    after_write::follow(&project, &mut done.receipt, &mut done.warnings);
    let text = Text::new(&format!("Resolved: {}", plain(&done.term)))
        .field("means", plain(&done.definition))
        .maybe("before", done.replaced.as_deref().map(plain))
        .field("seed", &done.receipt.path);
    let text = receipt_fields(text, &done.receipt)
        .next(&format!("pawtrail glossary show {}", quoted(&done.term)));
    let data = json!({
        "conflict_id": args.conflict_id,
        "term": done.term,
        "scope": done.scope,
        "path": done.receipt.path,
        "definition": done.definition,
        "replaced": done.replaced,
    });
    Done::new(data, text.done())
        .with_warnings(done.warnings)
        .with_receipt(&done.receipt)
}

/// The mission that is named, or meant from here, if one is.
fn nearest(
    context: &Context,
    project: &Project,
    handle: Option<&str>,
) -> Result<Option<Mission>, CliError> {
    match pawtrail_repo::mission::resolve(project, handle, &context.dir) {
        Ok(mission) => Ok(Some(mission)),
        Err(Error::NoMission { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn list(context: &Context, only: Option<Scope>, handle: Option<&str>) -> Result<Done, CliError> {
    let project = context.project()?;
    if handle.is_some() {
        context.mission(&project, handle)?;
    }
    let known = glossary::list(&project, only)?;
    let mut human = if known.terms.is_empty() {
        Text::new("No terms.")
            .next("pawtrail glossary ask --term TERM --question TEXT")
            .done()
    } else {
        let rows: Vec<Vec<String>> = known.terms.iter().map(row).collect();
        table(&["term", "scope", "status", "definition"], &rows)
    };
    if !known.open.is_empty() {
        let rows: Vec<Vec<String>> = known.open.iter().map(open_row).collect();
        human.push_str("\n\n");
        human.push_str(&table(
            &["open conflict", "term", "urgency", "question"],
            &rows,
        ));
    }
    answer(&known, human)
}

fn show(context: &Context, term: &str, handle: Option<&str>) -> Result<Done, CliError> {
    let project = context.project()?;
    if handle.is_some() {
        context.mission(&project, handle)?;
    }
    let known = glossary::show(&project, term)?;
    let mut text = match known.terms.first() {
        Some(term) => Text::new(&format!(
            "{}: {}",
            plain(&term.surface),
            plain(&term.definition)
        ))
        .field("scope", term.scope)
        .field("status", term.status)
        .field("confidence", term.confidence),
        None => Text::new(&format!(
            "Nobody has said yet what `{}` means.",
            plain(term)
        )),
    };
    for other in known.terms.iter().skip(1) {
        text = text.field(
            "also",
            format!("{}: {}", other.scope, plain(&other.definition)),
        );
    }
    for open in &known.open {
        text = text.field("asked", plain(&open.question)).next(&format!(
            "pawtrail glossary resolve {} --definition TEXT",
            open.conflict_id
        ));
    }
    let human = text.done();
    answer(&known, human)
}

fn answer(known: &Known, human: String) -> Result<Done, CliError> {
    let data = json!({
        "terms": to_json(&known.terms)?,
        "open": to_json(&known.open)?,
        "problems": to_json(&known.problems)?,
    });
    Ok(Done::new(data, human).with_warnings(skipped(&known.problems)))
}

fn row(term: &Term) -> Vec<String> {
    vec![
        term.surface.clone(),
        term.scope.to_string(),
        term.status.to_string(),
        term.definition.clone(),
    ]
}

fn open_row(open: &Open) -> Vec<String> {
    vec![
        open.conflict_id.to_string(),
        open.term.clone(),
        open.urgency.clone(),
        open.question.clone(),
    ]
}

fn skipped(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| match problem.line {
            Some(line) => format!("{}, line {line}: skipped: {}", problem.path, problem.reason),
            None => format!("{}: skipped: {}", problem.path, problem.reason),
        })
        .collect()
}

fn rebuild(context: &Context, args: &RebuildArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    if args.mission.is_some() {
        context.mission(&project, args.mission.as_deref())?;
    }
    let found = glossary::rebuild(&project)?;
    let data = json!({
        "equal": found.differences.is_empty(),
        "terms": to_json(&found.terms)?,
        "differences": to_json(&found.differences)?,
        "problems": to_json(&found.problems)?,
    });
    let warnings = skipped(&found.problems);
    if found.differences.is_empty() {
        let headline = format!(
            "Seed files and resolutions agree on {}.",
            terms(found.terms.len())
        );
        return Ok(Done::new(data, Text::new(&headline).done()).with_warnings(warnings));
    }
    let diff = diff(&found.differences);
    if args.check {
        let count = found.differences.len();
        let message = format!(
            "seed files and resolutions differ in {}\n{diff}",
            terms(count)
        );
        let error = CliError::answer("GLOSSARY_DIFFERS", message, data);
        return Err(error.next("pawtrail glossary rebuild --fix"));
    }
    if !args.fix {
        let text = Text::new(&diff).next("pawtrail glossary rebuild --fix");
        return Ok(Done::new(data, text.done()).with_warnings(warnings));
    }
    let mission = nearest(context, &project, args.mission.as_deref())?;
    let Some((mut receipt, mut more)) = glossary::fix(&project, mission.as_ref())? else {
        let text = Text::new("Another command has mended the seed files meanwhile.");
        return Ok(Done::new(data, text.done()).with_warnings(warnings));
    };
    after_write::follow(&project, &mut receipt, &mut more);
    let text = Text::new(&format!("Mended {}.", terms(found.differences.len())))
        .field("seed", &receipt.path);
    Done::new(
        data,
        format!("{diff}\n{}", receipt_fields(text, &receipt).done()),
    )
    .with_warnings(warnings)
    .with_warnings(more)
    .with_receipt(&receipt)
}

fn terms(count: usize) -> String {
    match count {
        1 => "1 term".to_owned(),
        more => format!("{more} terms"),
    }
}

/// The differences as a diff from the seed files to what resolutions say.
fn diff(differences: &[Difference]) -> String {
    let mut text = String::from("--- seed files\n+++ seed files and resolutions");
    for difference in differences.iter().take(SHOWN) {
        text.push_str(&format!(
            "\n@@ {} {} @@",
            difference.scope,
            plain(&difference.term)
        ));
        for line in difference.seed.iter().flat_map(|text| text.lines()) {
            text.push_str(&format!("\n-{}", plain(line)));
        }
        for line in difference.rebuilt.lines() {
            text.push_str(&format!("\n+{}", plain(line)));
        }
    }
    if differences.len() > SHOWN {
        text.push_str(&format!("\nand {} more", differences.len() - SHOWN));
    }
    text
}

fn scope(name: ScopeName) -> Scope {
    match name {
        ScopeName::MissionLocal => Scope::MissionLocal,
        ScopeName::TeamDomain => Scope::TeamDomain,
        ScopeName::AudienceDomain => Scope::AudienceDomain,
        ScopeName::SpecKittyCore => Scope::SpecKittyCore,
    }
}
