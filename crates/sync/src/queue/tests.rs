use std::sync::Arc;

use pawtrail_event::envelope::Queueable;
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{MissionId, ProjectUuid};
use pawtrail_repo::{Seeded, clock};
use serde_json::{Value, json};

use super::*;
use crate::queue::open::{newest, prepared};

const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";
const MISSION: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";

fn clone() -> (tempfile::TempDir, Project) {
    let dir = tempfile::tempdir().unwrap();
    let source = Seeded::new(7, "2026-06-01T08:00:00Z".parse().unwrap());
    init(dir.path());
    let project = Project::discover(dir.path(), Arc::new(source)).unwrap();
    (dir, project)
}

/// A repository with an identity, and nothing else.
fn init(dir: &Path) {
    let git = std::process::Command::new("git")
        .args(["init", "-q"])
        .arg(dir)
        .status()
        .unwrap();
    assert!(git.success());
    let config = dir.join(".kittify/config.yaml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(config, format!("project:\n  uuid: {PROJECT}\n  slug: p\n")).unwrap();
}

fn id(number: usize) -> EnvelopeId {
    format!("01KT12VTXHQVY4C5SW{number:08}").parse().unwrap()
}

fn draft(number: usize, event_type: &str, payload: &Value) -> Draft {
    Draft {
        kind: Queueable::new(event_type).unwrap(),
        event_id: id(number),
        aggregate_id: "WP01".to_owned(),
        aggregate_type: Some("WorkPackage".to_owned()),
        timestamp: "2026-06-01T07:55:08+00:00".to_owned(),
        mission_id: Some(MISSION.parse::<MissionId>().unwrap()),
        correlation_id: None,
        causation_id: None,
        payload: Sanitizer::general().sanitize(payload),
    }
}

fn moved(number: usize) -> Draft {
    draft(
        number,
        "WPStatusChanged",
        &json!({
            "mission_slug": "m", "wp_id": "WP01", "from_lane": "planned", "to_lane": "claimed",
            "actor": {"tool": "agent", "hostname": "secret-host"}, "execution_mode": "worktree",
        }),
    )
}

fn indexed(number: usize, path: &str) -> Draft {
    draft(
        number,
        "MissionDossierArtifactIndexed",
        &json!({
            "namespace": {
                "project_uuid": PROJECT, "mission_slug": "m", "target_branch": "main",
                "mission_type": "software-dev", "manifest_version": "1",
            },
            "artifact_id": {"mission_type": "software-dev", "path": path, "artifact_class": "input"},
            "content_ref": {"hash": format!("{number:x}"), "algorithm": "sha256"},
            "indexed_at": "2026-06-01T07:55:08Z",
        }),
    )
}

fn envelope(project: &Project, draft: &Draft) -> Envelope {
    let number = clock::tick(project, 1).unwrap();
    draft.envelope(&Origin::of(project).unwrap(), number, project.sanitizer())
}

fn put(queue: &mut Queue, project: &Project, drafts: &[Draft]) -> Added {
    let envelopes: Vec<Envelope> = drafts.iter().map(|one| envelope(project, one)).collect();
    queue.add(&envelopes, project.now()).unwrap()
}

fn uuid() -> ProjectUuid {
    PROJECT.parse().unwrap()
}

/// A log whose rows are moves, but for each third, which goes nowhere.
struct Log(Vec<EnvelopeId>);

impl Log {
    fn of(numbers: impl IntoIterator<Item = usize>) -> Self {
        Self(numbers.into_iter().map(id).collect())
    }
}

impl Journal for Log {
    fn name(&self) -> String {
        "status/m".to_owned()
    }

    fn ids(&self) -> &[EnvelopeId] {
        &self.0
    }

    fn draft(&self, at: usize) -> Option<Draft> {
        let number: usize = self.0[at].as_str()[18..].parse().unwrap();
        (!number.is_multiple_of(3)).then(|| moved(number))
    }
}

#[test]
fn fr_008_what_is_queued_is_sanitized_and_valid() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    assert_eq!(put(&mut queue, &project, &[moved(1)]).waiting, 1);
    let (entry, body) = queue.show(&id(1)).unwrap();
    assert_eq!((entry.state, entry.attempts), (State::Waiting, 0));
    assert!(!body.to_string().contains("secret-host"), "{body}");
    assert_eq!(body["lamport_clock"], 1);
    pawtrail_event::envelope::check(&body).unwrap();
}

#[test]
fn an_event_that_breaks_its_contract_is_set_aside_with_its_reason_and_never_taken() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    let bad = draft(1, "WPStatusChanged", &json!({"wp_id": "WP01"}));
    let mut large = moved(2);
    large.aggregate_id = "x".repeat(300_000);
    assert_eq!(put(&mut queue, &project, &[bad, large]).set_aside, 2);
    let listed = queue.list(Some(State::SetAside), 10).unwrap();
    assert_eq!(listed[0].reason_code.as_deref(), Some(INVALID));
    assert!(listed[0].reason.as_ref().unwrap().contains("payload."));
    assert_eq!(listed[1].reason_code.as_deref(), Some(TOO_LARGE));
    assert_eq!(queue.take(&uuid(), 0, 10, 1_000_000).unwrap(), []);
    // Trying it again would bring the same refusal.
    assert_eq!(queue.retry(&id(1)).unwrap_err().code(), "EVENT_INVALID");
}

#[test]
fn the_same_event_is_queued_once_and_later_states_replace_earlier_ones() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1), indexed(2, "a"), moved(3)]);
    assert_eq!(put(&mut queue, &project, &[moved(1)]).known, 1);
    put(&mut queue, &project, &[indexed(4, "b"), indexed(5, "a")]);
    let ids = |queue: &Queue| -> Vec<String> {
        let listed = queue.list(None, 10).unwrap();
        listed.into_iter().map(|entry| entry.event_id).collect()
    };
    let expected: Vec<String> = [1, 3, 4, 5].map(|n| id(n).to_string()).into();
    assert_eq!(ids(&queue), expected);
    // One on its way isn't called back; if it comes back, the newer one stands for it.
    assert_eq!(queue.take(&uuid(), 0, 10, 1_000_000).unwrap().len(), 4);
    put(&mut queue, &project, &[indexed(6, "a")]);
    assert_eq!(queue.counts().unwrap().in_flight, 4);
    queue.recover().unwrap();
    let expected: Vec<String> = [1, 3, 4, 6].map(|n| id(n).to_string()).into();
    assert_eq!(ids(&queue), expected);
}

#[test]
fn what_is_taken_is_settled_or_comes_back() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    let drafts: Vec<Draft> = (1..=5).map(moved).collect();
    put(&mut queue, &project, &drafts);
    let size = queue.show(&id(1)).unwrap().1.to_string().len();
    assert_eq!(
        queue.take(&uuid(), 0, 10, 1).unwrap().len(),
        1,
        "one at least"
    );
    let taken = queue.take(&uuid(), 0, 10, 3 * size).unwrap();
    assert_eq!(taken.len(), 2);
    let aside = Outcome::SetAside {
        code: "NO".to_owned(),
        reason: "because".to_owned(),
    };
    queue
        .settle(&[(&taken[0], Outcome::Delivered), (&taken[1], aside)])
        .unwrap();
    let counts = queue.counts().unwrap();
    assert_eq!(
        (counts.queued, counts.in_flight, counts.set_aside),
        (3, 1, 1)
    );
    queue.recover().unwrap();
    let again = queue.take(&uuid(), 0, 1, 1_000_000).unwrap();
    assert_eq!(again[0].event_id, id(1).as_str());
    assert_eq!(queue.show(&id(1)).unwrap().0.attempts, 2);
    queue.settle(&[(&again[0], Outcome::Again(500))]).unwrap();
    assert_eq!(queue.take(&uuid(), 499, 10, 1_000_000).unwrap().len(), 2);
    assert_eq!(queue.next_due().unwrap(), Some(500));
    assert_eq!(queue.take(&uuid(), 500, 10, 1_000_000).unwrap().len(), 1);
}

#[test]
fn what_was_set_aside_while_on_its_way_is_forgotten_once_a_hub_has_it_and_else_stays_so() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1), moved(2), moved(3)]);
    let taken = queue.take(&uuid(), 0, 10, 1_000_000).unwrap();
    assert_eq!(queue.set_all_aside("FROM_NOW", "why").unwrap(), 3);
    // The last one is dropped, and another event gets its number.
    queue.discard(&id(3)).unwrap();
    put(&mut queue, &project, &[moved(4)]);
    let refused = Outcome::SetAside {
        code: "NO".to_owned(),
        reason: "because".to_owned(),
    };
    let settled = [
        (&taken[0], Outcome::Delivered),
        (&taken[1], refused.clone()),
        (&taken[2], refused),
    ];
    queue.settle(&settled).unwrap();
    queue.settle(&[(&taken[2], Outcome::Delivered)]).unwrap();
    let left: Vec<_> = queue
        .list(None, 10)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.event_id, entry.reason_code))
        .collect();
    let expected = [
        (id(2).to_string(), Some("FROM_NOW".to_owned())),
        (id(4).to_string(), None),
    ];
    assert_eq!(left, expected);
}

#[test]
fn events_of_another_project_are_set_aside_and_never_taken() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1)]);
    let other = "00000000-0000-0000-0000-000000000000".parse().unwrap();
    assert_eq!(queue.take(&other, 0, 10, 1_000).unwrap(), []);
    let entry = queue.show(&id(1)).unwrap().0;
    assert_eq!(entry.reason_code.as_deref(), Some("OTHER_PROJECT"));
}

#[test]
fn retry_and_discard() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1), moved(2)]);
    assert!(!queue.retry(&id(1)).unwrap());
    assert_eq!(queue.set_all_aside("FROM_NOW", "why").unwrap(), 2);
    assert!(queue.retry(&id(1)).unwrap());
    assert_eq!(queue.show(&id(1)).unwrap().0.state, State::Waiting);
    queue.discard(&id(2)).unwrap();
    assert_eq!(queue.discard(&id(2)).unwrap_err().code(), "EVENT_NOT_FOUND");
    queue.take(&uuid(), 0, 1, 1_000).unwrap();
    assert_eq!(queue.discard(&id(1)).unwrap_err().code(), "EVENT_IN_FLIGHT");
}

#[test]
fn a_journal_is_caught_up_whatever_happened_to_it() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    let mut catch_up = |numbers: &[usize]| {
        let log = Log::of(numbers.iter().copied());
        let done = queue.catch_up(&project, &log).unwrap();
        (done.rows, done.added.waiting)
    };
    assert_eq!(catch_up(&[]), (0, 0));
    assert_eq!(catch_up(&[1, 2, 3]), (3, 2));
    assert_eq!(catch_up(&[1, 2, 3]), (0, 0));
    assert_eq!(catch_up(&[1, 2, 3, 4]), (1, 1));
    // A merge puts rows in between, or takes some away for a while.
    assert_eq!(catch_up(&[1, 7, 2, 3, 8, 4]), (2, 2));
    assert_eq!(catch_up(&[1, 2]), (0, 0));
    assert_eq!(catch_up(&[1, 7, 2, 3, 8, 4, 10, 10]), (1, 1));
    // What was delivered or dropped is not queued again.
    let mut queue = Queue::open(&project).unwrap();
    queue.discard(&id(2)).unwrap();
    for event in queue.take(&uuid(), 0, 100, 1_000_000).unwrap() {
        queue.settle(&[(&event, Outcome::Delivered)]).unwrap();
    }
    let done = queue.catch_up(&project, &Log::of([2, 1, 11])).unwrap();
    assert_eq!((done.rows, done.added.waiting), (1, 1));
    assert_eq!(queue.counts().unwrap().queued, 1);
}

#[test]
fn processes_that_catch_up_at_once_queue_each_row_once() {
    let (dir, project) = clone();
    drop(Queue::open(&project).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let source = Arc::new(pawtrail_repo::System);
                let project = Project::discover(dir.path(), source).unwrap();
                for upto in 1..=40 {
                    let mut queue = open::make(&project.state_dir().join(FILE), PATIENT).unwrap();
                    queue.catch_up(&project, &Log::of(1..=upto)).unwrap();
                }
            });
        }
    });
    let queue = Queue::open(&project).unwrap();
    assert_eq!(queue.counts().unwrap().queued, 27);
}

#[test]
fn a_write_that_must_wait_gives_up_soon_and_is_caught_up() {
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    let other = Connection::open(queue.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    let error = queue.catch_up(&project, &Log::of([1])).unwrap_err();
    assert_eq!(error.code(), "QUEUE_FAILED");
    assert!(begun.elapsed() < PATIENT, "as long as the courier");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(queue.catch_up(&project, &Log::of([1])).unwrap().rows, 1);
}

#[test]
fn newer_and_foreign_files_are_refused_and_left_alone() {
    let (_dir, project) = clone();
    let queue = Queue::open(&project).unwrap();
    queue
        .db
        .pragma_update(None, "user_version", newest() + 1)
        .unwrap();
    let error = Queue::open(&project).err().unwrap();
    assert_eq!(error.code(), "QUEUE_NEWER");
    queue.db.pragma_update(None, "user_version", 1).unwrap();
    queue.db.pragma_update(None, "application_id", 7).unwrap();
    assert_eq!(Queue::open(&project).err().unwrap().code(), "QUEUE_FOREIGN");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    std::fs::write(
        &path,
        "no database, but long enough to look at\n".repeat(40),
    )
    .unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = open::make(&path, BRIEF).err().unwrap();
    assert_eq!(error.code(), "QUEUE_FOREIGN");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(
        Queue::open_existing(&dir.path().join("none"))
            .unwrap()
            .is_none()
    );
}

#[cfg(unix)]
#[test]
fn where_memory_can_not_be_shared_it_works_without_a_write_ahead_log() {
    use rusqlite::OpenFlags;
    let (dir, project) = clone();
    let path = dir.path().join("elsewhere.sqlite");
    // This way to lock has no shared memory, as some network file systems have none.
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let db = Connection::open_with_flags_and_vfs(&path, flags, c"unix-dotfile").unwrap();
        prepared(db, &path, BRIEF).unwrap()
    };
    let mut queue = open();
    put(&mut queue, &project, &[moved(1)]);
    let mode: String = queue
        .db
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    drop(queue);
    assert_eq!(open().counts().unwrap().queued, 1);
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, project) = clone();
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1)]);
    for entry in std::fs::read_dir(project.state_dir()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(FILE) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        }
    }
}

/// All files of a directory, and what they hold.
fn files(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(dir)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn seen(dir: &Path) -> Option<(u64, usize)> {
    Queue::look(dir, |queue| {
        Ok((queue.counts()?.queued, queue.list(None, 100)?.len()))
    })
    .unwrap()
}

#[test]
fn a_look_writes_nothing_and_needs_no_file() {
    let (dir, project) = clone();
    assert_eq!(seen(&project.state_dir()), None);
    let mut queue = Queue::open(&project).unwrap();
    put(&mut queue, &project, &[moved(1), moved(2)]);
    // Beside a writer, whose rows are in no main file yet.
    assert_eq!(seen(&project.state_dir()), Some((2, 2)));
    drop(queue);
    let before = files(&project.state_dir());
    assert_eq!(seen(&project.state_dir()), Some((2, 2)));
    assert_eq!(files(&project.state_dir()), before);
    // A name that an address would read otherwise.
    let odd = dir.path().join("a ?b#c%20d");
    std::fs::create_dir(&odd).unwrap();
    std::fs::copy(project.state_dir().join(FILE), odd.join(FILE)).unwrap();
    assert_eq!(seen(&odd), Some((2, 2)));
    // One that is just being made.
    std::fs::write(odd.join(FILE), "").unwrap();
    assert_eq!(seen(&odd), None);
    std::fs::write(odd.join(FILE), "no database\n".repeat(100)).unwrap();
    let error = Queue::look(&odd, |queue| queue.counts()).unwrap_err();
    assert_eq!(error.code(), "QUEUE_FOREIGN");
}

#[test]
fn a_look_beside_a_busy_writer_sees_whole_states() {
    let (_dir, project) = clone();
    put(
        &mut Queue::open(&project).unwrap(),
        &project,
        &[moved(1), moved(2)],
    );
    let state_dir = project.state_dir();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let (queued, listed) = seen(&state_dir).unwrap();
                assert!(matches!((queued, listed), (2 | 4, 2 | 4)));
            }
        });
        // Two come and two go at a time, and the file is closed each time.
        for round in 0..60 {
            let mut queue = open::make(&state_dir.join(FILE), PATIENT).unwrap();
            let pair = [moved(10 + 2 * round), moved(11 + 2 * round)];
            put(&mut queue, &project, &pair);
            let taken = queue.take(&uuid(), 0, 2, 1_000_000).unwrap();
            let gone: Vec<_> = taken
                .iter()
                .map(|event| (event, Outcome::Delivered))
                .collect();
            queue.settle(&gone).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn what_a_consent_left_out_is_known_to_a_queue_that_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let ids = |queue: &Queue| queue.fresh(&[id(1), id(2), id(3)]).unwrap();
    let mut queue = Queue::for_tests(dir.path());
    assert_eq!(ids(&queue), [0, 1, 2]);
    let transaction = queue.begin().unwrap();
    for one in [id(1), id(3)] {
        let insert = "INSERT INTO known (event_id) VALUES (?1)";
        transaction.execute(insert, [one.as_str()]).unwrap();
    }
    transaction.commit().unwrap();
    queue.keep_back().unwrap();
    drop(queue);
    let file = dir.path().join(FILE);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    assert_eq!(ids(&Queue::for_tests(dir.path())), [1]);
}
