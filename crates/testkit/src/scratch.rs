//! One test's area on disk, with everything that may live in it, gone when the test ends.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::env::Env;
use crate::leftovers;
use crate::process;
use crate::repo::Repo;

/// A scratch area. Its repositories, homes and processes end with it.
#[derive(Debug)]
pub struct Scratch {
    dir: Option<TempDir>,
    root: PathBuf,
    env: Env,
    repos: Mutex<Vec<PathBuf>>,
    binary: Mutex<Option<PathBuf>>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// Makes an empty area.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("pt-")
            .tempdir()
            .expect("temporary directory");
        let root = real(dir.path());
        Self {
            env: Env::new(&root),
            dir: Some(dir),
            root,
            repos: Mutex::default(),
            binary: Mutex::default(),
        }
    }

    /// Returns the area's directory, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns the environment of its processes.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Makes a repository with one commit on `main`.
    pub fn repo(&self, name: &str) -> Repo {
        let repo = self.empty_repo(name);
        repo.write("README.md", "# Scratch\n");
        repo.git(&["add", "README.md"]);
        repo.git(&["commit", "-q", "-m", "Start"]);
        repo
    }

    /// Makes a repository without a commit.
    pub fn empty_repo(&self, name: &str) -> Repo {
        self.init(name, &["init", "-q"])
    }

    /// Makes an empty bare repository.
    pub fn bare(&self, name: &str) -> Repo {
        self.init(name, &["init", "-q", "--bare"])
    }

    /// Clones `from` into a new directory.
    pub fn clone_of(&self, from: &Repo, name: &str) -> Repo {
        let repo = Repo::new(self.root.join(name), self.env.clone());
        let root = repo.path().to_string_lossy().into_owned();
        from.git(&["clone", "-q", ".", &root]);
        self.register(&repo);
        repo
    }

    fn init(&self, name: &str, args: &[&str]) -> Repo {
        let root = self.root.join(name);
        std::fs::create_dir_all(&root).expect("repository directory");
        let repo = Repo::new(root, self.env.clone());
        repo.git(args);
        self.register(&repo);
        repo
    }

    fn register(&self, repo: &Repo) {
        lock(&self.repos).push(repo.path().to_owned());
    }

    pub(crate) fn uses(&self, binary: &Path) {
        *lock(&self.binary) = Some(binary.to_owned());
    }

    /// Returns the files in the area that lie in no repository: what a command left in the home,
    /// runtime or temporary directory.
    pub fn stray_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for dir in ["home", "run", "tmp"] {
            walk(&self.root.join(dir), &mut found);
        }
        found.retain(|path| *path != self.root.join("home/gitconfig"));
        found.sort();
        found
    }

    /// Returns the command lines of the area's processes that are alive (always empty on Windows).
    pub fn processes(&self) -> Vec<String> {
        leftovers::find(&self.root)
            .into_iter()
            .map(|process| process.command)
            .collect()
    }

    /// Ends each courier of the area at once, as a crash would (on Windows none is found). Returns how many there were.
    pub fn kill_couriers(&self) -> usize {
        let couriers = self.couriers();
        for pid in &couriers {
            leftovers::kill(*pid);
        }
        couriers.len()
    }

    /// Returns the process ids of the area's couriers.
    pub fn couriers(&self) -> Vec<u32> {
        let mut found = leftovers::find(&self.root);
        found.retain(|process| process.command.contains(" sync run"));
        found.into_iter().map(|process| process.pid).collect()
    }

    /// Stops each courier; says which didn't obey.
    fn stop_couriers(&self) -> Vec<String> {
        let Some(binary) = lock(&self.binary).clone() else {
            return Vec::new();
        };
        let mut trouble = Vec::new();
        for repo in lock(&self.repos).iter() {
            let common = crate::repo::common_dir(&self.env, repo);
            if !common.is_some_and(|dir| dir.join("pawtrail/sync").is_dir()) {
                continue;
            }
            let mut command = self.env.command(&binary);
            let output = process::run(command.arg("-C").arg(repo).args(["sync", "stop"]));
            if output.status != 0 {
                trouble.push(output.to_string());
            }
        }
        trouble
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut trouble = if std::thread::panicking() {
            Vec::new()
        } else {
            self.stop_couriers()
        };
        let end = Instant::now() + Duration::from_secs(30);
        let mut alive = leftovers::find(&self.root);
        while !alive.is_empty() && !std::thread::panicking() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
            alive = leftovers::find(&self.root);
        }
        for leftover in &alive {
            trouble.push(format!("still running: {}", leftover.command));
            leftovers::end(leftover);
        }
        let removed = self.dir.take().map_or(Ok(()), TempDir::close);
        if std::thread::panicking() {
            return;
        }
        if let (Err(error), true) = (removed, trouble.is_empty()) {
            trouble.push(format!("can't remove {}: {error}", self.root.display()));
        }
        assert!(
            trouble.is_empty(),
            "the test left something behind:\n{}",
            trouble.join("\n")
        );
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// macOS reaches its temporary directory through a link, and git prints the real path.
#[cfg(unix)]
fn real(path: &Path) -> PathBuf {
    path.canonicalize().expect("real path")
}

/// Windows would answer with a verbatim path (`\\?\`), which git doesn't understand.
#[cfg(not(unix))]
fn real(path: &Path) -> PathBuf {
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_repository_is_git_and_ends_with_its_area() {
        let scratch = Scratch::new();
        let repo = scratch.repo("one");
        assert_eq!(repo.git(&["branch", "--show-current"]).trim(), "main");
        assert_eq!(
            repo.git(&["log", "--format=%an <%ae>"]).trim(),
            "Robin Example <robin@example.test>"
        );
        assert_eq!(repo.status_v2(), "");
        assert!(scratch.stray_files().is_empty());
        let root = scratch.path().to_owned();
        drop(scratch);
        assert!(!root.exists());
    }

    /// Windows has no list of other processes' environments to look in.
    #[cfg(unix)]
    #[test]
    fn a_process_that_outlives_its_test_is_found_and_ended() {
        let scratch = Scratch::new();
        let mut child = scratch.env().command("sleep").arg("600").spawn().unwrap();
        // Between fork and exec it still carries this test's environment.
        let end = Instant::now() + Duration::from_secs(30);
        while scratch.processes().is_empty() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(scratch.processes(), ["sleep 600"]);
        let failed = std::thread::spawn(move || drop(scratch))
            .join()
            .unwrap_err();
        let text = failed.downcast_ref::<String>().unwrap();
        assert!(text.contains("still running: sleep 600"), "{text}");
        assert!(!child.wait().unwrap().success());
    }
}
