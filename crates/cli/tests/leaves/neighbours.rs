//! A consent is one clone's: beside it, in the same home, other repositories and other clones of the same project send
//! nothing, whatever is done in them.

use std::collections::BTreeSet;

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch};

use crate::consent::{WHILE, provoke, sync_dir};
use crate::ear::Ear;
use crate::support::{BINARY, enable, hooked, work};

/// All that an ear heard, as one text.
fn all(ear: &Ear) -> String {
    let heard = ear.heard();
    [heard.frames, heard.bodies, heard.heads, heard.pongs]
        .concat()
        .join("\n")
}

fn commits(repo: &Repo) -> BTreeSet<String> {
    let list = repo.git(&["rev-list", "--all"]);
    list.lines().map(str::to_owned).collect()
}

/// The ids of all events that a repository's journals hold.
fn events(project: &Project) -> BTreeSet<String> {
    let file = project.repo.common_dir().join("pawtrail/queue.sqlite");
    let db = rusqlite::Connection::open(file).unwrap();
    let mut statement = db.prepare("SELECT event_id FROM known").unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// No socket was opened for it, no courier started, and nothing noted as sent.
fn stayed_at_home(project: &Project) {
    let state = project.repo.common_dir().join("pawtrail");
    for name in ["sync", "courier.sock", "courier.at", "locks/courier.lock"] {
        assert!(!state.join(name).exists(), "{name}");
    }
}

#[test]
fn a_repository_that_never_said_yes_beside_one_that_did_sends_no_byte() {
    let scratch = Scratch::new();
    let ear = Ear::hub();
    let (open, agent_of_open) = hooked(&scratch);
    let closed = Project::in_repo(scratch.repo("beside"), Pawtrail::new(&scratch, BINARY));
    closed.pawtrail.data(&closed.repo, &["hooks", "install"]);
    let agent_of_closed = closed.repo.worktree("agent-beside", closed.branch());
    enable(&open, &ear.url(), &[]);
    for at in 0..2 {
        work(&open, &agent_of_open, &format!("open-{at}"));
        work(&closed, &agent_of_closed, &format!("closed-{at}"));
        crate::support::moves(&open, "WP01", &[["planned", "claimed"][at]]);
        crate::support::moves(&closed, "WP01", &[["planned", "claimed"][at]]);
    }
    open.pawtrail.data(&open.repo, &["sync", "now"]);
    provoke(&closed, "the one beside");
    std::thread::sleep(WHILE);
    let said = all(&ear);
    // Everything of the open one's came: each kind of frame and event that there is.
    for kind in [
        "LocalCommit",
        "WPStatusChanged",
        "GlossaryClarificationRequested",
        "GlossaryClarificationResolved",
        "MissionStarted",
        "PhaseEntered",
    ] {
        assert!(said.contains(kind), "{kind} never came");
    }
    assert!(said.contains(&open.uuid));
    // Both may begin with the same commit: the same files, the same person, the same second.
    let (theirs, own) = (commits(&open.repo), commits(&closed.repo));
    let names = [&closed.uuid, &closed.mission_id, "beside", "closed-"].map(str::to_owned);
    let events = events(&closed);
    assert!(events.len() >= 8, "{events:?}");
    for private in own.difference(&theirs).chain(&names).chain(&events) {
        assert!(!said.contains(private), "{private} left");
    }
    stayed_at_home(&closed);
}

#[test]
fn another_clone_of_the_same_project_sends_no_byte_until_it_is_asked_itself() {
    let scratch = Scratch::new();
    let ear = Ear::hub();
    let (open, agent_of_open) = hooked(&scratch);
    enable(&open, &ear.url(), &[]);
    work(&open, &agent_of_open, "open");
    open.pawtrail.data(&open.repo, &["sync", "now"]);
    let shared = commits(&open.repo);
    // The same project, mission and branch, and the same hub that waits for it.
    let closed = Project {
        repo: scratch.clone_of(&open.repo, "second"),
        pawtrail: Pawtrail::new(&scratch, BINARY),
        uuid: open.uuid.clone(),
        mission_id: open.mission_id.clone(),
        ledger: open.ledger.clone(),
        dir: open.dir.clone(),
        path: open.path.clone(),
    };
    let fetch = format!("{0}:{0}", open.branch());
    closed.repo.git(&["fetch", "-q", "origin", &fetch]);
    closed.pawtrail.data(&closed.repo, &["init", "--hooks"]);
    let agent_of_closed = closed.repo.worktree("agent-second", closed.branch());
    work(&closed, &agent_of_closed, "closed");
    crate::support::moves(&closed, "WP01", &["planned"]);
    provoke(&closed, "the second clone");
    work(&open, &agent_of_open, "open-again");
    open.pawtrail.data(&open.repo, &["sync", "now"]);
    std::thread::sleep(WHILE);
    let said = all(&ear);
    let own = commits(&closed.repo);
    let mine: BTreeSet<&String> = own.difference(&shared).collect();
    assert!(mine.len() >= 3, "{mine:?}");
    let events = events(&closed);
    let known = self::events(&open);
    let fresh: BTreeSet<&String> = events.difference(&known).collect();
    assert!(fresh.len() >= 3, "{fresh:?}");
    for private in mine.iter().chain(&fresh) {
        assert!(!said.contains(private.as_str()), "{private} left");
    }
    stayed_at_home(&closed);
    // Asked itself, it sends what it has.
    enable(&closed, &ear.url(), &[]);
    closed.pawtrail.data(&closed.repo, &["sync", "now"]);
    let said = all(&ear);
    assert!(mine.iter().all(|commit| said.contains(commit.as_str())));
    assert!(sync_dir(&closed.repo).join("egress.jsonl").exists());
}
