//! Where a seed file is written: the branch that takes it, and the checkouts that show it.

use std::collections::BTreeMap;
use std::fs;

use gix::ObjectId;
use pawtrail_event::glossary::{Scope, Term};

use super::{seed, store};
use crate::checkout::Checkout;
use crate::checkouts;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::{self, Change, Content, Ledger, Outcome};
use crate::mission::Mission;
use crate::placement::{self, Basis, ChosenBy, Placement};
use crate::project::Project;
use crate::protection::Facts;
use crate::references;

/// Terms by the scope whose seed file they go to.
pub(super) type Terms = BTreeMap<Scope, Vec<Term>>;

/// Why something waits, and what a receipt says of the branch.
pub(super) struct Wait {
    pub(super) reason: String,
    /// Whether there is no branch that it may be committed to.
    pub(super) branchless: bool,
}

/// How far a resolution came beyond its record.
pub(super) struct Settled {
    pub(super) branch: String,
    pub(super) done: std::result::Result<ObjectId, Wait>,
}

/// Where a seed file is committed, and which checkouts get it.
pub(super) struct Target {
    /// The branch, or why there is none.
    pub(super) place: std::result::Result<Placement, String>,
    here: Option<Checkout>,
}

/// The branch that is checked out here, where something may be committed to it; else the mission's ledger branch.
pub(super) fn target(project: &Project, mission: Option<&Mission>) -> Result<Target> {
    let facts = Facts::of(project)?;
    let here = here(project)?;
    let current = here.as_ref().and_then(|here| here.branch.clone());
    let refusal = match &current {
        None => "no branch is checked out here".to_owned(),
        Some(branch) => match (facts.rule(branch), history::tip(project, branch)?) {
            (None, Some(tip)) => {
                let place = Ok(current_place(project, branch, tip)?);
                return Ok(Target { place, here });
            }
            (None, None) => "the branch that is checked out here has no commit yet".to_owned(),
            (Some(rule), _) => format!("`{}` is protected ({rule})", references::short(branch)),
        },
    };
    let place = match mission {
        Some(mission) => {
            let place = placement::placement(project, mission)?;
            Ok(placement::choose_for_good(project, mission, place)?)
        }
        None => Err(format!(
            "{refusal}, and there is no mission here whose ledger branch could hold it; \
             on a branch of its own the next command commits it"
        )),
    };
    Ok(Target { place, here })
}

fn current_place(project: &Project, branch: &str, tip: ObjectId) -> Result<Placement> {
    let worktrees = checkouts::all(project)?;
    let busy = worktrees.iter().find_map(|checkout| {
        let operation = checkout.keeps_busy(branch)?;
        Some((checkout.root.clone(), operation))
    });
    let checkouts: Vec<Checkout> = worktrees
        .into_iter()
        .filter(|checkout| checkout.branch.as_deref() == Some(branch))
        .collect();
    Ok(Placement {
        ledger_ref: branch.to_owned(),
        chosen_by: ChosenBy::CurrentBranch,
        recorded: false,
        tip: Some(tip),
        base: Some(tip),
        seen_by_python: checkouts
            .iter()
            .any(|checkout| Some(checkout.root.as_path()) == project.primary()),
        checkouts,
        busy,
        dir: ".kittify/glossaries".to_owned(),
        basis: Basis::default(),
    })
}

/// The checkout that the command runs in.
pub(super) fn here(project: &Project) -> Result<Option<Checkout>> {
    let Some(root) = project.checkout() else {
        return Ok(None);
    };
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    Ok(checkouts::all(project)?
        .into_iter()
        .find(|checkout| checkout.root == root))
}

impl Target {
    /// The checkouts whose seed file gets the terms.
    fn checkouts(&self) -> impl Iterator<Item = &Checkout> {
        let others = self.place.iter().flat_map(|place| &place.checkouts);
        let others = others.filter(|other| {
            let here = self.here.as_ref();
            here.is_none_or(|here| here.root != other.root)
        });
        self.here.iter().chain(others)
    }

    /// The seed file of a scope as the branch has it.
    fn tip(&self, project: &Project, scope: Scope) -> Result<Option<Vec<u8>>> {
        match self
            .place
            .as_ref()
            .ok()
            .and_then(|place| place.tip.or(place.base))
        {
            Some(tip) => history::file_at(project, tip, &seed::path(scope)),
            None => Ok(None),
        }
    }

    /// Makes sure that every seed file can take the terms, before anything is recorded. Returns what the first of the
    /// terms means now in this checkout.
    pub(super) fn rehearse(
        &self,
        project: &Project,
        scope: Scope,
        terms: &[Term],
    ) -> Result<Option<String>> {
        let tip = self.tip(project, scope)?;
        if let Some(content) = &tip {
            super::set(scope, Some(content), terms)?;
        }
        let mut before = None;
        for checkout in self.checkouts() {
            let found = store::rehearse(checkout, scope, tip.as_deref(), terms)?;
            before = before.or(found);
        }
        Ok(before)
    }

    /// Writes the terms into the seed files, then into a commit. Says whether that is flushed.
    pub(super) fn write(
        &self,
        project: &Project,
        ledger: &mut Ledger,
        mission: Option<&Mission>,
        wanted: impl Fn() -> Result<Option<Terms>>,
        message: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(Settled, bool)> {
        for (scope, terms) in wanted()?.unwrap_or_default() {
            let tip = self.tip(project, scope)?;
            for checkout in self.checkouts() {
                store::edit(project, checkout, scope, tip.as_deref(), &terms)?;
            }
        }
        let place = match &self.place {
            Ok(place) => place,
            Err(reason) => {
                let wait = Wait {
                    reason: reason.clone(),
                    branchless: true,
                };
                let branch = String::new();
                return Ok((
                    Settled {
                        branch,
                        done: Err(wait),
                    },
                    false,
                ));
            }
        };
        let changes = || {
            let seed = |(scope, terms): (Scope, Vec<Term>)| Change {
                path: seed::path(scope),
                content: Content::Seed(scope, terms),
            };
            Ok(wanted()?.map(|terms| terms.into_iter().map(seed).collect()))
        };
        let again = || match target(project, mission)?.place {
            Ok(place) => Ok(place),
            Err(reason) => Err(Error::CommitRefused { message: reason }),
        };
        let waits = |reason| {
            Err(Wait {
                reason,
                branchless: false,
            })
        };
        let mut flushed = true;
        let done = match ledger::commit(project, ledger, place, message, again, changes)? {
            Outcome::Committed(done) => {
                if let Some(reason) = &done.shaky {
                    flushed = false;
                    warnings.push(format!(
                        "it is committed, and the spool keeps it until the commit is flushed: {reason}"
                    ));
                }
                warnings.extend(done.not_recorded());
                Ok(done.commit)
            }
            Outcome::Elsewhere(tip) => {
                flushed = false;
                Ok(tip)
            }
            Outcome::Deferred(reason) | Outcome::Locked(reason) => waits(reason),
            Outcome::Taken(path) => waits(format!("{path} is no seed file")),
        };
        let branch = place.ledger_ref.clone();
        Ok((Settled { branch, done }, flushed))
    }
}
