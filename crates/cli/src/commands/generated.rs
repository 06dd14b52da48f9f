//! Generated files, written into a directory that the user names: each is whole, or as it was.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::CliError;

/// A file that is made from the program itself.
#[derive(Debug)]
pub(super) struct Generated {
    /// Its name.
    pub(super) file: String,
    /// Its content.
    pub(super) text: String,
}

/// Writes all files beside their places, and only then puts them there. Returns their paths.
///
/// `elsewhere` is the command for somebody whose directory doesn't take them.
///
/// # Errors
/// When the directory can't be made, or doesn't take the files.
pub(super) fn write(
    dir: &Path,
    files: &[Generated],
    elsewhere: &str,
) -> Result<Vec<String>, CliError> {
    if dir.exists() && !dir.is_dir() {
        let message = format!("{} is no directory", dir.display());
        return Err(CliError::bad_argument("--dir", message).next(elsewhere));
    }
    let failed = |what: &str, path: &Path, error: &io::Error| {
        CliError::io(&format!("can't {what} {}", path.display()), error).next(elsewhere)
    };
    fs::create_dir_all(dir).map_err(|error| failed("make the directory", dir, &error))?;
    let mut written = Vec::new();
    for one in files {
        let path = dir.join(&one.file);
        let file = beside(dir, one).map_err(|error| failed("write", &path, &error))?;
        written.push((file, path));
    }
    let mut paths = Vec::new();
    for (file, path) in written {
        file.persist(&path)
            .map_err(|error| failed("write", &path, &error.error))?;
        paths.push(path.display().to_string());
    }
    Ok(paths)
}

/// Writes a file, flushed, under a name that goes away with what is returned.
fn beside(dir: &Path, one: &Generated) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pawtrail-");
    let permissions = readable();
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(one.text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// What others may do with a file, as far as the user's umask lets them; a temporary file is private otherwise.
#[cfg(unix)]
fn readable() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable() -> Option<Permissions> {
    None
}
