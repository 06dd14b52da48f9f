//! What hub and clone have at the end, each asked in its own way.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use pawtrail_testkit::{Project, Repo};

/// Returns the commits in a hub's store, in the order of receipt.
pub(crate) fn stored(store: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(store).unwrap();
    db.busy_timeout(Duration::from_secs(30)).unwrap();
    let mut statement = db
        .prepare("SELECT git_hash FROM commits ORDER BY sequence")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Returns the commits of a branch that `main` doesn't have, oldest first.
pub(crate) fn ancestry(repo: &Repo, branch: &str) -> Vec<String> {
    let range = [
        "rev-list",
        "--reverse",
        "--topo-order",
        branch,
        "--not",
        "main",
    ];
    repo.git(&range).lines().map(str::to_owned).collect()
}

/// Fails unless the hub has each commit of the branches once, in ancestry order per branch, and nothing waits.
#[track_caller]
pub(crate) fn judge(project: &Project, store: &Path, branches: &[&str], what: &str) {
    let stored = stored(store);
    let mut expected = 0;
    for branch in branches {
        let ancestry = ancestry(&project.repo, branch);
        let wanted: BTreeSet<&String> = ancestry.iter().collect();
        let came: Vec<&String> = stored.iter().filter(|hash| wanted.contains(hash)).collect();
        assert!(
            came.iter().copied().eq(&ancestry),
            "{what}: {branch}\ncame {came:#?}\nmade {ancestry:#?}"
        );
        expected += ancestry.len();
    }
    assert_eq!(stored.len(), expected, "{what}: each once and nothing else");
    assert_eq!(project.pending(), Vec::<String>::new(), "{what}");
    let status = project.status();
    assert_eq!(
        (&status["pending"], &status["set_aside"]),
        (&0.into(), &0.into()),
        "{what}: {status:#}"
    );
}

/// Returns the most memory that a process had, in MiB; nothing where the system doesn't say.
pub(crate) fn peak_mib(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib.div_ceil(1024))
}

/// Returns a number from the environment: the size of a test that is small in the gate.
pub(crate) fn size(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => usual,
    }
}
