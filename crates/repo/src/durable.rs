//! Files that are whole or absent after a crash.

mod dirs;
mod flush;
mod present;
mod write_back;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result};
use crate::failpoint;

pub(crate) use dirs::{create_dir, entries, identifiers};
pub(crate) use flush::{Unflushed, flush_each, flush_with, open_dir, sync_dir};
pub(crate) use present::{beginning_of, is_absent, matches, read, read_into};

/// How the name of a file in the making begins.
pub(crate) const PREFIX: &str = ".pawtrail-";
/// How many letters and digits follow.
pub(crate) const RANDOM: usize = 6;

/// Who may read a file that this crate creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// As the user's umask says.
    Shared,
    /// The user alone.
    Private,
}

/// Replaces a file's content: written beside it, flushed, renamed, the directory flushed.
///
/// A file that exists keeps its permissions, unless `access` is private.
pub(crate) fn replace(path: &Path, content: &[u8], access: Access) -> Result<()> {
    Replacement::begin(path, content, access)?.flush_and_finish()?;
    parent(path).map_or(Ok(()), sync_dir)
}

/// Replaces a file that can be made again: whole or as it was, and after a power loss perhaps as it was before.
pub(crate) fn replace_cache(path: &Path, content: &[u8]) -> Result<()> {
    Replacement::begin(path, content, Access::Shared)?.flush_and_finish()
}

/// A file's next content, written beside it. Dropping it leaves the file as it is.
#[must_use = "the file changes when it is finished"]
#[derive(Debug)]
pub(crate) struct Replacement {
    written: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Replacement {
    /// Writes the content beside the file; whoever asks for it flushes it before it takes the file's place.
    pub(crate) fn begin(path: &Path, content: &[u8], access: Access) -> Result<Self> {
        Ok(Self {
            written: written_beside(path, content, access)?,
            path: path.to_owned(),
        })
    }

    /// What has to be flushed, and the path that an error is to name.
    pub(crate) fn unflushed(&self) -> (&File, &Path) {
        (self.written.as_file(), &self.path)
    }

    /// Puts the content, which was flushed, in the file's place.
    pub(crate) fn finish(self) -> Result<()> {
        failpoint::reached("durable::rename").at("replace", &self.path)?;
        self.written
            .persist(&self.path)
            .map_err(|error| error.error)
            .at("replace", &self.path)?;
        Ok(())
    }

    /// Flushes it and puts it in place.
    pub(crate) fn flush_and_finish(self) -> Result<()> {
        let (file, path) = self.unflushed();
        file.sync_all().at("flush", path)?;
        self.finish()
    }
}

/// Creates a file unless it is there; returns whether this call created it.
pub(crate) fn create_new(path: &Path, content: &[u8], access: Access) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let written = written_beside(path, content, access)?;
    written
        .as_file()
        .sync_all()
        .and_then(|()| failpoint::reached("durable::rename"))
        .at("flush", path)?;
    match written.persist_noclobber(path) {
        Ok(_) => {
            parent(path).map_or(Ok(()), sync_dir)?;
            Ok(true)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error).at("create", path),
    }
}

fn parent(path: &Path) -> Option<&Path> {
    path.parent().filter(|dir| !dir.as_os_str().is_empty())
}

/// Makes a file that is locked as long as this process makes it, so that nobody takes it for a leftover.
fn in_the_making(dir: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let create = || {
        tempfile::Builder::new()
            .prefix(PREFIX)
            .rand_bytes(RANDOM)
            .tempfile_in(dir)
    };
    #[cfg(unix)]
    loop {
        use std::os::unix::fs::MetadataExt;
        let file = create()?;
        file.as_file().lock()?;
        // Between its creation and its lock it may have been swept.
        if file.as_file().metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
    #[cfg(not(unix))]
    {
        create()
    }
}

/// Writes a file beside `path`, and doesn't flush it.
fn written_beside(path: &Path, content: &[u8], access: Access) -> Result<tempfile::NamedTempFile> {
    let dir = parent(path).unwrap_or(Path::new("."));
    create_dir(dir)?;
    let mut file = in_the_making(dir).at("create a file in", dir)?;
    #[cfg(unix)]
    if access == Access::Shared {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; a shared one gets what it replaces, or the common default.
        let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode() & 0o777);
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))
            .at("set the permissions of", path)?;
    }
    #[cfg(not(unix))]
    let _ = access;
    file.write_all(content).at("write", path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_then_read_gives_the_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.txt");
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, b"one", Access::Shared).unwrap();
        replace(&path, b"two", Access::Shared).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn create_new_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("id");
        assert!(create_new(&path, b"first", Access::Private).unwrap());
        assert!(!create_new(&path, b"second", Access::Private).unwrap());
        assert_eq!(read(&path).unwrap().unwrap(), b"first");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_the_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (private, shared) = (dir.path().join("private"), dir.path().join("shared"));
        replace(&private, b"", Access::Private).unwrap();
        replace(&shared, b"", Access::Shared).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&private), 0o600);
        assert_eq!(mode(&shared), 0o644);
    }

    #[test]
    fn an_error_names_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = replace(&file.join("below"), b"", Access::Shared).unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
