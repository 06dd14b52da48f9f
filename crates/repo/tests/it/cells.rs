//! Shapes × engines: in each shape of a repository, on each engine, a decision is asked for and answered, and the same
//! must hold.
//!
//! A row names a function of `worlds`, the engines that may commit there, and what comes of it. In a shape that only
//! git may serve, the library's cell is the probe's refusal to choose it.

#![allow(
    clippy::print_stderr,
    reason = "what can't be tried here is said aloud"
)]

#[path = "cells/state.rs"]
mod state;
#[path = "cells/worlds.rs"]
mod worlds;

use std::sync::Arc;

use pawtrail_repo::decisions::{self, Written};
use pawtrail_repo::engine::{self, Kind};
use pawtrail_repo::mission::{self, Mission, NewMission};
use pawtrail_repo::{Error, Project, System, placement};
use pawtrail_testkit::Scratch;

use crate::support::{answer, ask, ledger_file};
use state::State;
use worlds::World;

/// Which engines may commit.
enum Engines {
    Either,
    /// Git alone, for a reason that has this word.
    Git(&'static str),
}

/// What comes of an answer.
enum End {
    /// It is in git when the command ends.
    Committed,
    /// Exit code 3 and a reason with this word; once the user has done this, the next command commits it.
    Spooled(&'static str, fn(&World)),
    /// Nothing is begun: the creation of a mission ends with this code and this exit code.
    Refused(&'static str, u8),
}

macro_rules! table {
    ($($shape:ident $engines:expr => $end:expr;)*) => {
        mod on_the_library {
            use super::{End::*, Engines::*, Kind, cell, worlds};
            $(#[test] fn $shape() { cell(worlds::$shape, &$engines, &$end, Kind::Library); })*
        }
        mod on_the_executable {
            use super::{End::*, Engines::*, Kind, cell, worlds};
            $(#[test] fn $shape() { cell(worlds::$shape, &$engines, &$end, Kind::Executable); })*
        }
    };
}

table! {
    main_worktree_with_work_in_progress Either => Committed;
    protected_branch                    Either => Committed;
    protected_default_of_the_remote     Either => Committed;
    detached_head                       Either => Committed;
    unborn_branch                       Either => Refused("NO_COMMITS", 1);
    linked_worktree                     Either => Committed;
    ledger_in_a_linked_worktree         Either => Committed;
    worktree_inside_of_the_primary      Either => Committed;
    worktree_that_is_gone               Either => Committed;
    worktree_that_was_moved_by_hand     Either => Committed;
    bare                                Either => Committed;
    bare_with_worktrees                 Either => Committed;
    bare_with_the_ledger_checked_out    Either => Committed;
    separate_git_directory              Either => Committed;
    files_elsewhere                     Either => Committed;
    submodule                           Either => Committed;
    worktree_of_a_submodule             Either => Committed;
    sparse_cone_path_out                Either => Committed;
    sparse_cone_path_in                 Either => Committed;
    sparse_patterns_path_out            Either => Committed;
    sparse_patterns_path_in             Either => Committed;
    sparse_index                        Git("sparse") => Committed;
    split_index                         Git("split") => Committed;
    index_with_untracked_cache          Git("untracked") => Committed;
    index_of_version_4                  Git("version 4") => Committed;
    index_with_file_system_monitor      Git("monitor") => Committed;
    index_with_resolved_conflicts       Git("resolved") => Committed;
    clone_without_trees                 Git("partial") => Committed;
    partial_clone                       Git("partial") => Committed;
    shallow_clone                       Either => Committed;
    clone_that_borrows_objects          Git("borrows") => Committed;
    packed_branches                     Either => Committed;
    reftable                            Git("reftable") => Committed;
    sha_256                             Either => Committed;
    unknown_extension                   Git("extensions.sonderbar") => Committed;
    configuration_of_the_worktree       Either => Committed;
    shared_by_a_group                   Git("sharedRepository") => Committed;
    signed_with_ssh                     Git("signed") => Committed;
    signed_with_openpgp                 Git("signed") => Committed;
    hooks_of_every_kind                 Either => Committed;
    merge_in_progress                   Either => Committed;
    cherry_pick_in_progress             Either => Committed;
    revert_in_progress                  Either => Committed;
    am_in_progress                      Either => Committed;
    rebase_in_progress                  Either => Spooled("rebase", |world| worlds::git(world, &["rebase", "--abort"]));
    rebase_by_patches_in_progress       Either => Spooled("rebase", |world| worlds::git(world, &["rebase", "--abort"]));
    rebase_in_another_worktree          Either => Spooled("rebase", |world| worlds::git_beside(world, &["rebase", "--abort"]));
    rebase_that_moves_the_branch_too    Either => Spooled("rebase", |world| worlds::git_beside(world, &["rebase", "--abort"]));
    bisect_in_progress                  Either => Spooled("bisect", |world| worlds::git(world, &["bisect", "reset"]));
    bisect_in_another_worktree          Either => Spooled("bisect", |world| worlds::git_beside(world, &["bisect", "reset"]));
    conflict_in_the_event_file          Either => Spooled("conflict", worlds::keep_ours);
    foreign_lock_of_the_index           Either => Spooled("index.lock", |world| worlds::unlock(world, "index.lock"));
    foreign_lock_of_the_branch          Either => Spooled("the lock of refs/heads/feature", |world| worlds::unlock(world, "refs/heads/feature.lock"));
    symlinked_worktree                  Either => Committed;
    specs_that_are_a_link               Either => Refused("MISSION_NOT_CREATED", 1);
    specs_that_are_a_hidden_link        Either => Refused("MISSION_NOT_CREATED", 1);
    specs_that_are_a_file               Either => Refused("MISSION_NOT_CREATED", 1);
    specs_that_are_a_submodule          Either => Refused("MISSION_NOT_CREATED", 1);
    event_file_that_is_a_link           Either => Spooled("symbolic link", worlds::remove_the_link);
    mission_that_is_a_link              Either => Spooled("symbolic link", worlds::restore_the_mission);
    letters_of_other_scripts            Either => Committed;
    decomposed_letters                  Either => Committed;
    case_that_does_not_count            Either => Committed;
    line_ends_by_configuration          Either => Committed;
    line_ends_by_attribute              Git("eol=crlf") => Committed;
    filter_on_the_path                  Git("filter=upper") => Spooled(".gitattributes", worlds::exempt);
    encoding_on_the_path                Git("working-tree-encoding=UTF-16") => Spooled(".gitattributes", worlds::exempt);
    ignored_path                        Either => Committed;
    excluded_path                       Either => Committed;
}

fn cell(make: fn(&Scratch) -> World, engines: &Engines, end: &End, kind: Kind) {
    let scratch = Scratch::new();
    let world = make(&scratch);
    if let Some(missing) = world.lacks {
        eprintln!("NOT RUN: {missing}");
        return;
    }
    let open = || Project::discover(&world.dir, Arc::new(System)).unwrap();
    if let End::Refused(code, exit) = end {
        let before = State::of(&world, None);
        let error = mission::create(&open().with_engine(kind), &new()).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), (*code, *exit), "{error}");
        assert!(error.next_step().is_some(), "{error}");
        assert_eq!(State::of(&world, None), before);
        return;
    }
    let mission = match &world.mission {
        Some(mission) => mission.clone(),
        None => {
            let before = State::of(&world, None);
            let made = mission::create(&open(), &new()).unwrap();
            let ledger = made.receipt.r#ref;
            assert_eq!(State::of(&world, Some(&ledger)), before.without(&ledger));
            made.mission
        }
    };
    (world.meanwhile)(&world, &mission);

    let (probed, project) = (open(), open().with_engine(kind));
    let place = placement::placement(&probed, &mission).unwrap();
    let chosen = engine::choose(&probed, &place).unwrap();
    match engines {
        Engines::Either => assert_eq!(chosen.engine, Kind::Library, "{}", chosen.reason),
        Engines::Git(word) => {
            assert_eq!(chosen.engine, Kind::Executable, "{}", chosen.reason);
            assert!(chosen.reason.contains(word), "{}", chosen.reason);
            if kind == Kind::Library {
                return;
            }
        }
    }
    let before = State::of(&world, Some(&place.ledger_ref));
    let lines = lines(&world, &place.ledger_ref, &mission);
    let asked = ask(&project, &mission, "Which way?");
    assert!(!asked.receipt.committed);
    let given = answer(&project, &mission, &asked, "left");
    assert_eq!(State::of(&world, Some(&place.ledger_ref)), before);
    match end {
        End::Refused(..) => unreachable!("it was"),
        End::Committed => committed(&world, &given.unwrap()),
        End::Spooled(word, over) => {
            spooled(&probed, &mission, &given.unwrap_err(), word);
            over(&world);
            assert_eq!(decisions::finish(&project).unwrap(), Vec::<String>::new());
        }
    }
    // The log has a line now that another is added to; what ended an operation has moved things.
    let before = match end {
        End::Spooled(..) => State::of(&world, Some(&place.ledger_ref)),
        End::Committed | End::Refused(..) => before,
    };
    is_in_git(&world, &probed, &mission, lines + 2);
    let asked = ask(&project, &mission, "And then?");
    let given = answer(&project, &mission, &asked, "right").unwrap();
    assert_eq!(State::of(&world, Some(&place.ledger_ref)), before);
    committed(&world, &given);
    is_in_git(&world, &probed, &mission, lines + 4);
    world.repo.fsck();
    (world.check)(&world, &given);
    kept_by_gits_next_commits(&world, &given);
}

fn new() -> NewMission {
    NewMission {
        slug: "payments".to_owned(),
        ..NewMission::default()
    }
}

fn lines(world: &World, ledger: &str, mission: &Mission) -> usize {
    let path = mission.path(pawtrail_event::decision::FILE);
    // A branch that is still to be made begins at HEAD.
    let start = world.repo.rev(ledger).map_or("HEAD", |_| ledger);
    let file = world.repo.read_at(start, &path).unwrap_or_default();
    file.lines().count()
}

#[track_caller]
fn committed(world: &World, written: &Written) {
    assert!(written.receipt.committed);
    let tip = world.repo.rev(&written.receipt.r#ref);
    let commit = written.receipt.commit.as_ref().map(|hash| hash.as_str());
    assert_eq!(commit, tip.as_deref());
}

#[track_caller]
fn spooled(project: &Project, mission: &Mission, error: &Error, word: &str) {
    assert_eq!((error.code(), error.exit_code()), ("NOT_COMMITTED_YET", 3));
    assert!(error.to_string().contains(word), "{error}");
    assert!(!error.receipt().unwrap().committed);
    let proof = decisions::verify(project, std::slice::from_ref(mission)).unwrap();
    assert_eq!(proof.missing.len(), 1, "{proof:#?}");
}

/// Every line is on the branch, `verify` says so, and git shows nothing of ours as changed.
#[track_caller]
fn is_in_git(world: &World, project: &Project, mission: &Mission, expected: usize) {
    let proof = decisions::verify(project, std::slice::from_ref(mission)).unwrap();
    assert_eq!(proof.missing, vec![]);
    assert_eq!(proof.answers.len(), expected / 2);
    let place = placement::placement(project, mission).unwrap();
    assert_eq!(lines(world, &place.ledger_ref, mission), expected);
    for repo in world.checkouts() {
        let status = repo.status_v2();
        let ours: Vec<&str> = status
            .lines()
            .filter(|line| line.contains(&mission.dir))
            .collect();
        assert!(ours.is_empty(), "{ours:?}");
    }
}

/// Wherever git can commit, its own next commit takes nothing back.
fn kept_by_gits_next_commits(world: &World, written: &Written) {
    let file = ledger_file(&world.repo, written);
    for repo in world.checkouts() {
        let git_dir = repo.git(&["rev-parse", "--absolute-git-dir"]);
        let git_dir = std::path::Path::new(git_dir.trim_end());
        let operations = [
            "MERGE_HEAD",
            "CHERRY_PICK_HEAD",
            "REVERT_HEAD",
            "rebase-apply",
        ];
        if operations.iter().all(|name| !git_dir.join(name).exists()) {
            repo.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
        }
    }
    assert_eq!(ledger_file(&world.repo, written), file);
}
