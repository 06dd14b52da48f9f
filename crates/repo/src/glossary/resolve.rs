//! Resolving: the event, the seed file and the commit, in this order, and what finishes it after a crash.

use std::collections::BTreeMap;
use std::fs;

use gix::ObjectId;
use jiff::SignedDuration;
use pawtrail_event::glossary::{
    self, ClarificationResolved, Event, Key, Log, Payload, Question, Resolved, Row, RowPayload,
    Scope, Term,
};
use pawtrail_event::{ConflictId, EventId, MissionId, Sanitized, time};

use super::{SPOOL, log, read, seed, store};
use crate::checkouts::{self, Checkout};
use crate::error::{Error, Result};
use crate::journal::{self, Journal};
use crate::ledger::{self, Change, Content, Ledger, Outcome};
use crate::mission::{self, Mission};
use crate::placement::{self, Basis, ChosenBy, Placement};
use crate::project::{self, Project};
use crate::protection::Facts;
use crate::receipt::{Delivery, Receipt};
use crate::{history, sandbox, sync_state};

/// An answer to a question about a term.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The conflict.
    pub conflict_id: ConflictId,
    /// What the term means.
    pub definition: String,
    /// Where it means that; without one, where it was asked for.
    pub scope: Option<Scope>,
    /// The mission, where the question doesn't name one of this clone.
    pub mission: Option<Mission>,
    /// Who says so.
    pub actor: String,
    /// Whether it may replace a meaning that was resolved after the question was asked.
    pub replace: bool,
}

/// What a resolution did.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The term, in lower case.
    pub term: String,
    /// Where it means this.
    pub scope: Scope,
    /// What it means, as it was written.
    pub definition: String,
    /// What the seed file said before, where that was something else.
    pub replaced: Option<String>,
    /// What is true now.
    pub receipt: Receipt,
    /// The events that the route table lets into the queue.
    pub offered: Vec<Event>,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Says what a term means. It returns only when log and seed file hold it and it is in a commit, durably.
///
/// The same meaning again gives the first receipt.
///
/// # Errors
/// [`Error::ConflictNotFound`], [`Error::AlreadyResolved`], [`Error::TermSettled`], [`Error::Invalid`];
/// [`Error::Damaged`] when the seed file can't be changed without harm, and then nothing is recorded;
/// [`Error::Spooled`] or [`Error::SeedNotCommitted`] when only the commit is missing.
pub fn resolve(project: &Project, reply: Reply) -> Result<Resolution> {
    let mut ledger = match Ledger::lock(project) {
        Ok(ledger) => Some(ledger),
        Err(error) if sandbox::is_closed(&error) => None,
        Err(error) => return Err(error),
    };
    let mut warnings = Vec::new();
    if let Some(ledger) = &ledger {
        sync_state::first_sight(project)?;
        warnings = sandbox::adopt(project, ledger)?;
    }
    let logs = log::read(project)?;
    let rows = logs.log.rows;
    let question = find(&rows, &reply.conflict_id)?;
    let (mission_id, mission) = mission_of(project, question.row, reply.mission.as_ref())?;
    let event = answer(project, &rows, &question, &mission_id, &reply)?;
    let sanitized = event.sanitized(project.sanitizer());
    let said = said(&sanitized)?;
    if let Some((row, known)) = question.answer {
        let other_scope = reply.scope.is_some_and(|scope| scope != known.scope);
        if known.definition != said.definition || other_scope {
            return Err(Error::AlreadyResolved {
                id: reply.conflict_id,
                term: known.surface.clone(),
                scope: known.scope,
                definition: known.definition.clone(),
                resolved_at: row.at.clone(),
            });
        }
        return again(
            project,
            ledger.as_mut(),
            &mission_id,
            mission.as_ref(),
            (row, known),
        );
    }
    if !reply.replace {
        not_settled_meanwhile(&rows, &question, &said)?;
    }
    let Some(mut ledger) = ledger else {
        return Err(closed(project, &event, &sanitized, &said));
    };
    let target = target(project, mission.as_ref())?;
    let replaced = rehearse(project, &target, &said)?;
    let journal = Journal::of(project, &mission_id, SPOOL);
    journal.append(&sanitized)?;
    if let Err(error) = journal.flush() {
        journal.take_back(&sanitized)?;
        return Err(error);
    }
    // From here on it is recorded: whatever fails now, the next command makes up for.
    let first = receipt_of(&mission_id, &said, Some(event.header.event_id.clone()), "");
    let mut work = Work {
        project,
        ledger: &mut ledger,
        mission_id: &mission_id,
        mission: mission.as_ref(),
        target,
        message: format!(
            "chore(glossary): resolve {} [skip ci]",
            question.asked.conflict_id
        ),
    };
    let done = log::append(project, &mission_id, &sanitized)
        .and_then(|_| work.settle(Some(&event.header.event_id), &mut warnings));
    Ok(Resolution {
        receipt: finished(first, done)?,
        term: said.surface,
        scope: said.scope,
        definition: said.definition,
        replaced,
        offered: super::offered(&event),
        warnings,
    })
}

fn find<'a>(rows: &'a [Row], id: &ConflictId) -> Result<Question<'a>> {
    glossary::questions(rows)
        .into_iter()
        .find(|question| question.asked.conflict_id == *id)
        .ok_or_else(|| Error::ConflictNotFound { id: id.clone() })
}

/// The mission that a question belongs to: its id always; the mission itself where this clone has it.
fn mission_of(
    project: &Project,
    row: &Row,
    given: Option<&Mission>,
) -> Result<(MissionId, Option<Mission>)> {
    let missions = mission::list(project)?.missions;
    let named = row.mission.as_deref().unwrap_or_default();
    let known = missions.iter().find(|mission| {
        mission.mission_id.as_str() == named || mission.mission_slug.as_str() == named
    });
    match (known, named.parse::<MissionId>(), given) {
        (Some(known), _, _) => Ok((known.mission_id.clone(), Some(known.clone()))),
        // It was asked in a mission that is gone from this clone.
        (None, Ok(id), given) => Ok((id, given.cloned())),
        (None, Err(_), Some(given)) => Ok((given.mission_id.clone(), Some(given.clone()))),
        (None, Err(_), None) => Err(Error::NoMission {
            known: missions.len(),
        }),
    }
}

fn answer(
    project: &Project,
    rows: &[Row],
    question: &Question<'_>,
    mission_id: &MissionId,
    reply: &Reply,
) -> Result<Event> {
    let mut header = super::header(project, mission_id);
    // Later than every resolution there is, whatever the clock says: the last one counts.
    let last = glossary::resolutions(rows)
        .iter()
        .filter_map(|(row, _)| time::instant(&row.at))
        .max();
    if let (Some(last), Some(now)) = (last, time::instant(&header.at))
        && now <= last
    {
        let next = last.checked_add(SignedDuration::from_micros(1));
        header.at = time::iso(next.unwrap_or(last));
    }
    let asked = question.asked;
    let request = question.row.event_id.clone();
    let scope = reply.scope.or(asked.scope).unwrap_or(Scope::TeamDomain);
    let payload = Payload::ClarificationResolved(ClarificationResolved {
        mission_id: mission_id.to_string(),
        clarification_event_id: request.unwrap_or_else(|| asked.conflict_id.to_string()),
        selected_meaning: reply.definition.clone(),
        actor: reply.actor.clone(),
        conflict_id: Some(asked.conflict_id.clone()),
        term_surface: Some(asked.surface.clone()),
        scope_id: Some(scope.to_string()),
    });
    let payload = payload
        .within_limits()
        .map_err(|error| super::refused(&error))?;
    let event = Event { header, payload };
    super::goes_to_log(&event)?;
    Ok(event)
}

/// What an event says once nothing private is in it: that is what seed file and later readers compare with.
fn said(event: &Sanitized) -> Result<Resolved> {
    let log = Log::read(event.to_line().as_bytes());
    let reason = log.damaged.first().map(|line| line.reason.clone());
    match log.rows.into_iter().next().map(|row| row.payload) {
        Some(RowPayload::Resolved(said)) => Ok(said),
        Some(RowPayload::Asked(_) | RowPayload::Sensed(_) | RowPayload::Other) | None => {
            Err(Error::invalid(
                "glossary",
                reason
                    .unwrap_or_else(|| "without what is private nothing is left of it".to_owned()),
            ))
        }
    }
}

/// Refuses an answer to a question that was asked before somebody gave the term another meaning.
fn not_settled_meanwhile(rows: &[Row], question: &Question<'_>, said: &Resolved) -> Result<()> {
    let asked = time::Moment::of(&question.row.at);
    let settled = glossary::resolutions(rows)
        .into_iter()
        .rev()
        .find(|(_, known)| known.scope == said.scope && known.surface == said.surface);
    match settled {
        Some((row, known))
            if known.definition != said.definition && time::Moment::of(&row.at) > asked =>
        {
            Err(Error::TermSettled {
                id: question.asked.conflict_id.clone(),
                term: known.surface.clone(),
                scope: known.scope,
                definition: known.definition.clone(),
                resolved_at: row.at.clone(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Gives the first receipt of an answer that was given before, and finishes what is missing of it.
fn again(
    project: &Project,
    ledger: Option<&mut Ledger>,
    mission_id: &MissionId,
    mission: Option<&Mission>,
    (row, known): (&Row, &Resolved),
) -> Result<Resolution> {
    let event_id = row.event_id.as_deref().and_then(|id| id.parse().ok());
    let target = target(project, mission)?;
    let place = target.place.as_ref().ok();
    let reference = place.map_or("", |place| place.ledger_ref.as_str());
    let mut receipt = receipt_of(mission_id, known, event_id, reference);
    let mut warnings = Vec::new();
    let waits = !Journal::of(project, mission_id, SPOOL)
        .spooled()?
        .is_empty();
    if let (true, Some(ledger)) = (waits, ledger) {
        let mut work = Work {
            project,
            ledger,
            mission_id,
            mission,
            target,
            message: format!("chore(glossary): resolve {} [skip ci]", known.conflict_id),
        };
        let done = work.settle(None, &mut warnings);
        receipt = finished(receipt, done)?;
    } else if let Some((branch, commit)) = commit_of(project, reference, known)? {
        receipt.r#ref = branch;
        receipt.committed = true;
        receipt.pushed = history::is_pushed(project, commit)?;
        receipt.commit = Some(project::hash(commit));
    } else {
        return Err(Error::Spooled {
            receipt: Box::new(receipt),
            reason:
                "no branch has it in its seed file; `pawtrail glossary rebuild --fix` mends that"
                    .to_owned(),
        });
    }
    Ok(Resolution {
        term: known.surface.clone(),
        scope: known.scope,
        definition: known.definition.clone(),
        replaced: None,
        receipt,
        offered: Vec::new(),
        warnings,
    })
}

/// Records an answer where the git directory is closed: in the checkout's spool, and in its seed file.
fn closed(project: &Project, event: &Event, sanitized: &Sanitized, said: &Resolved) -> Error {
    let recorded = || -> Result<String> {
        let Some(here) = here(project)? else {
            return Err(Error::Unsupported {
                what: "a bare repository that can't be written".to_owned(),
            });
        };
        store::rehearse(&here, said.scope, None, &[term(said)])?;
        let closed = Error::Unsupported {
            what: "a git directory that can't be written, without a checkout".to_owned(),
        };
        let file = sandbox::leave(project, sanitized, closed)?;
        store::edit(project, &here, said.scope, None, &[term(said)])?;
        Ok(file)
    };
    match recorded() {
        Ok(file) => Error::Spooled {
            receipt: Box::new(receipt_of(
                &event.header.mission_id,
                said,
                Some(event.header.event_id.clone()),
                "",
            )),
            reason: format!(
                "the git directory can't be written here; the seed file has it, and the event waits in {file}"
            ),
        },
        Err(error) => error,
    }
}

/// Finishes the resolutions that earlier commands could only record. Returns the reasons of those that still wait.
///
/// # Errors
/// When the lock can't be had or a log can't be read.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    if waiting(project)?.is_empty() {
        return Ok(reasons);
    }
    let mut ledger = match Ledger::lock(project) {
        Ok(ledger) => ledger,
        // The receipt of whoever wrote it says so already.
        Err(error) if sandbox::is_closed(&error) => return Ok(reasons),
        Err(error) => return Err(error),
    };
    let missions = mission::list(project)?.missions;
    for (mission_id, lines) in waiting(project)? {
        for line in &lines {
            log::restore(project, &mission_id, line)?;
        }
        let mission = missions.iter().find(|known| known.mission_id == mission_id);
        let done = target(project, mission).and_then(|target| {
            let mut work = Work {
                project,
                ledger: &mut ledger,
                mission_id: &mission_id,
                mission,
                target,
                message: "chore(glossary): record resolutions that had to wait [skip ci]"
                    .to_owned(),
            };
            work.settle(None, &mut reasons)
        });
        match done {
            Ok(Settled { done: Ok(_), .. }) => {}
            Ok(Settled {
                done: Err(wait), ..
            }) => reasons.push(wait.reason),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Ok(reasons)
}

/// The resolutions that wait in spools, by mission.
pub(crate) fn waiting(project: &Project) -> Result<Vec<(MissionId, Vec<String>)>> {
    let mut found = Vec::new();
    for id in journal::spooling_missions(project)? {
        let lines = Journal::of(project, &id, SPOOL).spooled()?;
        if !lines.is_empty() {
            found.push((id, lines));
        }
    }
    Ok(found)
}

/// Mends the seed files of this checkout by what a rebuild found, and commits that. None where nothing differs.
///
/// # Errors
/// As [`resolve`].
pub fn fix(project: &Project, mission: Option<&Mission>) -> Result<Option<(Receipt, Vec<String>)>> {
    let mut ledger = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let mut warnings = sandbox::adopt(project, &ledger)?;
    let found = read::rebuild(project)?;
    let mut terms: BTreeMap<Scope, Vec<Term>> = BTreeMap::new();
    for difference in &found.differences {
        terms
            .entry(difference.scope)
            .or_default()
            .push(read::wanted(difference));
    }
    let Some(scope) = terms.keys().next().copied() else {
        return Ok(None);
    };
    let target = target(project, mission)?;
    for (scope, terms) in &terms {
        target.rehearse(project, *scope, terms)?;
    }
    let first = Receipt {
        event_id: None,
        mission_id: mission.map(|mission| mission.mission_id.clone()),
        path: seed::path(scope),
        r#ref: String::new(),
        commit: None,
        committed: false,
        pushed: false,
        delivery: Delivery::None,
    };
    let message = "chore(glossary): bring seed files up to their resolutions [skip ci]";
    let wanted = || Ok(Some(terms.clone()));
    let done = target.write(
        project,
        &mut ledger,
        mission,
        wanted,
        message,
        &mut warnings,
    );
    Ok(Some((
        finished(first, done.map(|(settled, _)| settled))?,
        warnings,
    )))
}

/// Why something waits, and what a receipt says of the branch.
struct Wait {
    reason: String,
    /// Whether there is no branch that it may be committed to.
    branchless: bool,
}

/// How far a resolution came beyond its record.
struct Settled {
    branch: String,
    done: std::result::Result<ObjectId, Wait>,
}

/// Turns the end of the work into a receipt, or into the error that carries it.
fn finished(mut receipt: Receipt, settled: Result<Settled>) -> Result<Receipt> {
    let spooled = |receipt: Receipt, reason: String| Error::Spooled {
        receipt: Box::new(receipt),
        reason,
    };
    let settled = match settled {
        Ok(settled) => settled,
        Err(error) => return Err(spooled(receipt, error.to_string())),
    };
    receipt.r#ref = settled.branch;
    match settled.done {
        Ok(commit) => {
            receipt.commit = Some(project::hash(commit));
            receipt.committed = true;
            Ok(receipt)
        }
        Err(wait) if wait.branchless => Err(Error::SeedNotCommitted {
            receipt: Box::new(receipt),
            reason: wait.reason,
        }),
        Err(wait) => Err(spooled(receipt, wait.reason)),
    }
}

/// One mission's recorded resolutions, to be brought into seed files and a commit.
struct Work<'a> {
    project: &'a Project,
    ledger: &'a mut Ledger,
    mission_id: &'a MissionId,
    mission: Option<&'a Mission>,
    target: Target,
    message: String,
}

/// Terms by the scope whose seed file they go to.
type Terms = BTreeMap<Scope, Vec<Term>>;

impl Work<'_> {
    /// Brings what the mission's spool holds into seed files and a commit, and then empties the spool. Another command
    /// may do that while git keeps this one waiting; it is done when the `event` has left the spool.
    fn settle(&mut self, event: Option<&EventId>, warnings: &mut Vec<String>) -> Result<Settled> {
        let (project, mission_id) = (self.project, self.mission_id);
        let wanted = || recorded(project, mission_id, event);
        let (settled, flushed) = self.target.write(
            project,
            self.ledger,
            self.mission,
            wanted,
            &self.message,
            warnings,
        )?;
        let journal = Journal::of(project, mission_id, SPOOL);
        if settled.done.is_ok()
            && flushed
            && let Err(error) = journal.clear()
        {
            warnings.push(format!("the spool was not emptied: {error}"));
        }
        Ok(settled)
    }
}

/// What the spool of a mission wants in seed files; none when the `event`, or everything, has left it.
fn recorded(
    project: &Project,
    mission: &MissionId,
    event: Option<&EventId>,
) -> Result<Option<Terms>> {
    let lines = Journal::of(project, mission, SPOOL).spooled()?;
    let waits = match event {
        Some(event) => lines.iter().any(|line| line.contains(event.as_str())),
        None => !lines.is_empty(),
    };
    if !waits {
        return Ok(None);
    }
    let logs = log::read(project)?;
    let mut counting: BTreeMap<Key, &Resolved> = BTreeMap::new();
    for (_, known) in glossary::resolutions(&logs.log.rows) {
        counting.insert((known.scope, known.surface.clone()), known);
    }
    let mut terms = Terms::new();
    for row in Log::read(format!("{}\n", lines.join("\n")).as_bytes()).rows {
        let RowPayload::Resolved(spooled) = &row.payload else {
            continue;
        };
        // What was resolved later, by whomever, counts.
        let key = (spooled.scope, spooled.surface.clone());
        if let Some(known) = counting.remove(&key) {
            terms.entry(known.scope).or_default().push(term(known));
        }
    }
    Ok(Some(terms))
}

/// Where a seed file is committed, and which checkouts get it.
struct Target {
    place: std::result::Result<Placement, String>,
    here: Option<Checkout>,
}

/// The branch that is checked out here, where something may be committed to it; else the mission's ledger branch.
fn target(project: &Project, mission: Option<&Mission>) -> Result<Target> {
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
            (Some(rule), _) => format!(
                "`{}` is protected ({rule})",
                branch.strip_prefix("refs/heads/").unwrap_or(branch)
            ),
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
        let (busy, operation) = checkout.busy.as_ref()?;
        (busy == branch).then(|| (checkout.root.clone(), *operation))
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
fn here(project: &Project) -> Result<Option<Checkout>> {
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
    fn rehearse(&self, project: &Project, scope: Scope, terms: &[Term]) -> Result<Option<String>> {
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
    fn write(
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
                if done.new
                    && let Err(error) = sync_state::record_commit(
                        project,
                        &place.ledger_ref,
                        done.parent,
                        done.commit,
                    )
                {
                    warnings.push(format!(
                        "the hub's list of commits was not updated: {error}"
                    ));
                }
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

fn rehearse(project: &Project, target: &Target, said: &Resolved) -> Result<Option<String>> {
    let before = target.rehearse(project, said.scope, &[term(said)])?;
    Ok(before.filter(|before| *before != said.definition))
}

fn term(said: &Resolved) -> Term {
    Term {
        surface: said.surface.clone(),
        scope: said.scope,
        definition: said.definition.clone(),
        confidence: 1.0,
        status: glossary::Status::Active,
        source: glossary::Source::Resolution,
    }
}

fn receipt_of(
    mission_id: &MissionId,
    said: &Resolved,
    event_id: Option<EventId>,
    branch: &str,
) -> Receipt {
    Receipt {
        event_id,
        mission_id: Some(mission_id.clone()),
        path: seed::path(said.scope),
        r#ref: branch.to_owned(),
        commit: None,
        committed: false,
        pushed: false,
        delivery: Delivery::None,
    }
}

/// Finds the commit that brought a meaning: in the branch it would go to now, else in any other.
fn commit_of(
    project: &Project,
    branch: &str,
    said: &Resolved,
) -> Result<Option<(String, ObjectId)>> {
    let mut branches = history::branches(project, "refs/heads/")?;
    branches.sort_by_key(|(name, _)| name != branch);
    for (name, tip) in branches {
        if let Some(commit) = brought(project, tip, said)? {
            return Ok(Some((name, commit)));
        }
    }
    Ok(None)
}

/// The latest commit below `tip` whose seed file has the meaning while that of none of its parents has.
fn brought(project: &Project, tip: ObjectId, said: &Resolved) -> Result<Option<ObjectId>> {
    let path = seed::path(said.scope);
    let mut known: BTreeMap<ObjectId, bool> = BTreeMap::new();
    let mut has = |commit: ObjectId| -> Result<bool> {
        let Some(blob) = history::entry_at(project, commit, &path)? else {
            return Ok(false);
        };
        if let Some(has) = known.get(&blob) {
            return Ok(*has);
        }
        let content = history::content(project, blob)?;
        let has = seed::read(said.scope, &content).is_ok_and(|seed| {
            let mut terms = seed.terms.iter();
            terms.any(|term| term.surface == said.surface && term.definition == said.definition)
        });
        known.insert(blob, has);
        Ok(has)
    };
    let mut seen = std::collections::HashSet::new();
    let mut todo = std::collections::VecDeque::from([tip]);
    while let Some(commit) = todo.pop_front() {
        // A shallow clone ends before its history does.
        if !seen.insert(commit) || !project.git().has_object(commit) {
            continue;
        }
        let parents = history::parents(project, commit)?;
        if has(commit)? {
            let mut from_parent = false;
            for parent in &parents {
                from_parent |= project.git().has_object(*parent) && has(*parent)?;
            }
            if !from_parent {
                return Ok(Some(commit));
            }
        }
        todo.extend(parents);
    }
    Ok(None)
}
