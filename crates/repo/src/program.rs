//! Running the git executable: no shell, no hooks, no prompts, plain messages, everything flushed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gix::ObjectId;

use crate::checkout::Checkout;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::project::Project;
use crate::variables;

/// How much of git's words an error holds. In characters.
const MAX_WORDS: usize = 4_000;

/// One call of git.
pub(crate) struct Git {
    command: Command,
    verb: String,
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
        Self::with_state(&project.state_dir(), git_dir, work_tree)
    }

    fn with_state(state: &Path, git_dir: &Path, work_tree: Option<&Path>) -> Self {
        // A directory that nobody makes is the portable way to say that there are no hooks.
        let no_hooks = state.join("no-hooks");
        let mut hooks = std::ffi::OsString::from("core.hooksPath=");
        hooks.push(&no_hooks);
        let mut command = Command::new("git");
        for name in variables::FOREIGN {
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

    /// Runs it.
    pub(crate) fn run(&mut self, input: &[u8]) -> Result<Answer> {
        let program = Path::new("git");
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
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
            words: words(&output.stderr),
        })
    }

    /// Starts it and talks with it.
    pub(crate) fn talk(&mut self) -> Result<Talk> {
        let program = Path::new("git");
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .at("run", program)?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().map(BufReader::new);
        Ok(Talk {
            child,
            stdin,
            stdout,
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

fn words(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr)
        .trim()
        .chars()
        .take(MAX_WORDS)
        .collect()
}

/// A call of git that is told what to do bit by bit. Dropping it ends git's input, and waits until git has ended.
pub(crate) struct Talk {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Talk {
    /// Says something and waits for these answers, a line each; anything else is an error with git's words, and the
    /// end of the talk.
    pub(crate) fn ask(&mut self, text: &[u8], answers: &[&str]) -> std::result::Result<(), String> {
        let said = match &mut self.stdin {
            Some(stdin) => stdin.write_all(text).and_then(|()| stdin.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        let heard = |line: &mut String| match &mut self.stdout {
            Some(stdout) => stdout.read_line(line),
            None => Ok(0),
        };
        let mut heard = heard;
        for answer in answers {
            let mut line = String::new();
            if said.is_err() || heard(&mut line).is_err() || line.trim_end() != *answer {
                return Err(self.end());
            }
        }
        Ok(())
    }

    /// Lets git end; returns what it said about a failure.
    fn end(&mut self) -> String {
        drop(self.stdin.take());
        drop(self.stdout.take());
        let mut said = Vec::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            // Git's words only explain a failure that is known already.
            let _ = stderr.read_to_end(&mut said);
        }
        let status = self.child.wait();
        match (words(&said), status) {
            (said, _) if !said.is_empty() => said,
            (_, Ok(status)) => format!("git ended with {status}"),
            (_, Err(error)) => error.to_string(),
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads a blob, fetched first where the clone is partial and lacks it.
pub(crate) fn blob(project: &Project, id: ObjectId) -> Result<Vec<u8>> {
    Git::new(project)
        .args(["cat-file", "blob", &id.to_string()])
        .expect(b"")
}

/// Reads a tree, fetched first where the clone is partial and lacks it.
pub(crate) fn tree(git: &gix::Repository, id: ObjectId) -> Result<gix::Tree<'_>> {
    if let Some(found) = git.try_find_object(id).git("reading a tree")? {
        return found.try_into_tree().git("reading a tree");
    }
    let common = git.common_dir();
    // Without a remote that has it, what follows says that it is missing.
    Git::with_state(&common.join("pawtrail"), common, None)
        .args(["cat-file", "-e", &id.to_string()])
        .run(b"")?;
    git.find_tree(id).git("reading a tree")
}

/// Hands a blob's content to `read` as a stream.
pub(crate) fn stream_blob<T>(
    project: &Project,
    id: ObjectId,
    read: impl FnOnce(&mut dyn BufRead) -> std::io::Result<T>,
) -> Result<T> {
    let program = Path::new("git");
    let mut git = Git::new(project);
    git.args(["cat-file", "blob", &id.to_string()]);
    let mut child = git
        .command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .at("run", program)?;
    let output = child.stdout.take().map(std::io::BufReader::new);
    let result = match output {
        Some(mut output) => read(&mut output),
        None => Err(std::io::Error::other("git has no output")),
    };
    let status = child.wait().at("wait for", program)?;
    if !status.success() {
        return Err(Error::Git {
            action: "git cat-file".to_owned(),
            message: format!("it ended with {status}"),
        });
    }
    result.at("read from", program)
}
