//! What a command hands the queue of a status log, and what the queue finds there by itself.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use pawtrail_event::WorkPackageId;
use pawtrail_event::status::{ExecutionMode, Lane};
use pawtrail_repo::mission::{Mission, NewMission};
use pawtrail_repo::status::{self, Seen, Step, Written};
use pawtrail_repo::{Project, Seeded, mission};

use super::{Queue, catch_up_all, offer_status};

/// A clone with a mission on the branch that is checked out.
struct World {
    dir: tempfile::TempDir,
    project: Project,
    mission: Mission,
    /// How many rows the mission began with; the queue has them.
    began: usize,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q", "-b", "work"]);
        git(
            dir.path(),
            &["commit", "-q", "--allow-empty", "-m", "start"],
        );
        let config = dir.path().join(".kittify/config.yaml");
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        std::fs::write(
            config,
            "project:\n  uuid: f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab\n  slug: p\n",
        )
        .unwrap();
        let source = Seeded::new(7, "2026-06-01T08:00:00Z".parse().unwrap());
        let project = Project::discover(dir.path(), Arc::new(source)).unwrap();
        let new = NewMission {
            slug: "measured".to_owned(),
            ..NewMission::default()
        };
        let mission = mission::create(&project, &new).unwrap().mission;
        let began = offer_status(&project, &mission.mission_id, None)
            .unwrap()
            .rows;
        Self {
            dir,
            project,
            mission,
            began,
        }
    }

    fn go(&self, wp_id: &str, to_lane: Lane) -> Written {
        let step = Step {
            wp_id: wp_id.parse::<WorkPackageId>().unwrap(),
            to_lane,
            actor: None,
            reason: None,
            force: false,
            review_ref: None,
            reviewer: None,
            verdict: None,
            execution_mode: ExecutionMode::default(),
        };
        status::move_packages(&self.project, &self.mission, &[step], None).unwrap()
    }

    /// Offers what a write did; returns how many rows were new.
    fn offer(&self, written: Option<&Written>) -> usize {
        let appended = written.and_then(|written| written.appended.as_ref());
        offer_status(&self.project, &self.mission.mission_id, appended)
            .unwrap()
            .rows
    }

    /// How far the queue has read the log.
    fn seen(&self) -> Option<Seen> {
        let queue = Queue::open(&self.project).unwrap();
        let name = format!("status/{}", self.mission.mission_id);
        let cursor = queue.cursor(&name).unwrap()?;
        Some(Seen {
            bytes: cursor.length,
            object: cursor.digest,
        })
    }

    /// How many rows a reader gets who has seen so much.
    fn rows_behind(&self, seen: Option<&Seen>) -> usize {
        let mission = &self.mission.mission_id;
        status::offered(&self.project, mission, seen)
            .unwrap()
            .ids()
            .count()
    }

    /// Commits the log, changed, as another tool does it.
    fn rewrite(&self, change: impl Fn(&str) -> String) {
        let path = self
            .dir
            .path()
            .join(&self.mission.dir)
            .join("status.events.jsonl");
        let log = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(&log)).unwrap();
        git(
            self.dir.path(),
            &["commit", "-q", "-a", "-m", "another tool"],
        );
    }

    /// How many events wait beside those of the beginning.
    fn queued(&self) -> usize {
        let counts = Queue::open(&self.project).unwrap().counts().unwrap();
        usize::try_from(counts.queued).unwrap() - self.began
    }
}

fn git(dir: &Path, args: &[&str]) {
    let who = [
        "-c",
        "user.name=Robin Example",
        "-c",
        "user.email=robin@localhost",
    ];
    let done = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(who)
        .args(args)
        .status()
        .unwrap();
    assert!(done.success(), "{args:?}");
}

fn row(number: usize) -> String {
    format!(
        r#"{{"actor": "other", "at": "2026-06-01T07:00:{number:02}+00:00", "event_id": "01KT12VTXHQVY4C5SW{number:08}", "execution_mode": "worktree", "force": true, "from_lane": "planned", "reason": "r", "to_lane": "blocked", "wp_id": "WP09"}}"#
    )
}

#[test]
fn a_write_hands_its_rows_along_and_the_log_is_not_read() {
    let world = World::new();
    let seen = world.seen();
    let first = world.go("WP01", Lane::Planned);
    assert!(
        first
            .appended
            .as_ref()
            .unwrap()
            .behind(seen.as_ref())
            .is_some()
    );
    assert_eq!(world.offer(Some(&first)), 1);
    let seen = world.seen();
    assert_eq!(world.rows_behind(seen.as_ref()), 0);
    let second = world.go("WP01", Lane::Claimed);
    let appended = second.appended.as_ref().unwrap();
    assert!(
        appended.behind(None).is_none(),
        "whoever has seen nothing reads all of it"
    );
    let offers = appended.behind(seen.as_ref()).unwrap();
    assert_eq!(offers.ids().count(), 1);
    assert!(offers.event(0).is_some() && offers.event(1).is_none());
    assert_eq!(world.offer(Some(&second)), 1);
    assert_eq!(world.rows_behind(world.seen().as_ref()), 0);
    assert_eq!(world.queued(), 2);
    // The same again brings nothing, whoever asks.
    assert_eq!(world.offer(Some(&second)), 0);
    catch_up_all(&world.project).unwrap();
    assert_eq!(world.queued(), 2);
}

#[test]
fn what_a_dead_command_wrote_is_found_behind_what_was_seen() {
    let world = World::new();
    let first = world.go("WP01", Lane::Planned);
    world.offer(Some(&first));
    let seen = world.seen();
    // Its rows were never offered.
    world.go("WP01", Lane::Claimed);
    assert_eq!(world.rows_behind(seen.as_ref()), 1);
    let third = world.go("WP02", Lane::Planned);
    assert_eq!(world.offer(Some(&third)), 2);
    assert_eq!(world.queued(), 3);
    world.go("WP02", Lane::Claimed);
    catch_up_all(&world.project).unwrap();
    assert_eq!(world.queued(), 4);
}

#[test]
fn rows_that_a_merge_puts_in_between_are_found() {
    let world = World::new();
    let first = world.go("WP01", Lane::Planned);
    world.offer(Some(&first));
    world.rewrite(|log| format!("{}\n{log}{}\n", row(1), row(2)));
    assert_eq!(
        world.rows_behind(world.seen().as_ref()),
        world.began + 3,
        "all of it is read again"
    );
    assert_eq!(world.offer(None), 2);
    assert_eq!(world.queued(), 3);
    // One that grows behind it is read from there on.
    world.rewrite(|log| format!("{log}{}\n", row(3)));
    assert_eq!(world.rows_behind(world.seen().as_ref()), 1);
    // And a write on a log that nobody offered is no write on the one that was seen.
    let next = world.go("WP01", Lane::Claimed);
    assert_eq!(world.offer(Some(&next)), 2);
    assert_eq!(world.queued(), 5);
}

#[test]
fn a_line_without_its_end_is_looked_at_again() {
    let world = World::new();
    let first = world.go("WP01", Lane::Planned);
    world.offer(Some(&first));
    let (whole, half) = (row(1), row(2));
    let (half, rest) = half.split_at(60);
    world.rewrite(|log| format!("{log}{whole}\n{half}"));
    assert_eq!(world.offer(None), 1);
    world.rewrite(|log| format!("{log}{rest}"));
    assert_eq!(
        world.offer(None),
        1,
        "the line is whole now, though its end is missing"
    );
    assert_eq!(world.offer(None), 0);
    world.rewrite(|log| format!("{log}\n{}\n", row(3)));
    assert_eq!(world.offer(None), 1);
    assert_eq!(world.queued(), 4);
}
