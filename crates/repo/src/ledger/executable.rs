//! The engine that is the git executable: for what only git can do, or keep.

mod index;
mod trees;

use gix::ObjectId;

use super::engine::Engine;
use super::held::Held;
use super::index::{Obstacle, Staged};
use super::objects::{NewCommit, Person, Role};
use super::refs::{Move, Reservation, Reserved};
use crate::checkout::Checkout;
use crate::durable::{self, Unflushed};
use crate::error::{Error, GitContext, Result};
use crate::history;
use crate::program::{self, Git, Talk};
use crate::project::Project;

/// Commits through git's plumbing.
pub(super) struct Executable<'a> {
    pub(super) project: &'a Project,
}

impl Engine for Executable<'_> {
    fn entry(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>> {
        let output = Git::new(self.project)
            .args(["ls-tree", "-z", "--full-tree", &commit.to_string()])
            .args(["--", path])
            .expect(b"")?;
        Ok(trees::parse(&output)?.first().map(|entry| entry.id))
    }

    fn content(&self, blob: ObjectId) -> Result<Vec<u8>> {
        program::blob(self.project, blob)
    }

    fn blob(
        &self,
        base: Option<ObjectId>,
        path: &str,
        content: &[u8],
    ) -> Result<Result<ObjectId, Obstacle>> {
        let stored = Git::new(self.project)
            .args(["hash-object", "-w", "--stdin", "--path", path])
            .attributes_of(base)
            .object(content);
        let id = match stored {
            Ok(id) => id,
            Err(error) => {
                // An encoding or a filter that can't take it is no other matter than one that rewrites it.
                let mut plainly = Git::new(self.project);
                plainly.args(["hash-object", "--stdin", "--no-filters"]);
                return plainly
                    .object(content)
                    .map_or(Err(error), |_| Ok(Err(Obstacle::Rewritten)));
            }
        };
        let plain = gix::objs::compute_hash(
            self.project.git().object_hash(),
            gix::objs::Kind::Blob,
            content,
        )
        .git("hashing a file")?;
        Ok(if id == plain {
            Ok(id)
        } else {
            Err(Obstacle::Rewritten)
        })
    }

    fn trees(&self, parent: Option<ObjectId>, files: &[(String, ObjectId)]) -> Result<ObjectId> {
        let files: Vec<(&str, ObjectId)> = files
            .iter()
            .map(|(path, id)| (path.as_str(), *id))
            .collect();
        let base = parent.map(|commit| format!("{commit}^{{tree}}"));
        trees::with_files(self.project, base.as_deref(), &files)
    }

    fn commit(&self, new: &NewCommit<'_>) -> Result<ObjectId> {
        let mut git = Git::new(self.project);
        git.arg("commit-tree");
        let config = self.project.git().config_snapshot();
        let signed = config.boolean("commit.gpgSign") == Some(true);
        if signed {
            git.arg("-S");
        }
        for parent in &new.parents {
            git.args(["-p", &parent.to_string()]);
        }
        git.args(["-F", "-", &new.tree.to_string()]);
        Person::of(self.project, Role::Author, new.at).tell(&mut git, Role::Author);
        Person::of(self.project, Role::Committer, new.at).tell(&mut git, Role::Committer);
        let answer = git.run(format!("{}\n", new.message).as_bytes())?;
        if !answer.succeeded {
            let message = answer.words;
            return Err(match signed {
                true => Error::NotSigned { message },
                false => Error::CommitRefused { message },
            });
        }
        ObjectId::from_hex(answer.output.trim_ascii()).git("reading the name of a commit")
    }

    fn ready(&self, _branch: &str, _commit: ObjectId) -> Result<Option<Held>> {
        Ok(None)
    }

    fn index(
        &self,
        checkout: &Checkout,
        held: &Held,
        files: &[Staged<'_>],
    ) -> Result<Result<(), Obstacle>> {
        index::prepare(self, checkout, held, files)
    }

    /// Git has flushed the objects that it wrote; the indexes it doesn't flush.
    fn settle(&self, locks: &[&Held], beside: Option<Unflushed<'_>>) -> Result<Result<()>> {
        let files = Held::written(locks)?;
        let files: Vec<Unflushed<'_>> = files.iter().map(|(file, path)| (file, *path)).collect();
        durable::flush_with(&files, beside)
    }

    fn reserve<'a>(
        &'a self,
        _token: Option<Held>,
        _indexes: &[&Held],
        step: &'a Move<'a>,
    ) -> Result<Reservation<'a>> {
        let old = step
            .from
            .unwrap_or_else(|| ObjectId::null(self.project.git().object_hash()));
        // Git notes the move in the log of one HEAD, that of the worktree in whose name it runs.
        let mut git = Git::beside(self.project, step.checkouts.first());
        git.args(["update-ref", "--stdin", "-z", "-m", step.why]);
        step.who.tell(&mut git, Role::Committer);
        let mut talk = git.talk()?;
        let order = format!(
            "start\0update {}\0{}\0{old}\0prepare\0",
            step.branch, step.to
        );
        let answers = ["start: ok", "prepare: ok"];
        let Err(words) = talk.ask(order.as_bytes(), &answers) else {
            return Ok(Reservation::Ours(Box::new(Prepared {
                project: self.project,
                talk,
                step,
            })));
        };
        if history::tip(self.project, step.branch)? != step.from {
            Ok(Reservation::Lost)
        } else if words.contains("Unable to create") && words.contains("File exists") {
            Ok(Reservation::Locked)
        } else {
            Err(Error::Git {
                action: format!("moving {}", step.branch),
                message: words,
            })
        }
    }
}

/// A branch whose lock git holds until it is told to go on. When this process dies, git reads the end of its input
/// and gives up.
struct Prepared<'a> {
    project: &'a Project,
    talk: Talk,
    step: &'a Move<'a>,
}

impl Reserved for Prepared<'_> {
    fn publish(mut self: Box<Self>) -> Result<()> {
        let Err(words) = self.talk.ask(b"commit\0", &["commit: ok"]) else {
            return Ok(());
        };
        // Whatever it says, the branch says what is true.
        if history::tip(self.project, self.step.branch)? == Some(self.step.to) {
            return Ok(());
        }
        Err(Error::Git {
            action: format!("moving {}", self.step.branch),
            message: words,
        })
    }
}
