//! A cheap look whether refs may have changed: the times of their directories, no content.
//!
//! Git writes a ref by renaming a lock file, which changes the time of its directory; a commit by
//! any tool is noticed so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Two changes within this time may show the same stamp, where times are fine.
const FINE: Duration = Duration::from_millis(100);
/// The same, where the file system keeps whole seconds.
const COARSE: Duration = Duration::from_millis(2_100);

type Stamp = (Option<SystemTime>, u64);

/// What the refs looked like the last time.
pub(crate) struct Watch {
    common_dir: PathBuf,
    seen: BTreeMap<PathBuf, Stamp>,
    /// The directories among them.
    dirs: Vec<PathBuf>,
    /// The last change was so fresh that another one could hide behind the same stamp, for so long.
    fresh: Option<Duration>,
}

impl Watch {
    /// Starts to watch; the first look always finds a change.
    pub(crate) fn new(common_dir: &Path) -> Self {
        Self {
            common_dir: common_dir.to_owned(),
            seen: BTreeMap::new(),
            dirs: Vec::new(),
            fresh: Some(Duration::ZERO),
        }
    }

    /// Tells whether the refs may have changed since the last look.
    pub(crate) fn changed(&mut self) -> bool {
        self.changed_at(SystemTime::now())
    }

    /// The same at a time that is not after the look: what it doesn't see any more may hide behind what is fresh then.
    fn changed_at(&mut self, now: SystemTime) -> bool {
        let same = !self.seen.is_empty()
            && self
                .seen
                .iter()
                .all(|(path, before)| stamp(path) == *before);
        if same && self.fresh.is_none() {
            return false;
        }
        self.look();
        self.fresh = self
            .seen
            .values()
            .filter_map(|(time, _)| fresh_for(*time, now))
            .max();
        true
    }

    /// How soon another look is needed, because a change could hide behind the last one.
    pub(crate) fn unsettled(&self) -> Option<Duration> {
        self.fresh
    }

    /// The directories in which a change of refs shows.
    pub(crate) fn dirs(&self) -> impl Iterator<Item = PathBuf> {
        self.dirs.iter().cloned()
    }

    fn look(&mut self) {
        let mut dirs = vec![self.common_dir.clone()];
        let mut found = BTreeMap::new();
        for name in ["HEAD", "packed-refs", "reftable", "refs", "worktrees"] {
            let path = self.common_dir.join(name);
            found.insert(path.clone(), stamp(&path));
        }
        for name in ["reftable", "refs", "worktrees"] {
            let dir = self.common_dir.join(name);
            dirs.extend(dir.is_dir().then_some(dir));
        }
        for dir in directories(&self.common_dir.join("worktrees")) {
            let head = dir.join("HEAD");
            found.insert(head.clone(), stamp(&head));
            dirs.push(dir);
        }
        let mut open = vec![
            self.common_dir.join("refs").join("heads"),
            self.common_dir.join("refs").join("remotes"),
        ];
        while let Some(dir) = open.pop() {
            // The stamp first: what comes in between is then seen at the next look.
            found.insert(dir.clone(), stamp(&dir));
            open.extend(directories(&dir));
            dirs.extend(dir.is_dir().then_some(dir));
        }
        self.seen = found;
        self.dirs = dirs;
    }
}

fn stamp(path: &Path) -> Stamp {
    fs::metadata(path).map_or((None, 0), |meta| (meta.modified().ok(), meta.len()))
}

/// The directories in one. Where it can't be listed, its own stamp still tells that something has changed.
fn directories(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

/// How long another change could hide behind one of this time; nothing where none can any more.
fn fresh_for(time: Option<SystemTime>, now: SystemTime) -> Option<Duration> {
    let time = time?;
    let coarse = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .is_ok_and(|since| since.subsec_nanos() == 0);
    let limit = if coarse { COARSE } else { FINE };
    // A time in the future is a change since then, or a clock that jumped: look again rather than miss something.
    match now.duration_since(time) {
        Ok(age) => limit.checked_sub(age).filter(|left| !left.is_zero()),
        Err(_) => Some(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(watch: &mut Watch) {
        crate::testing::eventually("at rest", || !watch.changed());
    }

    fn update(dir: &Path, name: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lock = path.with_extension("lock");
        fs::write(&lock, "x").unwrap();
        fs::rename(&lock, &path).unwrap();
    }

    #[test]
    fn each_way_to_change_a_ref_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        update(root, "HEAD");
        update(root, "refs/heads/main");
        let mut watch = Watch::new(root);
        settle(&mut watch);
        assert!(!watch.changed());
        for name in [
            "refs/heads/main",
            "refs/heads/kitty/mission-a",
            "refs/heads/kitty/mission-a",
            "refs/remotes/origin/main",
            "packed-refs",
            "reftable/tables.list",
            "HEAD",
            "worktrees/other/HEAD",
        ] {
            update(root, name);
            assert!(watch.changed(), "{name}");
            settle(&mut watch);
        }
        fs::remove_file(root.join("refs/heads/main")).unwrap();
        assert!(watch.changed());
    }

    #[test]
    fn a_fresh_change_is_looked_at_twice() {
        let dir = tempfile::tempdir().unwrap();
        update(dir.path(), "refs/heads/main");
        let (made, _) = stamp(&dir.path().join("refs/heads"));
        let after = |ms| made.unwrap() + Duration::from_millis(ms);
        let mut watch = Watch::new(dir.path());
        assert!(watch.changed_at(after(50)));
        assert!(watch.unsettled().is_some());
        // The second look, for what hides; nothing can hide behind what was there so long before it.
        assert!(watch.changed_at(after(10_000)));
        assert_eq!(watch.unsettled(), None);
        assert!(!watch.changed_at(after(10_000)));
    }

    /// However long the look takes: its own end says nothing of what it saw.
    #[test]
    fn what_changes_during_a_look_is_looked_at_again() {
        let dir = tempfile::tempdir().unwrap();
        let before = SystemTime::now();
        update(dir.path(), "refs/heads/main");
        let mut watch = Watch::new(dir.path());
        watch.changed_at(before - Duration::from_secs(1));
        assert!(watch.unsettled().is_some());
        assert!(watch.changed());
    }
}
