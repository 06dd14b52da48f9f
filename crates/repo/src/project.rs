//! The repository at hand, found through git, and where things are in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{BuildId, CommitHash, NodeId, ProjectUuid};
use ulid::Ulid;

use crate::clone_state;
use crate::developer;
use crate::engine::kind::Kind;
use crate::error::{Error, GitContext, Result, with_causes};
use crate::identity::{self, Identity};
use crate::ownership;
use crate::ref_storage;
use crate::source::Source;

/// Memory for objects that are read again and again.
const OBJECT_CACHE_BYTES: usize = 8 * 1024 * 1024;

/// One checkout of one clone of a project.
pub struct Project {
    git: gix::Repository,
    common_dir: PathBuf,
    primary: Option<PathBuf>,
    source: Arc<dyn Source>,
    refs_by_git: bool,
    engine: Option<Kind>,
    sanitizer: OnceLock<Sanitizer>,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project")
            .field("common_dir", &self.common_dir)
            .finish_non_exhaustive()
    }
}

impl Project {
    /// Finds the repository that holds `dir`: a main or linked worktree, a submodule, or a bare repository.
    ///
    /// # Errors
    /// [`Error::NotARepository`] when there is none; [`Error::NotOwned`] when it is another user's and git isn't told
    /// that it is safe; [`Error::Git`] when git's data can't be read.
    pub fn discover(dir: &Path, source: Arc<dyn Source>) -> Result<Self> {
        let mut git = gix::discover(dir).map_err(|error| {
            if has_git_above(dir) {
                Error::Git {
                    action: "opening the repository".to_owned(),
                    message: with_causes(&error),
                }
            } else {
                Error::NotARepository {
                    dir: dir.to_owned(),
                }
            }
        })?;
        if git.git_dir_trust() != gix::sec::Trust::Full && !ownership::trusts(dir)? {
            return Err(Error::NotOwned {
                dir: std::fs::canonicalize(git.workdir().unwrap_or(git.git_dir()))
                    .unwrap_or_else(|_| dir.to_owned()),
            });
        }
        heed_no_other(&mut git, dir)?;
        // The setting that macOS leaves says nothing of other systems, where names are what they are.
        git.refs.precompose_unicode &= cfg!(target_vendor = "apple");
        let refs_by_git = ref_storage::only_by_git(&git);
        // A command reads the same commits and trees several times.
        git.object_cache_size_if_unset(OBJECT_CACHE_BYTES);
        let common_dir =
            std::fs::canonicalize(git.common_dir()).unwrap_or_else(|_| git.common_dir().to_owned());
        // A worktree has a git directory of its own, that of a submodule too.
        let primary = if git.git_dir() == git.common_dir() {
            git.workdir().map(Path::to_owned)
        } else {
            let options = unled().open_path_as_is(true);
            let main = gix::open_opts(&common_dir, options).git("opening the main worktree")?;
            main.workdir().map(Path::to_owned)
        };
        Ok(Self {
            git,
            common_dir,
            primary: primary.map(|dir| std::fs::canonicalize(&dir).unwrap_or(dir)),
            source,
            refs_by_git,
            engine: None,
            sanitizer: OnceLock::new(),
        })
    }

    /// Opens the checkout at `dir`, with the same clock and identifiers.
    pub(crate) fn open_at(&self, dir: &Path) -> Result<Self> {
        Self::discover(dir, Arc::clone(&self.source))
    }

    /// Lets this engine commit, whatever the repository needs: for tests of both engines.
    #[doc(hidden)]
    #[must_use]
    pub fn with_engine(mut self, engine: Kind) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Returns the engine that the caller asked for.
    pub(crate) fn forced_engine(&self) -> Option<Kind> {
        self.engine
    }

    /// Says whether branches are stored in a form that only git reads.
    pub(crate) fn refs_by_git(&self) -> bool {
        self.refs_by_git
    }

    /// Returns git's view of the repository.
    pub fn git(&self) -> &gix::Repository {
        &self.git
    }

    /// Returns the directory that all worktrees of the clone share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Returns this worktree's own git directory.
    pub fn git_dir(&self) -> &Path {
        self.git.git_dir()
    }

    /// Returns the root of this worktree; `None` in a bare repository.
    pub fn checkout(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// Returns the root of the primary checkout; `None` when the repository is bare.
    pub fn primary(&self) -> Option<&Path> {
        self.primary.as_deref()
    }

    /// Returns this worktree's root and the primary checkout's, each once, this one first.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Path> {
        let here = self.checkout();
        let primary = self.primary().filter(|primary| Some(*primary) != here);
        here.into_iter().chain(primary)
    }

    /// Returns the directory of the clone's private state.
    pub fn state_dir(&self) -> PathBuf {
        self.common_dir.join("pawtrail")
    }

    /// Returns the rules for what may be written here: the general ones, and those for who works here. Made at first use.
    pub fn sanitizer(&self) -> &Sanitizer {
        let make = || {
            Sanitizer::new(&developer::inside(
                &self.git,
                &self.common_dir,
                &self.roots().collect::<Vec<_>>(),
            ))
        };
        self.sanitizer.get_or_init(make)
    }

    /// Returns the project's identity from `.kittify/config.yaml`, in this checkout or the primary one.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file can't be understood, [`Error::Io`] when it can't be read.
    pub fn identity(&self) -> Result<Option<Identity>> {
        for root in self.roots() {
            if let Some(found) = identity::read(root)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns the project's UUID.
    ///
    /// # Errors
    /// [`Error::NotInitialized`] when it has none; otherwise as [`Self::identity`].
    pub fn uuid(&self) -> Result<ProjectUuid> {
        self.identity()?
            .map(|identity| identity.uuid)
            .ok_or(Error::NotInitialized)
    }

    /// Returns this checkout's build id, made at first use.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be stored.
    pub fn build_id(&self) -> Result<BuildId> {
        clone_state::build_id(self.git_dir(), self.common_dir(), || self.ulid())
    }

    /// Returns this clone's node id, made at first use.
    ///
    /// # Errors
    /// [`Error::Io`] when it can't be stored.
    pub fn node_id(&self) -> Result<NodeId> {
        clone_state::node_id(&self.state_dir(), self.common_dir(), || self.ulid())
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        self.source.now()
    }

    /// Returns a new identifier.
    pub fn ulid(&self) -> Ulid {
        self.source.ulid()
    }
}

/// Returns a git object's name as ours.
pub(crate) fn hash(id: gix::ObjectId) -> CommitHash {
    match id.to_string().parse() {
        Ok(hash) => hash,
        // Git prints 40 or 64 lower-case hexadecimal digits, which is what the type asks for.
        Err(_) => unreachable!("git printed no object name"),
    }
}

/// Undoes what the library takes from the variables by which a caller's git speaks of its own repository, which may be
/// another one: the work tree and the namespace of references. To forbid it all of git's variables would also forbid
/// those that say where the user's configuration is.
fn heed_no_other(git: &mut gix::Repository, dir: &Path) -> Result<()> {
    git.clear_namespace();
    if std::env::var_os("GIT_WORK_TREE").is_none() {
        return Ok(());
    }
    let trusted = gix::sec::trust::Mapping {
        full: unled(),
        reduced: unled(),
    };
    let own = gix::ThreadSafeRepository::discover_opts(dir, Default::default(), trusted)
        .git("opening the repository")?
        .to_thread_local();
    git.set_workdir(own.workdir().map(Path::to_owned))
        .git("opening the work tree")?;
    Ok(())
}

/// Options that take nothing from git's own variables.
fn unled() -> gix::open::Options {
    let mut permissions = gix::open::Permissions::all();
    permissions.env.git_prefix = gix::sec::Permission::Deny;
    gix::open::Options::default().permissions(permissions)
}

fn has_git_above(dir: &Path) -> bool {
    let dir = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    dir.ancestors().any(|dir| dir.join(".git").exists())
}
