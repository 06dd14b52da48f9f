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
            // Another one of that name is another directory.
            let gone = away && self.dirs().remove(path);
            let sound = self.sound(path, gone);
            sounds.extend(sound.filter(|sound| !sounds.contains(sound)));
        }
        sounds
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
