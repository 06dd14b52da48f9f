//! The queue: one event put in while many wait, the drain to a local hub, and beside them the Python tool's queue.
//!
//! `… -- queue [--waiting N] [--rounds N] [--binary PATH]`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use pawtrail_event::envelope::{Envelope, Queueable};
use pawtrail_repo::{Project, System, clock};
use pawtrail_sync::queue::{Draft, Origin, Queue};
use serde_json::{Value, json};

use crate::delivery::{Process, answer, text, told};
use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings, status};

/// Events of one transaction while the queue is filled.
const CHUNK: usize = 1_000;

/// Measures and prints.
pub(crate) fn run(settings: &Settings, waiting: usize) -> Result<()> {
    let repository = Repository::make(&settings.binary, 10)?;
    let project = Project::discover(repository.root(), Arc::new(System)).map_err(told)?;
    let mut queue = Queue::open(&project).map_err(told)?;
    let origin = Origin::of(&project).map_err(told)?;
    let make = |count: usize| -> Result<Vec<Envelope>> {
        let first = clock::tick(&project, count as u64).map_err(told)?;
        let drafts = (0..count).map(|_| draft(&project));
        let numbered = drafts.zip(first..);
        numbered
            .map(|(draft, number)| Ok(draft?.envelope(&origin, number, project.sanitizer())))
            .collect()
    };
    let mut left = waiting;
    while left > 0 {
        let count = left.min(CHUNK);
        queue.add(&make(count)?, project.now()).map_err(told)?;
        left -= count;
    }
    let mut ours = Column::new("enqueue");
    for round in 0..=settings.rounds.max(200) {
        // All that a command does for one event: its number, its envelope, the checks, the durable write.
        ours.time(round > 0, || {
            queue.add(&make(1)?, project.now()).map(drop).map_err(told)
        })?;
    }
    drop(queue);
    println!("{waiting} events wait:");
    println!(
        "  enqueue, median {:.3} ms, 99 of 100 within {:.3} ms",
        ours.median(),
        ours.quantile(0.99)
    );
    match status::spec_kitty() {
        Some(home) => {
            let uuid = project.uuid().map_err(told)?.to_string();
            let (median, last) = python(&home, &repository, &uuid)?;
            println!(
                "  spec-kitty's queue, 300 events into an empty one: median {median:.3} ms, 99 of 100 within {last:.3} ms"
            );
        }
        None => println!("  spec-kitty isn't installed (`scripts/oracle`)"),
    }
    drain(settings, &repository, &project)
}

fn draft(project: &Project) -> Result<Draft> {
    let payload = json!({
        "mission_slug": "bench-01KT119Y", "wp_id": "WP01", "from_lane": "planned", "to_lane": "claimed",
        "actor": {"role": "implementer", "tool": "agent", "profile": null, "model": null},
        "force": false, "reason": null, "execution_mode": "worktree", "review_ref": null, "evidence": null,
    });
    Ok(Draft {
        kind: Queueable::new("WPStatusChanged").map_err(told)?,
        event_id: project.ulid().into(),
        aggregate_id: "WP01".to_owned(),
        aggregate_type: Some("WorkPackage".to_owned()),
        timestamp: pawtrail_event::time::iso(project.now()),
        mission_id: None,
        correlation_id: None,
        causation_id: None,
        payload: project.sanitizer().sanitize(&payload),
    })
}

/// Lets the program deliver all of it to a hub of its own, and prints how fast and in how much memory.
fn drain(settings: &Settings, repository: &Repository, project: &Project) -> Result<()> {
    let store = repository.root().with_file_name("hub.sqlite");
    let store = store.to_string_lossy().into_owned();
    let mut hub = Process::start(repository.command(&settings.binary).args([
        "--json",
        "hub",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--store",
        &store,
    ]))?;
    let url = text(&hub.line()?["data"]["url"])?;
    let uuid = project.uuid().map_err(told)?.to_string();
    let create = [
        "--json",
        "hub",
        "token",
        "create",
        "--project",
        &uuid,
        "--store",
        &store,
    ];
    let token = text(&answer(repository.pawtrail().args(create))?["data"]["token"])?;
    answer(
        repository
            .pawtrail()
            .args(["--json", "sync", "enable", &url, "--token", &token]),
    )?;
    let waiting = project_queue(project)?;
    let courier = Process::start(repository.pawtrail().args(["sync", "run"]))?;
    let begun = Instant::now();
    let now = answer(
        repository
            .pawtrail()
            .args(["--json", "sync", "now", "--timeout", "240"]),
    )?;
    let seconds = begun.elapsed().as_secs_f64();
    let left = now["data"]["queued"]
        .as_u64()
        .ok_or("no answer from `sync now`")?;
    if left > 0 {
        return Err(format!("{left} events are still queued: {now}"));
    }
    #[allow(clippy::cast_precision_loss, reason = "small enough")]
    let rate = waiting as f64 / seconds;
    println!("  drain to a local hub: {waiting} events in {seconds:.1} s, {rate:.0} a second");
    for (name, process) in [("courier", &courier), ("hub", &hub)] {
        match process.peak_mib() {
            Some(peak) => println!("  {name}'s memory at its peak: {peak:.0} MiB"),
            None => println!("  {name}'s memory can't be read on this system"),
        }
    }
    Ok(())
}

fn project_queue(project: &Project) -> Result<u64> {
    let (counts, _) = pawtrail_sync::queue::standing(&project.state_dir()).map_err(told)?;
    Ok(counts.queued)
}

/// Times the Python tool's queue, each event in a unit of work of its own, as its lifecycle hooks do it.
fn python(home: &Path, repository: &Repository, uuid: &str) -> Result<(f64, f64)> {
    const SCRIPT: &str = "
import json, sys, time, uuid
from specify_cli.sync.project_store import ProjectSyncStore
from specify_cli.sync.queue import OfflineQueue
project = sys.argv[1]
times = []
for number in range(301):
    event = {
        'event_id': str(uuid.uuid4()), 'event_type': 'WPStatusChanged', 'aggregate_id': 'WP01',
        'aggregate_type': 'WorkPackage', 'project_uuid': project, 'node_id': 'n', 'lamport_clock': number,
        'schema_version': '3.0.0', 'build_id': 'b', 'correlation_id': str(uuid.uuid4()), 'timestamp': '2026-06-01T07:55:08Z',
        'payload': {'mission_slug': 'bench-01KT119Y', 'wp_id': 'WP01', 'from_lane': 'planned', 'to_lane': 'claimed',
            'actor': 'agent', 'force': False, 'reason': None, 'execution_mode': 'worktree', 'review_ref': None, 'evidence': None},
    }
    begun = time.perf_counter()
    store = ProjectSyncStore(project)
    with store.unit_of_work() as unit:
        assert OfflineQueue(unit, store.layout_generation()).queue_event(event)
    times.append((time.perf_counter() - begun) * 1000)
times = sorted(times[1:])
print(json.dumps({'median': times[len(times) // 2], 'last': times[int(len(times) * 0.99)]}))
";
    let python: PathBuf = home.join("bin/python");
    let mut command = repository.command(&python);
    let output = command
        .args(["-I", "-c", SCRIPT, uuid])
        .env("HOME", repository.root().with_file_name(""))
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stderr);
    let figures: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("spec-kitty's queue: {error}: {told}"))?;
    match (figures["median"].as_f64(), figures["last"].as_f64()) {
        (Some(median), Some(last)) => Ok((median, last)),
        (None, _) | (_, None) => Err(format!("spec-kitty's queue: {figures}")),
    }
}
