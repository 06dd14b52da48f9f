//! A scratch repository, read and written by the git executable: the oracle of our tests.

use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::process::{self, Output};

/// A checkout (or bare repository) in a scratch area.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    env: Env,
}

impl Repo {
    pub(crate) fn new(root: PathBuf, env: Env) -> Self {
        Self { root, env }
    }

    /// Returns the repository at a path relative to this one's root: a submodule, or a clone beside it.
    pub fn at(&self, path: &str) -> Self {
        Self::new(self.root.join(path), self.env.clone())
    }

    /// Returns the checkout's root.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns the environment of its commands.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Runs git here and returns its standard output.
    ///
    /// # Panics
    /// With all that git printed, when it fails.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        self.try_git(args).expect_status(0).stdout
    }

    /// Runs git here, whatever comes of it.
    pub fn try_git(&self, args: &[&str]) -> Output {
        process::run(self.env.command("git").current_dir(&self.root).args(args))
    }

    /// Runs a program in this checkout with the git directory mounted read-only, as the sandboxes of agents do it (Linux).
    pub fn run_closed(&self, program: &str, args: &[&str]) -> Output {
        const MOUNTED: &str =
            "mount --bind .git .git && mount -o remount,ro,bind .git && exec \"$@\"";
        let mut command = self.env.command("unshare");
        command
            .args(["-m", "sh", "-c", MOUNTED, "sh", program])
            .args(args)
            .current_dir(&self.root);
        process::run(&mut command)
    }

    /// Says whether [`Self::run_closed`] works for this user, which only root's does; aloud where not.
    #[allow(clippy::print_stderr)]
    pub fn can_be_closed(&self) -> bool {
        let probe = self.run_closed("true", &[]);
        if probe.status != 0 {
            eprintln!(
                "SKIPPED: nobody but root can mount: {}",
                probe.stderr.trim()
            );
        }
        probe.status == 0
    }

    /// Adds a linked worktree beside this checkout, on `branch`, which is made where missing.
    #[track_caller]
    pub fn worktree(&self, name: &str, branch: &str) -> Self {
        let root = self.root.parent().expect("a parent").join(name);
        let path = root.to_string_lossy().into_owned();
        if self.rev(&format!("refs/heads/{branch}")).is_some() {
            self.git(&["worktree", "add", "-q", &path, branch]);
        } else {
            self.git(&["worktree", "add", "-q", "-b", branch, &path]);
        }
        Self::new(root, self.env.clone())
    }

    /// Writes a file; its directories are made.
    #[track_caller]
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.root.join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("can't write {path}: {error}"));
    }

    /// Reads a file; `None` where it isn't there.
    #[track_caller]
    pub fn read(&self, path: &str) -> Option<String> {
        match std::fs::read_to_string(self.root.join(path)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("can't read {path}: {error}"),
        }
    }

    /// Writes a file and commits it alone; returns the commit.
    #[track_caller]
    pub fn commit_file(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text);
        self.git(&["add", "--", path]);
        self.git(&["commit", "-q", "-m", message, "--", path]);
        self.rev("HEAD").expect("a commit")
    }

    /// Writes `count` small files in folders of 100 and commits them.
    #[track_caller]
    pub fn many_files(&self, count: usize) {
        for at in 0..count {
            self.write(
                &format!("src/part-{:03}/file-{at:05}.txt", at / 100),
                format!("file {at}\n"),
            );
        }
        self.git(&["add", "src"]);
        self.git(&["commit", "-q", "-m", &format!("Add {count} files")]);
    }

    /// Returns `git status --porcelain=v2` with each untracked file, without touching the index.
    #[track_caller]
    pub fn status_v2(&self) -> String {
        self.git(&[
            "--no-optional-locks",
            "status",
            "--porcelain=v2",
            "--untracked-files=all",
        ])
    }

    /// Returns the index entries: mode, object, stage and path of each.
    #[track_caller]
    pub fn index_entries(&self) -> String {
        self.git(&["ls-files", "-s"])
    }

    /// Returns the stash, one entry a line with its commit.
    #[track_caller]
    pub fn stash_list(&self) -> String {
        self.git(&["stash", "list", "--format=%H %gd %gs"])
    }

    /// Fails the test unless `git fsck` finds the repository sound.
    #[track_caller]
    pub fn fsck(&self) {
        let output = self.try_git(&["fsck", "--full", "--strict", "--no-dangling"]);
        assert!(
            output.status == 0 && output.stdout.is_empty(),
            "the repository is damaged\n{output}"
        );
    }

    /// Returns a file as it stands in a commit; `None` where the commit or the file isn't there.
    pub fn read_at(&self, revision: &str, path: &str) -> Option<String> {
        let output = self.try_git(&["cat-file", "blob", &format!("{revision}:{path}")]);
        (output.status == 0).then_some(output.stdout)
    }

    /// Returns the commit that a revision names; `None` where there is none.
    pub fn rev(&self, revision: &str) -> Option<String> {
        let name = format!("{revision}^{{commit}}");
        let output = self.try_git(&["rev-parse", "-q", "--verify", &name]);
        (output.status == 0).then(|| output.stdout.trim().to_owned())
    }

    /// Returns the git directory that all worktrees share.
    #[track_caller]
    pub fn common_dir(&self) -> PathBuf {
        common_dir(&self.env, &self.root).expect("a repository")
    }
}

/// Asks git for the common directory of `dir`; `None` where `dir` is in no repository.
pub(crate) fn common_dir(env: &Env, dir: &Path) -> Option<PathBuf> {
    if !dir.is_dir() {
        return None;
    }
    let output = process::run(env.command("git").current_dir(dir).args([
        "rev-parse",
        "--path-format=absolute",
        "--git-common-dir",
    ]));
    (output.status == 0).then(|| PathBuf::from(output.stdout.trim_end()))
}

#[cfg(test)]
mod tests {
    use crate::Scratch;

    #[test]
    fn worktrees_share_their_common_directory() {
        let scratch = Scratch::new();
        let main = scratch.repo("main");
        let other = main.worktree("other", "topic");
        assert_eq!(main.common_dir(), other.common_dir());
        assert_eq!(other.git(&["branch", "--show-current"]).trim(), "topic");
    }

    #[test]
    fn files_are_read_on_disk_and_in_commits() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        let commit = repo.commit_file("a/b.txt", "one\n", "Add b");
        repo.write("a/b.txt", "two\n");
        assert_eq!(repo.read("a/b.txt").as_deref(), Some("two\n"));
        assert_eq!(repo.read_at(&commit, "a/b.txt").as_deref(), Some("one\n"));
        assert_eq!(repo.read_at(&commit, "a/c.txt"), None);
        assert!(repo.status_v2().contains("a/b.txt"));
    }

    #[test]
    fn many_files_are_as_many_as_asked() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        repo.many_files(205);
        assert_eq!(repo.index_entries().lines().count(), 206);
        repo.fsck();
    }

    #[test]
    #[should_panic(expected = "unknown-verb")]
    fn a_failing_git_fails_the_test_with_its_words() {
        Scratch::new().repo("r").git(&["unknown-verb"]);
    }

    #[test]
    fn a_clone_and_a_bare_repository_are_made() {
        let scratch = Scratch::new();
        let origin = scratch.bare("origin.git");
        let repo = scratch.repo("r");
        let url = origin.path().to_string_lossy().into_owned();
        repo.git(&["push", "-q", &url, "main"]);
        let clone = scratch.clone_of(&origin, "clone");
        assert_eq!(clone.rev("HEAD"), repo.rev("HEAD"));
    }
}
