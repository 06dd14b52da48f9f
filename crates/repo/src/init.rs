//! `init`: gives a repository a project identity, and changes nothing that is there.

use pawtrail_event::ProjectUuid;

use crate::beyond;
use crate::clone_state;

use crate::error::{Error, Result};
use crate::identity::{self, Identity};
use crate::lock::{Lock, PATIENCE};
use crate::merge_driver;
use crate::project::Project;
use crate::project_log;
use crate::sync_state;

/// What `init` found and made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialized {
    /// The project's UUID, new or as it was.
    pub project_uuid: ProjectUuid,
    /// What was created or added to, relative to the repository root.
    pub created: Vec<String>,
}

/// Makes sure that the project has an identity, and that git ignores this clone's private files and merges event
/// files as logs.
///
/// # Errors
/// [`Error::Unsupported`] in a bare repository without a worktree; [`Error::Damaged`] when the configuration that
/// is there can't be understood, which is then left as it is.
pub fn init(project: &Project) -> Result<Initialized> {
    let root = project
        .checkout()
        .ok_or_else(|| Error::Unsupported {
            what: "`init` in a bare repository (run it in one of its worktrees)".to_owned(),
        })?
        .to_owned();
    // Of two at once the second finds what the first made.
    let lock = project.state_dir().join("locks").join("init.lock");
    let _lock = Lock::acquire(&lock, PATIENCE)?;
    let mut created = Vec::new();
    let project_uuid = match project.identity()? {
        Some(found) => found.uuid,
        None => {
            let identity = Identity {
                uuid: uuid::Uuid::new_v4().to_string().parse()?,
                slug: Some(slug(project)),
            };
            // Both, before either is written.
            beyond::refuse(&root, identity::FILE)?;
            beyond::refuse(&root, project_log::FILE)?;
            identity::write(&root, &identity)?;
            created.push(identity::FILE.to_owned());
            project_log::initialized(project, &root, &identity)?;
            created.push(project_log::FILE.to_owned());
            identity.uuid
        }
    };
    if clone_state::ignore_private_files(project.common_dir())? {
        created.push(".git/info/exclude".to_owned());
    }
    project.build_id()?;
    project.node_id()?;
    sync_state::first_sight(project)?;
    created.extend(merge_driver::install(project, &root)?);
    Ok(Initialized {
        project_uuid,
        created,
    })
}

/// The project's short name: the last part of origin's URL, else the directory's name.
fn slug(project: &Project) -> String {
    let origin = project
        .git()
        .config_snapshot()
        .string("remote.origin.url")
        .map(|url| url.to_string());
    let from_url = origin.as_deref().and_then(|url| {
        let last = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
        Some(last.strip_suffix(".git").unwrap_or(last).to_owned())
    });
    let from_dir = || {
        let dir = project.primary().or(project.checkout())?;
        Some(dir.file_name()?.to_str()?.to_owned())
    };
    let name = from_url.filter(|name| !name.is_empty()).or_else(from_dir);
    let slug: String = name
        .unwrap_or_default()
        .to_lowercase()
        .chars()
        .map(|c| if c == '_' || c == ' ' { '-' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '.')
        .collect();
    // Of a name in another script little is left; a dash alone would be a list in YAML.
    let slug = slug.trim_matches(['-', '.']).to_owned();
    // The directory may be named after its owner, and this goes into a file of the project.
    if slug.is_empty() || *project.sanitizer().text(&slug) != *slug {
        "project".to_owned()
    } else {
        slug
    }
}
