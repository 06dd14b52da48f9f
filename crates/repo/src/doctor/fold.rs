//! Folding an event file: what is no event is kept aside, what stands there twice goes, and a commit says so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pawtrail_event::{merge, status};

use super::check::{Attempt, FIX, Manual};
use super::files::{Place, Unsound};
use crate::aside::Aside;
use crate::checkout::Checkout;
use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
use crate::ledger::{self, Change, Content, Ledger, Outcome};
use crate::lock;
use crate::mission::Mission;
use crate::placement;
use crate::program::Git;
use crate::project::Project;
use crate::shell::quoted_path;
use crate::status_lock::StatusLock;
use crate::{commit, history, references, sync_state};

/// A last line without its end may still be in the making for so long.
const IN_THE_MAKING: Duration = Duration::from_secs(2);
/// How often a fold begins anew because the file grew meanwhile.
const ATTEMPTS: usize = 5;

/// Folds a file where it is.
pub(super) fn fold(project: &Project, found: &Unsound) -> Attempt {
    match &found.place {
        Place::Checkout(checkout) => fold_file(project, checkout, &found.path),
        Place::Branch(mission, _) => fold_branch(project, mission, &found.path),
    }
}

fn message(path: &str) -> String {
    format!("chore(events): fold {path} [skip ci]")
}

/// Says where the private file is, if one was written.
fn kept(aside: &Aside) -> String {
    aside.kept().map_or_else(String::new, |file| {
        format!(
            "; what is no event holds private data and is in {}, in no commit",
            file.display()
        )
    })
}

/// Folds a file that is checked out nowhere by a commit on its branch.
fn fold_branch(project: &Project, mission: &Mission, path: &str) -> Attempt {
    let mut held = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let place = placement::placement(project, mission)?;
    let again = |message: String| Manual {
        message,
        next_step: FIX.map(str::to_owned),
    };
    if let Some(checkout) = place.checkouts.first() {
        let root = checkout.root.display();
        return Ok(Err(again(format!(
            "{root} has the branch checked out meanwhile"
        ))));
    }
    let aside = Aside::of(project, path);
    let change = Change {
        path: path.to_owned(),
        content: Content::Folded(aside.clone()),
    };
    let changes = || Ok(Some(vec![change.clone()]));
    let anew = || placement::placement(project, mission);
    match ledger::commit(project, &mut held, &place, &message(path), anew, changes)? {
        Outcome::Committed(done) => {
            let commit = done.commit.to_hex_with_len(10);
            let unrecorded = done.not_recorded().map(|said| format!("; {said}"));
            let folded = format!(
                "folded in {commit}{}{}",
                kept(&aside),
                unrecorded.unwrap_or_default()
            );
            Ok(Ok(match done.shaky {
                None => folded,
                Some(reason) => format!("{folded}, which may not survive a power loss: {reason}"),
            }))
        }
        Outcome::Elsewhere(tip) => Ok(Ok(format!("folded in {}", tip.to_hex_with_len(10)))),
        Outcome::Deferred(reason) | Outcome::Locked(reason) => Ok(Err(again(reason))),
        Outcome::Taken(path) => Ok(Err(again(format!("{path} is there already")))),
    }
}

/// Folds a checked-out file in its place, and commits it unless git is in the middle of something there.
fn fold_file(project: &Project, checkout: &Checkout, path: &str) -> Attempt {
    // The Python tool replaces this file under a lock of its own.
    let _status = match path.split('/').nth(1) {
        Some(mission) if path.ends_with(status::FILE) => {
            Some(StatusLock::acquire(project, mission, lock::PATIENCE)?)
        }
        Some(_) | None => None,
    };
    let held = Ledger::lock(project)?;
    let mut paths = vec![PathBuf::from(path)];
    let aside = Aside::of(project, path);
    match replace(project, checkout, path, &aside)? {
        Replaced::Folded { with_side } => {
            paths.extend(with_side.then(|| PathBuf::from(&aside.beside)));
        }
        Replaced::InTheMaking => {
            return Ok(Err(Manual {
                message: "another program is writing the file".to_owned(),
                next_step: FIX.map(str::to_owned),
            }));
        }
    }
    drop(held);
    let names: Vec<String> = paths.iter().map(|path| quoted_path(path)).collect();
    let add = format!(
        "git -C {} add -- {}",
        quoted_path(&checkout.root),
        names.join(" ")
    );
    let left = |why: String| {
        Ok(Err(Manual {
            message: format!(
                "folded in the worktree and not committed: {why}{}",
                kept(&aside)
            ),
            next_step: Some(add.clone()),
        }))
    };
    let Some(branch) = &checkout.branch else {
        return left("no branch is checked out there".to_owned());
    };
    if let Some(operation) = in_progress(project, checkout)? {
        return left(format!(
            "a {operation} is in progress there, which takes it along"
        ));
    }
    let unmerged = Git::at(project, checkout)
        .args(["ls-files", "--unmerged", "--", path])
        .expect(b"")?;
    if !unmerged.is_empty() {
        return left("the file is in conflict there".to_owned());
    }
    let there = project.open_at(&checkout.root)?;
    match commit::commit(&there, &checkout.root, &message(path), &paths, Some(branch)) {
        Ok(done) => Ok(Ok(match done.receipt.commit {
            Some(commit) => format!("folded in {}{}", &commit.as_str()[..10], kept(&aside)),
            None => format!("folded{}", kept(&aside)),
        })),
        Err(Error::NothingToCommit) => Ok(Ok(format!(
            "folded; it is now as in the last commit{}",
            kept(&aside)
        ))),
        Err(error) => left(error.to_string()),
    }
}

/// A merge, cherry-pick or revert that waits for the user's commit.
fn in_progress(project: &Project, checkout: &Checkout) -> Result<Option<&'static str>> {
    for (name, operation) in [
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    ] {
        if references::is_noted(project, &checkout.git_dir, name)? {
            return Ok(Some(operation));
        }
    }
    Ok(None)
}

enum Replaced {
    Folded { with_side: bool },
    InTheMaking,
}

/// Replaces a file by its fold; what is no event is kept aside before.
fn replace(project: &Project, checkout: &Checkout, path: &str, aside: &Aside) -> Result<Replaced> {
    let file = checkout.root.join(path);
    let side = checkout.root.join(&aside.beside);
    let tip = match &checkout.branch {
        Some(branch) => history::tip(project, branch)?,
        None => None,
    };
    let committed = match tip {
        Some(tip) => history::file_at(project, tip, path)?.unwrap_or_default(),
        None => Vec::new(),
    };
    for _ in 0..ATTEMPTS {
        let content = durable::read(&file)?.unwrap_or_default();
        if content.last().is_some_and(|last| *last != b'\n') && is_young(&file)? {
            return Ok(Replaced::InTheMaking);
        }
        let folded = merge::fold(&content);
        let with_side =
            !folded.unreadable.is_empty() && aside.may_be_committed(project, &folded.unreadable)?;
        if with_side {
            durable::create_new(&side, &folded.unreadable, Access::Shared)?;
        }
        let after = clean(project, path, &folded.merged.content, &committed)?;
        if durable::read(&file)?.unwrap_or_default() == content {
            if after != content {
                durable::replace(&file, &after, Access::Shared)?;
            }
            return Ok(Replaced::Folded { with_side });
        }
        if with_side {
            fs::remove_file(&side).at("remove", &side)?;
        }
    }
    Ok(Replaced::InTheMaking)
}

/// Sanitizes those lines of a folded log that no commit has yet: another tool may have written them, and the fold
/// commits the whole file.
fn clean(project: &Project, path: &str, folded: &[u8], committed: &[u8]) -> Result<Vec<u8>> {
    let known: BTreeSet<&[u8]> = committed.split(|byte| *byte == b'\n').collect();
    let mut clean = Vec::with_capacity(folded.len());
    for line in folded.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let fresh = match std::str::from_utf8(text) {
            Ok(text) if !known.contains(text.as_bytes()) => text,
            Ok(_) | Err(_) => {
                clean.extend_from_slice(line);
                continue;
            }
        };
        let fresh = project
            .sanitizer()
            .line(fresh)
            .map_err(|refusal| Error::Damaged {
                path: PathBuf::from(path),
                message: refusal.to_string(),
            })?;
        clean.extend_from_slice(fresh.as_bytes());
        clean.push(b'\n');
    }
    Ok(clean)
}

fn is_young(file: &Path) -> Result<bool> {
    let modified = fs::metadata(file)
        .and_then(|found| found.modified())
        .at("inspect", file)?;
    Ok(SystemTime::now()
        .duration_since(modified)
        .is_ok_and(|age| age < IN_THE_MAKING))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    use pawtrail_testkit::Scratch;

    use super::*;
    use crate::System;
    use crate::doctor::{Mended, examine, mend};
    use crate::testing::with_mission;

    /// Folds all that `doctor` would fold.
    fn fold_all(root: &Path) -> Vec<Mended> {
        let project = Project::discover(root, Arc::new(System)).unwrap();
        let plan = examine(&project).unwrap().plan;
        let folds = plan
            .into_iter()
            .filter(|step| step.what.starts_with("fold"));
        folds.map(|step| mend(&project, step)).collect()
    }

    #[test]
    fn a_status_log_is_folded_under_the_lock_of_the_python_tool_taken_first() {
        const ROW: &str = r#"{"actor":"a","at":"2026-06-01T00:00:00+00:00","event_id":"01KT119Y000000000000000001","event_type":"Any"}"#;
        let scratch = Scratch::new();
        let (repo, project, mission) = with_mission(&scratch);
        let path = mission.path(status::FILE);
        repo.commit_file(&path, &format!("{ROW}\n{ROW}\n"), "Write a row twice");

        let held = Ledger::lock(&project).unwrap();
        let root = repo.path().to_owned();
        let doctor = thread::spawn(move || fold_all(&root));
        // While it waits for our lock, it has the other one.
        let slug = mission.mission_slug.as_str();
        let end = Instant::now() + lock::PATIENCE / 2;
        let taken = |free: Result<StatusLock>| matches!(free, Err(Error::LockTimeout { .. }));
        while !taken(StatusLock::acquire(&project, slug, Duration::ZERO)) {
            assert!(Instant::now() < end, "the other lock is still free");
            thread::sleep(Duration::from_millis(10));
        }
        drop(held);
        let done = doctor.join().unwrap();
        assert!(done.iter().all(|step| step.ok), "{done:?}");
        assert_eq!(done.len(), 1, "{done:?}");
        assert_eq!(repo.read(&path).unwrap(), format!("{ROW}\n"));
        assert_eq!(repo.read_at("HEAD", &path).unwrap(), format!("{ROW}\n"));
    }

    #[allow(clippy::print_stderr)]
    fn left_while_a_cherry_pick_waits(form: &str) {
        const ROW: &str = r#"{"actor":"a","at":"2026-06-01T00:00:00+00:00","event_id":"01KT119Y000000000000000001","event_type":"Any"}"#;
        const PATH: &str = "kitty-specs/m/status.events.jsonl";
        let scratch = Scratch::new();
        let repo = scratch.empty_repo("repo");
        fs::remove_dir_all(repo.path().join(".git")).unwrap();
        let made = repo.try_git(&["init", "-q", form, "-b", "work"]);
        if made.status != 0 {
            eprintln!("SKIPPED: this git has no {form}: {made}");
            return;
        }
        repo.commit_file("a", "base\n", "Base");
        repo.git(&["switch", "-q", "-c", "side"]);
        repo.commit_file("a", "side\n", "Side");
        repo.git(&["switch", "-q", "work"]);
        repo.commit_file("a", "work\n", "Work");
        let head = repo.commit_file(PATH, &format!("{ROW}\n{ROW}\n"), "Write a row twice");
        assert_ne!(repo.try_git(&["cherry-pick", "side"]).status, 0);
        let [done] = &fold_all(repo.path())[..] else {
            panic!("one file is to be folded");
        };
        assert!(
            !done.ok && done.message.contains("a cherry-pick is in progress"),
            "{done:?}"
        );
        assert_eq!(repo.rev("HEAD").unwrap(), head);
        assert_eq!(repo.read(PATH).unwrap(), format!("{ROW}\n"));
        let next = done.next_step.as_deref().unwrap();
        assert!(next.starts_with("git -C "), "{next}");
        repo.git(&["cherry-pick", "--abort"]);
    }

    #[test]
    fn a_fold_leaves_its_commit_to_a_cherry_pick_that_waits_wherever_git_notes_that() {
        left_while_a_cherry_pick_waits("--ref-format=files");
        left_while_a_cherry_pick_waits("--ref-format=reftable");
    }
}
