//! Which engine commits to a ledger branch, the library or the git executable, and why.
//!
//! The library is faster. The executable serves what the library can't do, would not keep, or what is not known here.

pub(crate) mod kind;

use std::path::{Path, PathBuf};

use gix::ObjectId;
use serde::Serialize;

use crate::checkout::Checkout;
use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::placement::Placement;
use crate::program::Git;
use crate::project::Project;
use crate::ref_storage;

pub use kind::Kind;

/// The extensions of a repository's format that the library is known to respect.
const KNOWN_EXTENSIONS: &[&str] = &[
    "noop",
    "objectformat",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// The attributes that can make git store a file in another form than it has on disk.
const REWRITING: [&str; 6] = [
    "filter",
    "eol",
    "crlf",
    "text",
    "working-tree-encoding",
    "ident",
];

/// A file of attributes that is longer is left to git unread. In bytes.
const MAX_ATTRIBUTES: usize = 1024 * 1024;

/// An engine, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The engine.
    pub engine: Kind,
    /// Why, for a person.
    pub reason: String,
}

impl Choice {
    fn executable(reason: impl Into<String>) -> Self {
        Self {
            engine: Kind::Executable,
            reason: reason.into(),
        }
    }
}

/// Says which engine commits to a mission's ledger branch. It reads and never writes.
///
/// # Errors
/// [`crate::Error::Git`] or [`crate::Error::Io`] when the repository can't be read.
pub fn choose(project: &Project, placement: &Placement) -> Result<Choice> {
    let path = format!("{}/{}", placement.dir, pawtrail_event::decision::FILE);
    let choice = before_indexes(project, placement, &[&path])?;
    if choice.engine == Kind::Executable || project.forced_engine().is_some() {
        return Ok(choice);
    }
    for checkout in &placement.checkouts {
        let index = read_index(project, checkout)?;
        if let Some(form) = unwritable_form(&index) {
            return Ok(because_of_index(checkout, form));
        }
    }
    Ok(choice)
}

/// The part of the choice that reads no index; the library finds those forms when it comes to them.
pub(crate) fn before_indexes(
    project: &Project,
    placement: &Placement,
    paths: &[&str],
) -> Result<Choice> {
    if let Some(engine) = project.forced_engine() {
        return Ok(Choice {
            engine,
            reason: "the caller asked for it".to_owned(),
        });
    }
    if let Some(reason) = of_repository(project)? {
        return Ok(Choice::executable(reason));
    }
    for checkout in &placement.checkouts {
        if is_split(&checkout.git_dir)? {
            return Ok(because_of_index(checkout, "split"));
        }
    }
    if let Some(reason) = of_attributes(project, placement.base, paths)? {
        return Ok(Choice::executable(reason));
    }
    Ok(Choice {
        engine: Kind::Library,
        reason: "nothing here needs the git executable".to_owned(),
    })
}

/// Says which engine makes commits in this clone, as far as no path and no index has a say.
pub(crate) fn of_clone(project: &Project) -> Result<Kind> {
    match project.forced_engine() {
        Some(engine) => Ok(engine),
        None => Ok(match of_repository(project)? {
            Some(_) => Kind::Executable,
            None => Kind::Library,
        }),
    }
}

/// Reads a worktree's index; an empty one where there is none yet.
pub(crate) fn read_index(project: &Project, checkout: &Checkout) -> Result<gix::index::File> {
    gix::index::File::at_or_default(
        checkout.git_dir.join("index"),
        project.git().object_hash(),
        false,
        gix::index::decode::Options::default(),
    )
    .git("reading the index")
}

/// Names the form of an index that the library would not keep. A split index shows in its directory only.
pub(crate) fn unwritable_form(index: &gix::index::File) -> Option<&'static str> {
    if index.is_sparse() {
        Some("sparse")
    } else if index.fs_monitor().is_some() {
        Some("watched by a file system monitor")
    } else if index.untracked().is_some() {
        Some("a cache of untracked files too")
    } else if index.resolve_undo().is_some() {
        Some("a record of resolved conflicts too")
    } else if index.version() == gix::index::Version::V4 {
        Some("compressed (version 4)")
    } else {
        None
    }
}

/// Says whether a split index is, or lately was, in use.
pub(crate) fn is_split(git_dir: &Path) -> Result<bool> {
    for entry in std::fs::read_dir(git_dir).at("list", git_dir)? {
        let name = entry.at("list", git_dir)?.file_name();
        if name.to_string_lossy().starts_with("sharedindex.") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn because_of_index(checkout: &Checkout, form: &str) -> Choice {
    Choice::executable(format!(
        "the index of {} is {form}, which only git keeps so",
        checkout.root.display()
    ))
}

fn of_repository(project: &Project) -> Result<Option<String>> {
    let git = project.git();
    let config = git.config_snapshot();
    if project.refs_by_git() {
        return Ok(Some(format!(
            "branches are stored as {}, which git reads and writes",
            ref_storage::name(git)
        )));
    }
    if config.boolean("commit.gpgSign") == Some(true) {
        return Ok(Some(
            "commits are signed (commit.gpgSign), and git knows how".to_owned(),
        ));
    }
    if let Some(shared) = config.string("core.sharedRepository")
        && !["umask", "false", "no", "off", "0"]
            .contains(&shared.to_string().to_lowercase().as_str())
    {
        return Ok(Some(format!(
            "the repository is shared (core.sharedRepository={shared}), and git knows with whom"
        )));
    }
    let promisor = git
        .remote_names()
        .iter()
        .any(|remote| config.boolean(format!("remote.{remote}.promisor").as_str()) == Some(true));
    if promisor || config.string("extensions.partialClone").is_some() {
        return Ok(Some(
            "the clone is partial, and git fetches what is missing".to_owned(),
        ));
    }
    for section in config
        .plumbing()
        .sections_by_name("extensions")
        .into_iter()
        .flatten()
    {
        for name in section.value_names() {
            if !KNOWN_EXTENSIONS.contains(&name.to_lowercase().as_str()) {
                return Ok(Some(format!(
                    "the repository uses extensions.{name}, which the library may not know"
                )));
            }
        }
    }
    let alternates = git.objects.store_ref().path().join("info/alternates");
    if durable::read(&alternates)?.is_some_and(|content| !content.trim_ascii().is_empty()) {
        return Ok(Some(
            "the repository borrows objects of another one (objects/info/alternates)".to_owned(),
        ));
    }
    Ok(None)
}

/// Looks whether attributes can matter at all, which is cheap, before git says what they are.
fn of_attributes(
    project: &Project,
    base: Option<ObjectId>,
    paths: &[&str],
) -> Result<Option<String>> {
    let mut asked = false;
    for file in outer_attributes(project) {
        asked |= durable::read(&file)?.is_some_and(|content| may_rewrite(&content));
    }
    if let Some(base) = base {
        for name in inner_attributes(paths) {
            asked |= history::file_at(project, base, &name)?
                .is_some_and(|content| may_rewrite(&content));
        }
    }
    if !asked {
        return Ok(None);
    }
    let mut git = Git::new(project);
    git.arg("check-attr")
        .arg("-z")
        .args(REWRITING)
        .arg("--")
        .args(paths);
    git.attributes_of(base);
    let output = git.expect(b"")?;
    let fields: Vec<_> = output.split(|byte| *byte == 0).collect();
    for triple in fields.chunks_exact(3) {
        let [path, name, value] = [triple[0], triple[1], triple[2]].map(String::from_utf8_lossy);
        let harmless = match &*name {
            // Event files have plain line ends, which these leave alone.
            "text" | "crlf" => matches!(&*value, "unspecified" | "set" | "unset" | "auto"),
            "eol" => matches!(&*value, "unspecified" | "lf"),
            _ => matches!(&*value, "unspecified" | "unset"),
        };
        if !harmless {
            return Ok(Some(format!(
                "{path} has the attribute {name}={value}, which git applies"
            )));
        }
    }
    Ok(None)
}

/// The files of attributes outside of the branch.
fn outer_attributes(project: &Project) -> Vec<PathBuf> {
    let config = project.git().config_snapshot();
    let own = config.trusted_path("core.attributesFile").ok().flatten();
    let home = || {
        let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty());
        xdg.map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".config")))
            .map(|dir| dir.join("git").join("attributes"))
    };
    [project.common_dir().join("info").join("attributes")]
        .into_iter()
        .chain(own.or_else(home))
        .chain([PathBuf::from("/etc/gitattributes")])
        .collect()
}

/// The files of attributes in the branch that concern the paths.
fn inner_attributes(paths: &[&str]) -> Vec<String> {
    let mut names = vec![".gitattributes".to_owned()];
    for path in paths {
        for (at, _) in path.match_indices('/') {
            names.push(format!("{}/.gitattributes", &path[..at]));
        }
    }
    names.sort();
    names.dedup();
    names
}

fn may_rewrite(attributes: &[u8]) -> bool {
    attributes.len() > MAX_ATTRIBUTES || {
        let text = String::from_utf8_lossy(attributes);
        ["filter", "eol", "working-tree-encoding", "ident", "[attr]"]
            .iter()
            .any(|word| text.contains(word))
    }
}
