//! Records of missions that can't be understood: made again where git tells which ledger branch they named.

use gix::ObjectId;
use pawtrail_event::MissionId;

use super::check::{Attempt, Check, FIX, Manual};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::ledger_branch;
use crate::mission::{self, META, Mission};
use crate::placement;
use crate::project::Project;
use crate::protection::Facts;
use crate::record::{self, ChosenBy, DamagedRecord, Record};
use crate::references::{self, short};
use crate::shell::{quoted, quoted_path};

/// What git tells of a mission's ledger branch.
enum Told {
    /// It can be no other one.
    Branch(String, ChosenBy),
    /// Several can be it, or none.
    Unclear(Vec<String>),
}

pub(super) fn check(
    project: &Project,
    damaged: &[DamagedRecord],
    missions: &[Mission],
) -> Result<Check> {
    const NAME: &str = "records";
    if damaged.is_empty() {
        return Ok(Check::good(NAME, "every mission's record can be read"));
    }
    let mut next = None;
    let mut each = Vec::new();
    for record in damaged {
        each.push(format!("{}: {}", record.path.display(), record.reason));
        if next.is_none() {
            next = match of(missions, &record.mission_id) {
                Some(mission) => match told(project, mission)? {
                    Told::Branch(..) => FIX.map(str::to_owned),
                    Told::Unclear(branches) => by_hand(record, mission, &branches),
                },
                None => Some(remove(record)),
            };
        }
    }
    Ok(Check {
        next_step: next,
        ..Check::bad(NAME, each.join("; "), None)
    })
}

pub(super) fn make_again(project: &Project, damaged: &DamagedRecord) -> Attempt {
    let _held = Ledger::lock(project)?;
    let missions = mission::list(project)?.missions;
    let Some(mission) = of(&missions, &damaged.mission_id) else {
        return Ok(Err(Manual {
            message: "no branch and no checkout has the mission, so there is nothing to remember"
                .to_owned(),
            next_step: Some(remove(damaged)),
        }));
    };
    match told(project, mission)? {
        Told::Branch(ledger_ref, chosen_by) => {
            let said = format!("it names {} again", short(&ledger_ref));
            let record = Record {
                mission_slug: mission.mission_slug.clone(),
                ledger_ref,
                chosen_by,
                told_by: None,
                seen: None,
                left: Vec::new(),
            };
            record::write(project, &mission.mission_id, &record)?;
            Ok(Ok(said))
        }
        Told::Unclear(branches) => Ok(Err(Manual {
            message: match branches.is_empty() {
                true => "no branch of this clone has the mission".to_owned(),
                false => format!(
                    "these branches have the mission, and git doesn't say which was its ledger: {}",
                    branches
                        .iter()
                        .map(|name| short(name))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            },
            next_step: by_hand(damaged, mission, &branches),
        })),
    }
}

fn of<'m>(missions: &'m [Mission], id: &MissionId) -> Option<&'m Mission> {
    missions.iter().find(|mission| mission.mission_id == *id)
}

/// The branch that would be chosen now, where it has all that others have of the mission; else the only one that has it.
fn told(project: &Project, mission: &Mission) -> Result<Told> {
    let having = having(project, mission)?;
    let place = placement::unrecorded(project, mission)?;
    // What happens to be checked out tells nothing where others have it too.
    let telling = place.chosen_by != ChosenBy::CurrentBranch;
    if let Some((chosen, tip)) = having.iter().find(|(name, _)| *name == place.ledger_ref)
        && telling
    {
        let mut all = true;
        for (other, _) in &having {
            all &=
                other == chosen || !ledger_branch::has_more(project, mission, other, Some(*tip))?;
        }
        if all {
            return Ok(Told::Branch(chosen.clone(), place.chosen_by));
        }
    }
    let mut names: Vec<String> = having.into_iter().map(|(name, _)| name).collect();
    match (names.pop(), names.is_empty()) {
        (Some(only), true) => Ok(Told::Branch(only, ChosenBy::ExistingBranch)),
        (last, _) => {
            names.extend(last);
            Ok(Told::Unclear(names))
        }
    }
}

/// The branches that may be written and have the mission.
fn having(project: &Project, mission: &Mission) -> Result<Vec<(String, ObjectId)>> {
    let facts = Facts::of(project)?;
    let mut found = Vec::new();
    for (name, tip) in references::branches(project, "refs/heads/")? {
        let path = mission.path(META);
        if facts.rule(&name).is_none() && crate::history::entry_at(project, tip, &path)?.is_some() {
            found.push((name, tip));
        }
    }
    Ok(found)
}

fn remove(damaged: &DamagedRecord) -> String {
    format!("rm {}", quoted_path(&damaged.path))
}

/// Without the file the choice is made anew; where a branch has the mission, it is to be said which.
fn by_hand(damaged: &DamagedRecord, mission: &Mission, branches: &[String]) -> Option<String> {
    let remove = remove(damaged);
    Some(match branches.first() {
        Some(branch) => format!(
            "{remove} && pawtrail mission ledger {} --set {}",
            mission.mission_slug,
            quoted(short(branch))
        ),
        None => remove,
    })
}
