//! Handles: what a user or an agent calls a mission, and which mission that means.

use std::fs;
use std::path::Path;

use pawtrail_event::MissionId;

use super::find::{Listing, Twice, in_record, list};
use super::{BRANCH_PREFIX, Mission, SPECS_DIR, number_in_front, without_number};
use crate::error::{Candidate, Error, Result};
use crate::project::Project;
use crate::record;
use crate::references;

/// Finds the mission that a handle means; without a handle, the one that is meant from here.
///
/// A handle is a mission id, its first eight characters, a directory name, a slug or a number. Without one, the
/// mission of the current directory counts, then that of the current branch, then the only one there is.
///
/// # Errors
/// [`Error::MissionNotFound`], [`Error::AmbiguousMission`], [`Error::NoMission`], or [`Error::MissionTwice`] where several
/// directories are the mission and this clone has recorded none of them.
pub fn resolve(project: &Project, handle: Option<&str>, cwd: &Path) -> Result<Mission> {
    if let Some(handle) = handle
        && let Ok(id) = handle.parse::<MissionId>()
        && let Some(mission) = recorded(project, &id)?
    {
        return Ok(mission);
    }
    if handle.is_none()
        && let Some(mission) = of_branch(project, cwd)?
    {
        return Ok(mission);
    }
    let Listing {
        missions, twice, ..
    } = list(project)?;
    let found = match handle {
        Some(handle) => {
            names_one(&twice, handle)?;
            by_handle(&missions, handle)
        }
        None => from_here(project, missions, &twice, cwd),
    }?;
    match twice
        .iter()
        .find(|same| same.mission_id == found.mission_id)
    {
        Some(same) if same.counts.is_none() => Err(same_mission(same)),
        Some(_) | None => Ok(found),
    }
}

/// Refuses the name of a directory that says it is a mission which is in another one.
fn names_one(twice: &[Twice], name: &str) -> Result<()> {
    let same = twice.iter().find(|same| {
        let counts = same.counts.as_ref().map(|slug| slug.as_str());
        same.names.contains(name) && counts != Some(name)
    });
    same.map_or(Ok(()), |same| Err(same_mission(same)))
}

fn same_mission(same: &Twice) -> Error {
    let dirs = same.names.iter().map(|name| format!("{SPECS_DIR}/{name}"));
    Error::MissionTwice {
        mission_id: same.mission_id.clone(),
        dirs: dirs.collect(),
    }
}

fn by_handle(missions: &[Mission], handle: &str) -> Result<Mission> {
    let alphabet = |len: usize| {
        handle.len() == len
            && handle
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    // Whether a rule is for handles of this form, and whom it then names.
    type Rule<'a> = (bool, &'a dyn Fn(&Mission) -> bool);
    let rules: [Rule<'_>; 5] = [
        (alphabet(26), &|m| m.mission_id.as_str() == handle),
        (alphabet(8), &|m| m.mission_id.mid8() == handle),
        (true, &|m| m.mission_slug.as_str() == handle),
        (true, &|m| {
            let human = without_number(m.mission_slug.as_str());
            human == handle
                || human
                    .strip_suffix(m.mission_id.mid8())
                    .and_then(|s| s.strip_suffix('-'))
                    == Some(handle)
        }),
        (
            !handle.is_empty() && handle.bytes().all(|b| b.is_ascii_digit()),
            &|m| {
                let wanted = handle.parse::<i64>().ok();
                (wanted.is_some() && m.number == wanted)
                    || number_in_front(m.mission_slug.as_str()) == wanted && wanted.is_some()
            },
        ),
    ];
    for (applies, matches) in rules {
        if !applies {
            continue;
        }
        let mut hits: Vec<&Mission> = missions.iter().filter(|m| matches(m)).collect();
        match (hits.pop(), hits.is_empty()) {
            (None, _) => {}
            (Some(only), true) => return Ok(only.clone()),
            (Some(last), false) => {
                hits.push(last);
                return Err(Error::AmbiguousMission {
                    handle: handle.to_owned(),
                    candidates: hits
                        .into_iter()
                        .map(|m| Candidate {
                            mission_id: m.mission_id.to_string(),
                            mission_slug: m.mission_slug.to_string(),
                        })
                        .collect(),
                });
            }
        }
    }
    Err(Error::MissionNotFound {
        handle: handle.to_owned(),
    })
}

fn from_here(
    project: &Project,
    mut missions: Vec<Mission>,
    twice: &[Twice],
    cwd: &Path,
) -> Result<Mission> {
    let here = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    if let Some(root) = project.checkout() {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let mut parts = here.strip_prefix(&root).into_iter().flatten();
        if parts.next().is_some_and(|first| first == SPECS_DIR)
            && let Some(dir) = parts.next().and_then(|dir| dir.to_str())
        {
            names_one(twice, dir)?;
            if let Some(at) = missions.iter().position(|m| m.mission_slug.as_str() == dir) {
                return Ok(missions.swap_remove(at));
            }
        }
    }
    if let Some(head) = references::head_branch(project)? {
        let own = |m: &Mission| {
            head == m.own_branch() || head.starts_with(&format!("{}-lane-", m.own_branch()))
        };
        let mut hits = Vec::new();
        for (at, mission) in missions.iter().enumerate() {
            if own(mission)
                || record::branch(project, &mission.mission_id)?.as_deref() == Some(&*head)
            {
                hits.push(at);
            }
        }
        if let [at] = hits[..] {
            return Ok(missions.swap_remove(at));
        }
    }
    match (missions.pop(), missions.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => Err(Error::NoMission {
            known: missions.len() + usize::from(last.is_some()),
        }),
    }
}

/// The short way for the one mission that has the current branch as its recorded ledger branch: not all missions are
/// read. None where the directory or the branch's name may mean another one.
fn of_branch(project: &Project, cwd: &Path) -> Result<Option<Mission>> {
    let here = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    if here.iter().any(|part| part == SPECS_DIR) {
        return Ok(None);
    }
    let Some(head) = references::head_branch(project)? else {
        return Ok(None);
    };
    if head.starts_with(BRANCH_PREFIX) {
        return Ok(None);
    }
    let mut only = None;
    for id in record::missions(project)? {
        if record::branch(project, &id)?.as_deref() == Some(&*head) && only.replace(id).is_some() {
            return Ok(None);
        }
    }
    only.map_or(Ok(None), |id| recorded(project, &id))
}

/// The short way for a mission id that this clone has written to before.
fn recorded(project: &Project, id: &MissionId) -> Result<Option<Mission>> {
    match record::read(project, id)? {
        Some(record) => in_record(project, id, &record),
        None => Ok(None),
    }
}
