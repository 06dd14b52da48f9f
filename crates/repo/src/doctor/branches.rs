//! Ledger branches that went another way than on a remote.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gix::ObjectId;

use super::check::{Attempt, Check, FIX, Manual};
use crate::error::Result;
use crate::ledger::{self, Ledger, Merging};
use crate::mission::Mission;
use crate::project::Project;
use crate::shell::quoted_path;
use crate::{history, placement, reach, sync_state};

/// A ledger branch and a remote-tracking branch of it that each have commits which the other lacks.
#[derive(Debug)]
pub(super) struct Apart {
    branch: String,
    upstream: String,
    ahead: usize,
    behind: usize,
    /// A worktree that has the branch checked out.
    checkout: Option<PathBuf>,
    /// Why the branch can't be moved now.
    busy: Option<String>,
}

impl Apart {
    pub(super) fn can_be_merged(&self) -> bool {
        self.checkout.is_none() && self.busy.is_none()
    }

    pub(super) fn plan(&self) -> String {
        format!(
            "merge {} into {} by a merge commit",
            short(&self.upstream),
            short(&self.branch)
        )
    }

    /// The command that does it by hand.
    fn by_hand(&self) -> String {
        match &self.checkout {
            Some(root) => format!(
                "git -C {} merge {}",
                quoted_path(root),
                short(&self.upstream)
            ),
            None => format!(
                "git switch {} && git merge {}",
                short(&self.branch),
                short(&self.upstream)
            ),
        }
    }
}

pub(super) fn scan(project: &Project, missions: &[Mission]) -> Result<Vec<Apart>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for mission in missions {
        let place = placement::placement(project, mission)?;
        let Some(tip) = place.tip else {
            continue;
        };
        if !seen.insert(place.ledger_ref.clone()) {
            continue;
        }
        for (upstream, theirs) in upstreams(project, &place.ledger_ref)? {
            let only = |one: ObjectId, other: ObjectId| {
                reach::only_from(project.git(), &[one], &[other]).map(|commits| commits.len())
            };
            let (ahead, behind) = (only(tip, theirs)?, only(theirs, tip)?);
            if ahead > 0 && behind > 0 {
                found.push(Apart {
                    branch: place.ledger_ref.clone(),
                    upstream,
                    ahead,
                    behind,
                    checkout: place
                        .checkouts
                        .first()
                        .map(|checkout| checkout.root.clone()),
                    busy: place.busy.as_ref().map(|(root, operation)| {
                        format!("a {operation} is in progress in {}", root.display())
                    }),
                });
            }
        }
    }
    Ok(found)
}

/// The remote-tracking branches of a branch, each commit once: as configured, and of the same name.
fn upstreams(project: &Project, branch: &str) -> Result<Vec<(String, ObjectId)>> {
    let name = short(branch);
    let config = project.git().config_snapshot();
    let setting = |key: &str| {
        let key = format!("branch.{name}.{key}");
        config.string(key.as_str()).map(|value| value.to_string())
    };
    let mut names = Vec::new();
    if let (Some(remote), Some(merge)) = (setting("remote"), setting("merge")) {
        names.push(format!("refs/remotes/{remote}/{}", short(&merge)));
    }
    for remote in project.git().remote_names() {
        names.push(format!("refs/remotes/{remote}/{name}"));
    }
    let mut found: Vec<(String, ObjectId)> = Vec::new();
    for name in names {
        if gix::validate::reference::name(name.as_str().into()).is_ok()
            && let Some(tip) = history::tip(project, &name)?
            && found.iter().all(|(_, known)| *known != tip)
        {
            found.push((name, tip));
        }
    }
    Ok(found)
}

pub(super) fn check(apart: &[Apart]) -> Check {
    const NAME: &str = "ledger_branches";
    let Some(first) = apart.first() else {
        return Check::good(NAME, "no ledger branch went another way than on a remote");
    };
    let each: Vec<String> = apart
        .iter()
        .map(|found| {
            let text = format!(
                "{} has {} commits that {} lacks, and lacks {}",
                short(&found.branch),
                found.ahead,
                short(&found.upstream),
                found.behind
            );
            match &found.busy {
                Some(busy) => format!("{text}; {busy}"),
                None => text,
            }
        })
        .collect();
    let next = if apart.iter().any(Apart::can_be_merged) {
        FIX.map(str::to_owned)
    } else {
        Some(first.by_hand())
    };
    Check {
        next_step: next,
        ..Check::bad(NAME, each.join("; "), None)
    }
}

pub(super) fn merge(project: &Project, found: &Apart) -> Attempt {
    let held = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let ours = history::tip(project, &found.branch)?;
    let theirs = history::tip(project, &found.upstream)?;
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return Ok(Err(Manual {
            message: "one of the branches is gone".to_owned(),
            next_step: Some("git branch --all".to_owned()),
        }));
    };
    let message = format!(
        "Merge {} into {}",
        short(&found.upstream),
        short(&found.branch)
    );
    match ledger::merge(project, &held, &found.branch, ours, theirs, &message)? {
        Merging::Done(commit) => {
            drop(held);
            let warning = match sync_state::record(project) {
                Ok(_) => String::new(),
                Err(error) => format!("; the hub's list of commits was not updated: {error}"),
            };
            let hex = commit.to_hex_with_len(10).to_string();
            Ok(Ok(format!("{} is at {hex}{warning}", short(&found.branch))))
        }
        Merging::Stuck(message) => Ok(Err(Manual {
            message,
            next_step: Some(found.by_hand()),
        })),
    }
}

fn short(name: &str) -> &str {
    ["refs/heads/", "refs/remotes/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}
