//! Where a clone keeps what belongs to its deliveries.

use std::path::PathBuf;

use pawtrail_event::ProjectUuid;
use pawtrail_repo::Project;

use crate::error::SyncError;

/// One clone, as far as deliveries are concerned: its directories and its names.
#[derive(Debug, Clone)]
pub struct Place {
    /// The git common directory.
    pub common_dir: PathBuf,
    /// The private state of the clone, `<common dir>/pawtrail`.
    pub state_dir: PathBuf,
    /// The project, where it has an identity.
    pub project_uuid: Option<ProjectUuid>,
}

impl Place {
    /// Takes the place from a project.
    ///
    /// # Errors
    /// When the identity cannot be read.
    pub fn of(project: &Project) -> Result<Self, SyncError> {
        Ok(Self {
            common_dir: project.common_dir().to_owned(),
            state_dir: project.state_dir(),
            project_uuid: project.identity()?.map(|identity| identity.uuid),
        })
    }

    /// Returns the project's uuid.
    ///
    /// # Errors
    /// When the project has none.
    pub(crate) fn project(&self) -> Result<&ProjectUuid, SyncError> {
        self.project_uuid.as_ref().ok_or(SyncError::NoIdentity)
    }

    /// Returns the path of a file of the sync state.
    pub(crate) fn sync_file(&self, name: &str) -> PathBuf {
        self.state_dir.join("sync").join(name)
    }

    /// Returns the path of a lock file.
    pub(crate) fn lock_file(&self, name: &str) -> PathBuf {
        self.state_dir.join("locks").join(name)
    }
}
