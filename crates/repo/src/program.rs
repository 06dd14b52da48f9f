//! Running the git executable: no shell, no hooks, no prompts, plain messages, everything flushed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use gix::ObjectId;

use crate::checkouts::Checkout;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::project::Project;

/// What a caller's git may have told us about itself and its own repository.
const FOREIGN: [&str; 22] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// How much of git's words an error holds. In characters.
const MAX_WORDS: usize = 4_000;

/// One call of git.
pub(crate) struct Git {
    command: Command,
    verb: String,
    kept: Option<File>,
}

/// The end of a call.
pub(crate) struct Answer {
    pub(crate) succeeded: bool,
    pub(crate) output: Vec<u8>,
    /// What git said about a failure, in English.
    pub(crate) words: String,
}

impl Git {
    /// A call that concerns the clone, and no worktree.
    pub(crate) fn new(project: &Project) -> Self {
        Self::build(project, project.common_dir(), None)
    }

    /// A call that concerns the worktree.
    pub(crate) fn at(project: &Project, checkout: &Checkout) -> Self {
        Self::build(project, &checkout.git_dir, Some(&checkout.root))
    }

    /// A call in the worktree that the project was found in, whose root is `root`.
    pub(crate) fn here(project: &Project, root: &Path) -> Self {
        Self::build(project, project.git_dir(), Some(root))
    }

    /// A call in the name of a worktree's HEAD that needs no files.
    pub(crate) fn beside(project: &Project, checkout: Option<&Checkout>) -> Self {
        let git_dir = checkout.map_or(project.common_dir(), |checkout| &checkout.git_dir);
        Self::build(project, git_dir, None)
    }

    /// A call that concerns the worktree or clone of this git directory, and no files.
    pub(crate) fn in_dir(project: &Project, git_dir: &Path) -> Self {
        Self::build(project, git_dir, None)
    }

    fn build(project: &Project, git_dir: &Path, work_tree: Option<&Path>) -> Self {
        // A directory that nobody makes is the portable way to say that there are no hooks.
        let no_hooks = project.state_dir().join("no-hooks");
        let mut hooks = std::ffi::OsString::from("core.hooksPath=");
        hooks.push(&no_hooks);
        let mut command = Command::new("git");
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .arg("-c")
            .arg(hooks)
            .args(["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"])
            .args(["-c", "core.safecrlf=false"])
            .args(["-c", "i18n.commitEncoding=UTF-8"])
            .arg("--git-dir")
            .arg(git_dir)
            .current_dir(work_tree.unwrap_or(git_dir));
        if let Some(root) = work_tree {
            command.arg("--work-tree").arg(root);
        }
        Self {
            command,
            verb: String::new(),
            kept: None,
        }
    }

    pub(crate) fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        if self.verb.is_empty() {
            self.verb = arg.as_ref().to_string_lossy().into_owned();
        }
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Self {
        for arg in args {
            self.arg(arg);
        }
        self
    }

    pub(crate) fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Lets the attributes be those of a commit, where one is given, and not those on disk.
    pub(crate) fn attributes_of(&mut self, commit: Option<ObjectId>) -> &mut Self {
        match commit {
            Some(commit) => self.env("GIT_ATTR_SOURCE", commit.to_string()),
            None => self,
        }
    }

    /// Lets git have an open file until it ends, in place of its standard output: for a call that prints nothing.
    pub(crate) fn keeping(&mut self, file: File) -> &mut Self {
        self.kept = Some(file);
        self
    }

    /// Runs it.
    pub(crate) fn run(&mut self, input: &[u8]) -> Result<Answer> {
        let program = Path::new("git");
        let stdout = self.kept.take().map_or_else(Stdio::piped, Stdio::from);
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .at("run", program)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // Beside the reading, so that neither side waits for the other.
            scope.spawn(move || {
                // A program that ends without reading says why by itself.
                stdin.map(|mut stdin| stdin.write_all(input))
            });
            child.wait_with_output()
        })
        .at("wait for", program)?;
        Ok(Answer {
            succeeded: output.status.success(),
            output: output.stdout,
            words: String::from_utf8_lossy(&output.stderr)
                .trim()
                .chars()
                .take(MAX_WORDS)
                .collect(),
        })
    }

    /// Runs it and returns what it printed; a failure is an error with git's words.
    pub(crate) fn expect(&mut self, input: &[u8]) -> Result<Vec<u8>> {
        let answer = self.run(input)?;
        if answer.succeeded {
            return Ok(answer.output);
        }
        Err(Error::Git {
            action: format!("git {}", self.verb),
            message: if answer.words.is_empty() {
                "it gave no reason".to_owned()
            } else {
                answer.words
            },
        })
    }

    /// Runs it and returns the object that it printed.
    pub(crate) fn object(&mut self, input: &[u8]) -> Result<ObjectId> {
        let output = self.expect(input)?;
        ObjectId::from_hex(output.trim_ascii()).git("reading an object's name")
    }
}

/// Reads a blob, fetched first where the clone is partial and lacks it.
pub(crate) fn blob(project: &Project, id: ObjectId) -> Result<Vec<u8>> {
    Git::new(project)
        .args(["cat-file", "blob", &id.to_string()])
        .expect(b"")
}
