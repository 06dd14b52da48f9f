//! Git hooks of ours, put before git beside those of the user: the user's run first, as they always did.
//!
//! A hook that is there is kept under another name and called with the same arguments and input; where it refuses, that
//! is the end. `remove` gives it its name back. Hooks that all worktrees of a clone share are installed once for all.

mod script;

use std::fs;
use std::path::{Path, PathBuf};

use gix::config::source::Kind;

use crate::durable::{self, Access};
use crate::error::{Error, GitContext, IoContext, Result};
use crate::project::Project;
use crate::sync_state;
use script::{BEFORE, MARK, script};

/// Files by which a directory shows that another tool fills it, and takes each hook's name from the running file.
const MANAGED: [&str; 2] = ["h", "husky.sh"];

/// A hook that we have something to do in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Refuses a commit of event files that hold something private.
    PreCommit,
    /// Records a commit that git made.
    PostCommit,
    /// Records which commits an amend or a rebase replaced.
    PostRewrite,
    /// Records what a merge or a pull brought.
    PostMerge,
}

/// What an install did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The hook.
    pub hook: Hook,
    /// The hook's file.
    pub path: PathBuf,
    /// Whether anything was changed.
    pub changed: bool,
    /// Whether a hook of the user runs before ours.
    pub chained: bool,
}

/// What a removal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The hook's file.
    pub path: PathBuf,
    /// Whether anything was changed.
    pub changed: bool,
    /// Whether the hook that was there before has its name back.
    pub restored: bool,
}

impl Hook {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PreCommit,
        Self::PostCommit,
        Self::PostRewrite,
        Self::PostMerge,
    ];
    /// Those that record what git did; none of them can refuse.
    pub const NOTICES: [Self; 3] = [Self::PostCommit, Self::PostRewrite, Self::PostMerge];

    /// Returns git's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PostCommit => "post-commit",
            Self::PostRewrite => "post-rewrite",
            Self::PostMerge => "post-merge",
        }
    }
}

/// Says whether these hooks could be installed. It changes nothing.
///
/// # Errors
/// [`Error::Hook`] where the place of one of them is not the clone's own, or taken.
pub fn check(project: &Project, hooks: &[Hook]) -> Result<()> {
    for hook in hooks {
        place(project, *hook)?;
    }
    Ok(())
}

/// Installs hooks that run `program`, all of them or none. What is installed already is brought up to date.
///
/// # Errors
/// [`Error::Hook`] where the place of one of them is not the clone's own; otherwise when a file can't be written.
pub fn install(project: &Project, hooks: &[Hook], program: &Path) -> Result<Vec<Installed>> {
    check(project, hooks)?;
    // What the clone holds now was there before its hooks.
    sync_state::first_sight(project)?;
    hooks
        .iter()
        .map(|hook| install_one(project, *hook, program))
        .collect()
}

fn install_one(project: &Project, hook: Hook, program: &Path) -> Result<Installed> {
    let Place { path, there } = place(project, hook)?;
    let before = before(&path);
    let script = script(hook, program);
    let changed = there.as_deref() != Some(&script);
    if there.is_some_and(|text| !is_ours(&text)) {
        if !exists(&before) {
            // The user's hook has one of its two names at any time.
            fs::hard_link(&path, &before)
                .or_else(|_| fs::rename(&path, &before))
                .at("keep", &path)?;
        }
        if path.is_symlink() {
            fs::remove_file(&path).at("replace", &path)?;
        }
    }
    if changed {
        durable::replace(&path, script.as_bytes(), Access::Shared)?;
    }
    make_executable(&path)?;
    Ok(Installed {
        hook,
        chained: exists(&before),
        path,
        changed,
    })
}

/// Removes a hook of ours; the one that was there before gets its name back.
///
/// # Errors
/// [`Error::Hook`] where another hook has taken its place; otherwise when a file can't be written.
pub fn remove(project: &Project, hook: Hook) -> Result<Removed> {
    let path = dir(project)?.0.join(hook.name());
    let before = before(&path);
    let ours = match read(&path)? {
        Some(text) => is_ours(&text),
        None => false,
    };
    if !ours && exists(&path) && exists(&before) {
        return Err(taken(&path, &before));
    }
    let restored = exists(&before);
    if restored {
        fs::rename(&before, &path).at("restore", &path)?;
    } else if ours {
        fs::remove_file(&path).at("remove", &path)?;
    }
    Ok(Removed {
        path,
        changed: ours || restored,
        restored,
    })
}

/// Where a hook belongs, and what is there.
struct Place {
    path: PathBuf,
    there: Option<String>,
}

/// Where the hook belongs, if it can be installed there.
fn place(project: &Project, hook: Hook) -> Result<Place> {
    let path = own_place(project, hook)?;
    let before = before(&path);
    let there = read(&path)?;
    let foreign = there.as_deref().is_some_and(|text| !is_ours(text));
    if foreign && exists(&before) && !is_same(&path, &before) {
        return Err(taken(&path, &before));
    }
    Ok(Place { path, there })
}

/// Where the hook belongs, if that is the clone's own.
fn own_place(project: &Project, hook: Hook) -> Result<PathBuf> {
    let (dir, configured) = dir(project)?;
    let path = dir.join(hook.name());
    let name = hook.name();
    let refuse = |reason: &str| Error::Hook {
        path: path.clone(),
        message: format!("{reason}; call `pawtrail hooks run {name}` in the hook that is there"),
        next_step: format!("pawtrail hooks run {name}"),
    };
    match configured {
        None | Some(Kind::Repository | Kind::Override) => {}
        Some(Kind::GitInstallation | Kind::System | Kind::Global) => {
            return Err(refuse(
                "core.hooksPath names it for all repositories of this machine",
            ));
        }
    }
    if MANAGED.iter().any(|file| dir.join(file).is_file()) {
        return Err(refuse("another tool fills that directory"));
    }
    match tracked(project, &path)? {
        Tracked::File => Err(refuse("it is a file of the project itself")),
        Tracked::Directory => Err(refuse("its directory holds files of the project itself")),
        Tracked::Nothing => Ok(path),
    }
}

/// Git's directory of hooks, and the kind of configuration that names it, if one does.
fn dir(project: &Project) -> Result<(PathBuf, Option<Kind>)> {
    let config = project.git().config_snapshot();
    let named = config.trusted_path("core.hooksPath");
    let Some(named) = named.git("reading core.hooksPath")? else {
        return Ok((project.common_dir().join("hooks"), None));
    };
    let sections = config.plumbing().sections_by_name("core");
    let kind = sections
        .into_iter()
        .flatten()
        .filter(|section| section.value("hooksPath").is_some())
        .last()
        .map(|section| section.meta().source.kind());
    // Git runs hooks at the root of the worktree, or in a bare repository's directory.
    let root = project.checkout().unwrap_or(project.git_dir());
    Ok((root.join(named), kind))
}

/// What of a hook's place belongs to the project's own files.
enum Tracked {
    /// The hook.
    File,
    /// Something else beside it.
    Directory,
    /// Nothing.
    Nothing,
}

fn tracked(project: &Project, path: &Path) -> Result<Tracked> {
    let inside = project
        .checkout()
        .and_then(|root| path.strip_prefix(root).ok());
    let Some(inside) = inside else {
        return Ok(Tracked::Nothing);
    };
    let index = project.git().index_or_empty().git("reading the index")?;
    let inside = inside.to_string_lossy().replace('\\', "/");
    if index.entry_by_path(inside.as_str().into()).is_some() {
        return Ok(Tracked::File);
    }
    // A hook at the root of the checkout stands beside the whole project.
    let dir = inside.rfind('/').map_or("", |at| &inside[..=at]);
    let beside = index.prefixed_entries(dir.into());
    Ok(match beside {
        Some(entries) if !entries.is_empty() => Tracked::Directory,
        Some(_) | None => Tracked::Nothing,
    })
}

fn before(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(BEFORE);
    PathBuf::from(name)
}

fn taken(path: &Path, before: &Path) -> Error {
    Error::Hook {
        path: path.to_owned(),
        message: format!(
            "another hook came here after the install, and {} still holds the one from before; \
             remove one of the two",
            before.display()
        ),
        next_step: "git rev-parse --git-path hooks".to_owned(),
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    let content = durable::read(path)?;
    Ok(content.map(|content| String::from_utf8_lossy(&content).into_owned()))
}

fn is_ours(text: &str) -> bool {
    text.lines()
        .nth(1)
        .is_some_and(|line| line.starts_with(MARK))
}

/// Also true of a link that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_same(one: &Path, other: &Path) -> bool {
    same_file::is_same_file(one, other).unwrap_or(false)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).at("inspect", path)?.permissions().mode();
    // Whoever may read it may run it.
    let wanted = mode | 0o100 | ((mode & 0o044) >> 2);
    fs::set_permissions(path, fs::Permissions::from_mode(wanted)).at("make executable", path)
}

/// Windows knows no such permission; git looks at the first line.
#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<()> {
    Ok(())
}
