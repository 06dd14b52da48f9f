//! What the system tells of changes: in the directories of refs, and of what makes a courier's stay allowed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// More directories than this are looked at from time to time: systems set a limit to what all programs watch together.
const MAX_DIRS: usize = 1_000;
/// Files beside the refs that say where a ref points.
const NAMES: [&str; 3] = ["HEAD", "packed-refs", "tables.list"];
/// Files by whose change a yes to sync changes.
const CONSENT: [&str; 2] = ["consent.json", "token"];

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// The refs, or their directories.
    Refs,
    /// The consent, or the clone's private state as a whole.
    House,
}

/// Hears of changes, as far as the system can tell.
pub(super) struct Ears {
    watcher: Option<RecommendedWatcher>,
    heard: Arc<Heard>,
    trouble: Option<String>,
}

/// What is listened to. The system's own thread asks here what a change means.
struct Heard {
    /// The clone's private state.
    state_dir: PathBuf,
    dirs: Mutex<BTreeSet<PathBuf>>,
}

impl Ears {
    /// Starts to listen, to nothing yet. `tell` is called by a thread of its own.
    pub(super) fn new(state_dir: &Path, tell: impl Fn(Sound) + Send + 'static) -> Self {
        let heard = Arc::new(Heard {
            state_dir: state_dir.to_owned(),
            dirs: Mutex::default(),
        });
        let inner = Arc::clone(&heard);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for sound in inner.sounds(event) {
                tell(sound);
            }
        });
        let (watcher, trouble) = match watcher {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            watcher,
            heard,
            trouble,
        }
    }

    /// Listens to these directories, those of the private state, and no others. One that is gone again is left out.
    /// Returns whether any of them is new.
    pub(super) fn listen(&mut self, refs: impl IntoIterator<Item = PathBuf>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let mut new = false;
        let state = &self.heard.state_dir;
        let mut wanted: BTreeSet<PathBuf> = refs.into_iter().collect();
        wanted.extend([state.clone(), state.join("sync"), state.join("locks")]);
        self.trouble = (wanted.len() > MAX_DIRS).then(|| {
            format!(
                "{} directories of refs are too many to be watched",
                wanted.len()
            )
        });
        if self.trouble.is_some() {
            wanted.clear();
        }
        let known = self.heard.dirs().clone();
        for dir in known.difference(&wanted) {
            // It may be gone, and then nothing is watched any more.
            let _ = watcher.unwatch(dir);
            self.heard.dirs().remove(dir);
        }
        for dir in wanted.difference(&known) {
            // What was moved away with the directory above it is watched under its old name.
            let _ = watcher.unwatch(dir);
            // Known first: what happens from now on is of a watched directory.
            self.heard.dirs().insert(dir.clone());
            match watcher.watch(dir, RecursiveMode::NonRecursive) {
                Ok(()) => new = true,
                Err(error) => {
                    self.heard.dirs().remove(dir);
                    if dir.exists() {
                        self.trouble = Some(error.to_string());
                    }
                }
            }
        }
        new
    }

    /// Forgets what it listens to: it missed something, so the next call of [`Self::listen`] begins anew.
    pub(super) fn forget(&mut self) {
        let known = std::mem::take(&mut *self.heard.dirs());
        for dir in known {
            if let Some(watcher) = &mut self.watcher {
                let _ = watcher.unwatch(&dir);
            }
        }
    }

    /// Why changes aren't heard of, if they aren't.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

impl Heard {
    fn dirs(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.dirs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sounds(&self, event: notify::Result<Event>) -> Vec<Sound> {
        let event = match event {
            Ok(event) if !event.need_rescan() => event,
            // Something was lost on the way: anything may have changed.
            Ok(_) | Err(_) => return vec![Sound::Refs, Sound::House],
        };
        let away = match event.kind {
            EventKind::Access(_) => return Vec::new(),
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => true,
            EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Other => {
                false
            }
        };
        let mut sounds = Vec::new();
        for path in &event.paths {
            // Another one of that name is another directory, and so are those in it, of which nothing is told.
            let gone = away && self.lose(path);
            let sound = self.sound(path, gone);
            sounds.extend(sound.filter(|sound| !sounds.contains(sound)));
        }
        sounds
    }

    /// Forgets a directory and those in it. Returns whether it was listened to.
    fn lose(&self, path: &Path) -> bool {
        let mut dirs = self.dirs();
        let known = dirs.contains(path);
        if known {
            dirs.retain(|dir| !dir.starts_with(path));
        }
        known
    }

    /// What a change of this path means.
    fn sound(&self, path: &Path, gone: bool) -> Option<Sound> {
        let name = path.file_name()?.to_str()?;
        if path.starts_with(&self.state_dir) {
            return (gone || CONSENT.contains(&name)).then_some(Sound::House);
        }
        // Git locks a ref, writes beside it, and then gives it its name.
        if name.ends_with(".lock") {
            return None;
        }
        let dir = path.parent()?;
        let is_common = self.state_dir.parent() == Some(dir);
        let counts = gone
            || !is_common
            || NAMES.contains(&name)
            || ["refs", "reftable", "worktrees"].contains(&name);
        counts.then_some(Sound::Refs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;

    fn ears(common_dir: &Path) -> (Ears, Receiver<Sound>) {
        let state_dir = common_dir.join("pawtrail");
        for dir in ["sync", "locks"] {
            std::fs::create_dir_all(state_dir.join(dir)).unwrap();
        }
        let (tell, heard) = channel();
        let ears = Ears::new(&state_dir, move |sound| {
            // Nobody listens any more where the test is over.
            let _ = tell.send(sound);
        });
        (ears, heard)
    }

    /// What is heard until nothing more is.
    fn rest(sounds: &Receiver<Sound>) -> Vec<Sound> {
        let more = || sounds.recv_timeout(Duration::from_millis(300)).ok();
        std::iter::from_fn(more).collect()
    }

    /// The same, where something must be heard.
    fn heard(sounds: &Receiver<Sound>) -> Vec<Sound> {
        let mut all = vec![sounds.recv_timeout(Duration::from_secs(30)).unwrap()];
        all.extend(rest(sounds));
        all.dedup();
        all
    }

    /// Gives a file its place as git and we do: whole, and in one step.
    fn put(root: &Path, name: &str) {
        let unheard = root.join("unheard");
        std::fs::create_dir_all(&unheard).unwrap();
        std::fs::write(unheard.join("file"), "x").unwrap();
        std::fs::rename(unheard.join("file"), root.join(name)).unwrap();
    }

    #[test]
    fn only_what_may_move_a_ref_or_change_consent_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(dir.path()).unwrap();
        let heads = root.join("refs/heads");
        std::fs::create_dir_all(&heads).unwrap();
        let (mut ears, sounds) = ears(&root);
        assert!(ears.listen([root.clone(), heads.clone()]));
        assert!(!ears.listen([root.clone(), heads.clone()]), "nothing new");
        rest(&sounds);
        // What comes next is told, so what came before it was not.
        for name in ["index", "index.lock"] {
            std::fs::write(root.join(name), "x").unwrap();
        }
        std::fs::read_dir(&heads).unwrap();
        put(&root, "pawtrail/sync/consent.json");
        assert_eq!(heard(&sounds), [Sound::House]);
        for name in ["pawtrail/sync/egress.jsonl", "pawtrail/queue.db"] {
            std::fs::write(root.join(name), "x").unwrap();
        }
        put(&root, "HEAD");
        assert_eq!(heard(&sounds), [Sound::Refs]);
        for (name, sound) in [
            ("HEAD", Sound::Refs),
            ("packed-refs", Sound::Refs),
            ("refs/heads/main", Sound::Refs),
            ("pawtrail/sync/consent.json", Sound::House),
            ("pawtrail/sync/token", Sound::House),
        ] {
            put(&root, name);
            assert_eq!(heard(&sounds), [sound], "{name}");
        }
        std::fs::remove_dir_all(root.join("pawtrail/sync")).unwrap();
        assert!(heard(&sounds).contains(&Sound::House));
    }

    #[test]
    fn a_directory_that_took_the_place_of_another_is_listened_to_anew() {
        let dir = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(dir.path()).unwrap();
        let heads = root.join("refs/heads");
        std::fs::create_dir_all(&heads).unwrap();
        let (mut ears, sounds) = ears(&root);
        let refs = root.join("refs");
        ears.listen([refs.clone(), heads.clone()]);
        std::fs::remove_dir(&heads).unwrap();
        assert_eq!(heard(&sounds), [Sound::Refs]);
        std::fs::create_dir(&heads).unwrap();
        assert!(ears.listen([refs, heads.clone()]));
        rest(&sounds);
        std::fs::write(heads.join("main"), "x").unwrap();
        assert_eq!(heard(&sounds), [Sound::Refs]);
    }

    #[test]
    fn too_many_directories_are_not_listened_to_and_the_reason_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(dir.path()).unwrap();
        let (mut ears, _sounds) = ears(&root);
        let many = (0..=MAX_DIRS).map(|at| root.join(at.to_string()));
        assert!(!ears.listen(many));
        assert!(ears.trouble().unwrap().contains("too many"));
        assert!(ears.listen([root]));
        assert_eq!(ears.trouble(), None);
    }
}
