//! `sync preview` and `sync log`: what would leave, and what left.

use pawtrail_sync::Place;
use pawtrail_sync::egress::{self, Entry};
use pawtrail_sync::preview::{self, Held, Kind, Preview};
use serde_json::json;

use crate::args::SyncLogArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, short, table};

pub(super) fn preview(context: &Context) -> Result<Done, CliError> {
    let preview = preview::preview(&context.project()?)?;
    Ok(Done::new(to_json(&preview)?, shown(&preview)))
}

fn shown(preview: &Preview) -> String {
    let events: usize = preview.batches.iter().map(|batch| batch.events).sum();
    let count = waiting(preview.frames.len() as u64, events as u64);
    let headline = match (preview.frames.len() + events, preview.allowed) {
        (0, _) => "Nothing would leave now.".to_owned(),
        (_, true) => format!("{count} would leave now, byte for byte as below."),
        (_, false) => format!(
            "Nothing leaves now. If it were allowed, {count} would, byte for byte as below."
        ),
    };
    let bytes: usize = preview.frames.iter().map(|frame| frame.bytes).sum();
    let unpacked: usize = preview.batches.iter().map(|batch| batch.bytes).sum();
    let text = Text::new(&headline)
        .maybe("hub", preview.url.as_deref())
        .maybe("why", preview.reason.as_deref().map(plain));
    let text = match preview.frames.len() {
        0 => text,
        frames => text.field("frames", format!("{frames}, {bytes} bytes")),
    };
    let text = match preview.batches.len() {
        0 => text,
        batches => text.field(
            "batches",
            format!("{batches}, {unpacked} bytes before gzip"),
        ),
    };
    let text = match preview.unqueued {
        0 => text,
        more => text.field(
            "also",
            format!("{more} events that are queued by the next delivery"),
        ),
    };
    let text = match preview.unattributed {
        0 => text,
        more => text.field(
            "no frame",
            format!("{more} commits of no mission that can be named"),
        ),
    };
    let mut lines = vec![text.done()];
    lines.extend(preview.frames.iter().map(|frame| frame.text.clone()));
    lines.extend(preview.batches.iter().map(|batch| batch.text.clone()));
    if !preview.held_back.is_empty() {
        let rows: Vec<Vec<String>> = preview.held_back.iter().map(row).collect();
        lines.push(table(&["held back", "what", "code", "reason"], &rows));
    }
    lines.join("\n")
}

fn row(held: &Held) -> Vec<String> {
    let (kind, id) = match held.kind {
        Kind::Commit => ("commit", short(&held.id).to_owned()),
        Kind::Event => ("event", held.id.clone()),
    };
    vec![kind.to_owned(), id, held.code.clone(), held.reason.clone()]
}

pub(super) fn log(context: &Context, args: &SyncLogArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let kept = egress::log(&Place::of(&project)?)?;
    let wanted: Vec<&Entry> = kept
        .iter()
        .filter(|entry| args.kind.is_none_or(|kind| kind.name() == entry.kind))
        .collect();
    let newest = &wanted[wanted.len().saturating_sub(args.limit)..];
    let data = json!({ "entries": to_json(&newest)?, "total": wanted.len() });
    if newest.is_empty() {
        let text = Text::new("Nothing left this clone, as far as the log reaches back.");
        return Ok(Done::new(data, text.next("pawtrail sync preview").done()));
    }
    let rows: Vec<Vec<String>> = newest.iter().map(|entry| logged(entry)).collect();
    let head = ["when", "what", "bytes", "about", "where to"];
    let mut shown = table(&head, &rows);
    let older = wanted.len() - newest.len();
    if older > 0 {
        shown.push_str(&format!("\n{older} older; --limit shows more"));
    }
    Ok(Done::new(data, shown))
}

fn logged(entry: &Entry) -> Vec<String> {
    let about = match (&entry.git_hash, entry.events) {
        (Some(hash), _) => short(hash).to_owned(),
        (None, Some(1)) => "1 event".to_owned(),
        (None, Some(events)) => format!("{events} events"),
        (None, None) => String::new(),
    };
    vec![
        entry.at.clone(),
        entry.kind.clone(),
        entry.bytes.to_string(),
        about,
        entry.url.clone(),
    ]
}

/// Counts commits, and events where there are some.
pub(super) fn waiting(pending: u64, queued: u64) -> String {
    match queued {
        0 => commits(pending),
        1 => format!("{} and 1 event", commits(pending)),
        more => format!("{} and {more} events", commits(pending)),
    }
}

fn commits(count: u64) -> String {
    match count {
        1 => "1 commit".to_owned(),
        more => format!("{more} commits"),
    }
}
