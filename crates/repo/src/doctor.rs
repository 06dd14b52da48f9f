//! `doctor`: what is wrong with a clone, and the steps that mend it by new commits alone.

mod answers;
mod branches;
mod check;
mod choices;
mod files;
mod fold;
mod locks;
mod records;
mod surroundings;

use serde::Serialize;

use crate::error::Result;
use crate::ledger::Ledger;
use crate::merge_driver::{self, Remedy};
use crate::mission::{self, Mission};
use crate::project::Project;
use crate::record::{self, DamagedRecord};
use crate::spooled::{self, Waiting};
use crate::{decisions, status, sync_state};

use branches::Apart;
use check::{Attempt, FIX, Manual, count};
use files::Unsound;

pub use check::Check;

/// All that was found, and what can be done about it.
#[derive(Debug)]
pub struct Examination {
    /// The checks, all of them.
    pub checks: Vec<Check>,
    /// The steps of `--fix`, in order.
    pub plan: Vec<Step>,
}

/// A step that mends something.
#[derive(Debug)]
pub struct Step {
    /// What it does, for a person.
    pub what: String,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Driver,
    Record(DamagedRecord),
    Spools,
    Adopt(Box<Mission>),
    Locks,
    Fold(Unsound),
    Merge(Apart),
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// What it was to do.
    pub what: String,
    /// Whether it did.
    pub ok: bool,
    /// What it did, or why not.
    pub message: String,
    /// The command that gets the user on where it did not.
    pub next_step: Option<String>,
}

/// Looks at the clone. It reads and never writes.
///
/// # Errors
/// When git's data or a file can't be read at all.
pub fn examine(project: &Project) -> Result<Examination> {
    let driver = surroundings::driver_trouble(project)?;
    let mut checks = vec![
        surroundings::identity(project),
        surroundings::engine_of(project)?,
        surroundings::merge_driver(driver.as_ref()),
    ];
    let mut plan = Vec::new();
    if driver.is_some_and(|trouble| trouble.remedy == Remedy::Configure) {
        plan.push(Step {
            what: "tell this clone's git how event files are merged".to_owned(),
            work: Work::Driver,
        });
    }
    let damaged = record::all(project)?.damaged;
    let mut missions = mission::list(project)?.missions;
    checks.push(records::check(project, &damaged, &missions)?);
    for record in &damaged {
        // Where its files live can't be said before it is mended.
        missions.retain(|mission| mission.mission_id != record.mission_id);
    }
    let proof = match damaged.is_empty() {
        true => decisions::verify_all(project)?,
        false => decisions::verify(project, &missions)?,
    };
    // First of all: the other steps ask where the files live.
    for record in damaged {
        plan.push(Step {
            what: format!("make {} again from git", record.path.display()),
            work: Work::Record(record),
        });
    }
    let dead = crate::ledger::dead_locks(project)?;
    checks.push(locks::check(project, &dead)?);
    if !dead.is_empty() {
        plan.push(Step {
            what: format!(
                "clear away {} that a dead command left",
                locks::names(&dead)
            ),
            work: Work::Locks,
        });
    }
    let waiting = spooled::waiting(project)?;
    checks.push(spool(&waiting));
    let late: usize = waiting.iter().map(|mission| mission.late()).sum();
    if late > 0 {
        plan.push(Step {
            what: format!("commit {} that wait in the spool", count(late, "line")),
            work: Work::Spools,
        });
    }
    let unsound = files::scan(project, &missions)?;
    checks.push(files::check(&unsound));
    for found in unsound {
        if found.can_be_folded() {
            plan.push(Step {
                what: found.plan(),
                work: Work::Fold(found),
            });
        }
    }
    // After the folds, which commit whole files.
    let lost = answers::scan(&missions, &waiting, &proof);
    checks.push(answers::check(&lost));
    checks.push(answers::branches(&proof));
    for found in lost {
        plan.push(Step {
            what: found.plan(),
            work: Work::Adopt(Box::new(found.mission)),
        });
    }
    let apart = branches::scan(project, &missions)?;
    checks.push(branches::check(&apart));
    for found in apart {
        if found.can_be_merged() {
            plan.push(Step {
                what: found.plan(),
                work: Work::Merge(found),
            });
        }
    }
    checks.push(choices::check(project, &missions)?);
    checks.push(surroundings::kept_aside(project)?);
    Ok(Examination { checks, plan })
}

/// Does one step. What it can't do leaves things as they were, and the result says so.
pub fn mend(project: &Project, step: Step) -> Mended {
    let done = match step.work {
        Work::Driver => {
            merge_driver::configure(project).map(|_| Ok("the configuration says it".to_owned()))
        }
        Work::Record(record) => records::make_again(project, &record),
        Work::Spools => finish(project),
        Work::Adopt(mission) => adopt(project, &mission),
        // Whoever has the ledger's lock has also cleared away what dead commands left.
        Work::Locks => Ledger::lock(project).map(|_| Ok("they are gone".to_owned())),
        Work::Fold(found) => fold::fold(project, &found),
        Work::Merge(found) => branches::merge(project, &found),
    };
    let (ok, message, next_step) = match done {
        Ok(Ok(message)) => (true, message, None),
        Ok(Err(Manual { message, next_step })) => (false, message, next_step),
        Err(error) => (false, error.to_string(), error.next_step()),
    };
    Mended {
        what: step.what,
        ok,
        message,
        next_step,
    }
}

fn finish(project: &Project) -> Attempt {
    sync_state::first_sight(project)?;
    let mut waiting = decisions::finish(project)?;
    waiting.extend(status::finish(project)?);
    Ok(committed(&waiting))
}

fn adopt(project: &Project, mission: &Mission) -> Attempt {
    sync_state::first_sight(project)?;
    Ok(committed(&decisions::adopt(project, mission)?))
}

/// What the commit of recorded answers came to.
fn committed(waiting: &[String]) -> std::result::Result<String, Manual> {
    match waiting.is_empty() {
        true => Ok("they are committed".to_owned()),
        false => Err(Manual {
            message: waiting.join("; "),
            next_step: None,
        }),
    }
}

fn spool(waiting: &[Waiting]) -> Check {
    let lines: usize = waiting.iter().map(|mission| mission.lines).sum();
    let answers: usize = waiting.iter().map(|mission| mission.answers).sum();
    let rows: usize = waiting.iter().map(|mission| mission.status).sum();
    if lines == 0 {
        return Check::good("spool", "nothing waits for a commit");
    }
    let each: Vec<String> = waiting
        .iter()
        .map(|mission| {
            format!(
                "{} of mission {}",
                count(mission.lines, "line"),
                mission.mission_id
            )
        })
        .collect();
    let each = each.join(", ");
    let mut late = Vec::new();
    if answers > 0 {
        late.push(count(answers, "answer"));
    }
    if rows > 0 {
        late.push(count(rows, "status row"));
    }
    if late.is_empty() {
        return Check::good("spool", format!("{each} wait for their answers"));
    }
    let message = format!("{each} wait for a commit; {}", late.join(" and "));
    Check::bad("spool", format!("{message} among them"), FIX)
}
