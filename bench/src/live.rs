//! Live delivery: the replay after a connect, the way of one commit while connected, and a courier with nothing to do.

use std::time::{Duration, Instant};

use crate::delivery::{Look, Process, Site, answer, milliseconds_since, since_1970, text, told};
use crate::stopwatch::Column;
use crate::{Result, Settings};

/// How many offline commits the small replay has.
const FEW: usize = 50;
/// How long an idle courier is watched.
const WATCHED: Duration = Duration::from_secs(60);
/// How long it may take to come to rest before.
const SETTLE: Duration = Duration::from_secs(3);
/// How many commits of plain git are timed beside our own.
const PLAIN: usize = 50;

/// Measures from the attempt to connect until all is stored by the hub, and until the clone has noted each answer.
pub(crate) fn replay(settings: &Settings) -> Result<()> {
    let site = Site::make(&settings.binary)?;
    let look = site.look()?;
    let mut stored = Column::new("stored by the hub");
    let mut noted = Column::new("noted by the clone");
    for round in 0..=settings.rounds.min(20) {
        let (one, other) = round_of(&site, &look, FEW)?;
        stored.add(round > 0, one);
        noted.add(round > 0, other);
    }
    println!("{FEW} offline commits, from the attempt to connect, milliseconds");
    crate::table(&[&stored, &noted]);
    let (one, other) = round_of(&site, &look, settings.offline)?;
    println!(
        "{} offline commits: {one:.0} ms until stored by the hub, {other:.0} ms until noted by the clone",
        settings.offline
    );
    Ok(())
}

fn round_of(site: &Site, look: &Look, count: usize) -> Result<(f64, f64)> {
    let before = look.count()?;
    site.import(count)?;
    let courier = site.courier()?;
    // The log of what left is rotated, so it is asked early.
    look.wait_for_count(before + 1)?;
    let connected = site.connected_at()?;
    look.wait_for_count(before + count)?;
    let stored = milliseconds_since(connected)?;
    site.wait_until_noted()?;
    let noted = milliseconds_since(connected)?;
    if let Some(peak) = courier.peak_mib().filter(|_| count > FEW) {
        println!("the courier's memory at its peak: {peak:.1} MiB");
    }
    site.stop(courier)?;
    Ok((stored, noted))
}

/// Measures one commit after another, connected: from the end of the command, and from the moment at which the
/// branch had moved, until the hub has stored it durably.
pub(crate) fn latency(settings: &Settings) -> Result<()> {
    let site = Site::make(&settings.binary)?;
    let look = site.look()?;
    let decisions = site.repository.ask(settings.live)?;
    let courier = site.courier()?;
    site.wait_until_live()?;
    let mut from_end = Column::new("from the command's end");
    let mut from_ref = Column::new("from the branch's move");
    for decision in &decisions {
        let mut command = site.repository.pawtrail();
        let done = answer(command.args(["--json", "decision", "answer", decision, "yes"]))?;
        let ended = Instant::now();
        let commit = text(&done["receipt"]["commit"])?;
        let moved = branch_moved(&site)?;
        look.wait_for(&commit)?;
        from_end.add(true, ended.elapsed().as_secs_f64() * 1_000.0);
        from_ref.add(true, milliseconds_since(moved)?);
    }
    let mut plain = Column::new("git commit, no hook");
    for round in 0..PLAIN {
        let name = format!("{}/plain.md", site.mission()?);
        site.repository.append(&name, round)?;
        let git = |arguments: &[&str]| {
            site.repository
                .succeed(site.repository.git().args(arguments))
        };
        git(&["add", &name])?;
        git(&["commit", "-q", "-m", "Write by plain git"])?;
        let ended = Instant::now();
        let commit = std::fs::read_to_string(site.repository.path(".git/refs/heads/work"));
        look.wait_for(commit.map_err(told)?.trim())?;
        plain.add(true, ended.elapsed().as_secs_f64() * 1_000.0);
    }
    println!(
        "{} answers one after another, connected, until durable at the hub, milliseconds",
        settings.live
    );
    println!("{:<28}{:>9}{:>9}{:>9}", "", "median", "p99", "longest");
    for column in [&from_end, &from_ref, &plain] {
        println!(
            "{:<28}{:>9.2}{:>9.2}{:>9.2}",
            column.name,
            column.median(),
            column.quantile(0.99),
            column.quantile(1.0)
        );
    }
    site.stop(courier)
}

fn branch_moved(site: &Site) -> Result<Duration> {
    let meta = std::fs::metadata(site.repository.path(".git/refs/heads/work")).map_err(told)?;
    since_1970(meta.modified().map_err(told)?)
}

/// Measures processor time and memory of a connected courier that has delivered and has nothing more to do.
pub(crate) fn idle(settings: &Settings) -> Result<()> {
    let site = Site::make(&settings.binary)?;
    let look = site.look()?;
    site.import(FEW)?;
    let courier = site.courier()?;
    look.wait_for_count(FEW)?;
    site.wait_until_noted()?;
    std::thread::sleep(SETTLE);
    let before = cpu(&courier)?;
    std::thread::sleep(WATCHED);
    let used = cpu(&courier)? - before;
    let resident = courier.resident_mib().ok_or("memory can't be read")?;
    let peak = courier.peak_mib().ok_or("memory can't be read")?;
    println!(
        "an idle courier, connected, {} s: {used:.2} ms of processor time, {resident:.1} MiB resident (at most {peak:.1})",
        WATCHED.as_secs()
    );
    site.stop(courier)
}

fn cpu(process: &Process) -> Result<f64> {
    process
        .cpu_ms()
        .ok_or_else(|| "processor time can't be read on this system".to_owned())
}
