//! Where a courier listens: beside the clone's other private files, or, where that path is too long for a socket or its
//! file system has none, in a private directory of this user; then a file says where.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use interprocess::local_socket::Name;
use interprocess::local_socket::prelude::*;
use sha2::{Digest, Sha256};

use crate::place::Place;
use crate::private_file;

/// The longest path of a socket that every Unix takes, with a margin.
const MAX_SOCKET_PATH: usize = 100;
/// What says where the socket is, where it is elsewhere.
const ELSEWHERE: &str = "courier.at";
/// The longest path that it may say, in bytes.
const MAX_FILE: u64 = 4 * 1024;

/// The address of a clone's courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket in the file system.
    Path(PathBuf),
    /// A name in the system's own name space (Windows).
    Name(String),
}

impl Address {
    /// Returns where the courier listens, if one does.
    pub(crate) fn of(place: &Place) -> Self {
        if cfg!(windows) {
            return Self::Name(format!("pawtrail-{}", digest(&place.common_dir)));
        }
        let near = near(place);
        // Where both are there, the near one was left by a courier that died: the other was made because it can't be used.
        match elsewhere(place) {
            Some(path) => Self::Path(path),
            None => Self::Path(near),
        }
    }

    /// Returns the places where a courier may listen, the best first.
    pub(crate) fn candidates(place: &Place) -> Vec<Self> {
        if cfg!(windows) {
            return vec![Self::of(place)];
        }
        let base = std::env::var_os("XDG_RUNTIME_DIR");
        let paths = paths(place, base, &user());
        paths.into_iter().map(Self::Path).collect()
    }

    pub(crate) fn name(&self) -> io::Result<Name<'_>> {
        match self {
            Self::Path(path) => path
                .as_path()
                .to_fs_name::<interprocess::local_socket::GenericFilePath>(),
            Self::Name(name) => name
                .as_str()
                .to_ns_name::<interprocess::local_socket::GenericNamespaced>(),
        }
    }

    /// Makes the directory, checks that it is nobody else's, and removes a dead courier's socket.
    pub(crate) fn prepare(&self, place: &Place) -> io::Result<()> {
        let Self::Path(path) = self else {
            return Ok(());
        };
        if let Some(dir) = path.parent() {
            private_file::create_dir(dir)?;
            if *path != near(place) {
                make_private(dir)?;
            }
        }
        private_file::remove(path)
    }

    /// Lets commands find it.
    pub(crate) fn tell(&self, place: &Place) -> io::Result<()> {
        let file = place.state_dir.join(ELSEWHERE);
        match self {
            Self::Path(path) if *path != near(place) => {
                private_file::replace(&file, path.as_os_str().as_encoded_bytes())
            }
            Self::Path(_) | Self::Name(_) => private_file::remove(&file),
        }
    }

    /// Removes the socket's file, when nobody listens any more.
    pub(crate) fn clear(&self, place: &Place) {
        match self {
            Self::Path(path) => {
                // What stays does no harm: nobody answers there.
                let _ = std::fs::remove_file(path);
                let _ = std::fs::remove_file(place.state_dir.join(ELSEWHERE));
            }
            Self::Name(_) => {}
        }
    }
}

fn near(place: &Place) -> PathBuf {
    place.state_dir.join("courier.sock")
}

/// Reads where else it is. The file is as private as the socket.
fn elsewhere(place: &Place) -> Option<PathBuf> {
    let text = private_file::read(&place.state_dir.join(ELSEWHERE), MAX_FILE).ok()??;
    let path = PathBuf::from(text);
    (path.is_absolute() && fits(&path)).then_some(path)
}

fn fits(path: &Path) -> bool {
    path.as_os_str().len() < MAX_SOCKET_PATH
}

/// The state directory; the user's directory of this login; the user's own among the temporary ones, of which `/tmp` has
/// a short path wherever it is.
fn paths(place: &Place, runtime_dir: Option<OsString>, user: &str) -> Vec<PathBuf> {
    let name = format!("{}.sock", digest(&place.common_dir));
    let bases = [
        runtime_dir.filter(|dir| !dir.is_empty()).map(PathBuf::from),
        Some(std::env::temp_dir()),
        Some(PathBuf::from("/tmp")),
    ];
    let others = bases.into_iter().flatten().map(|base| {
        let own = format!("pawtrail-{user}");
        base.join(own).join(&name)
    });
    let mut found: Vec<PathBuf> = std::iter::once(near(place)).chain(others).collect();
    // What isn't absolute would be somewhere else for each caller; what isn't text can't be told.
    found.retain(|path| fits(path) && path.is_absolute() && path.to_str().is_some());
    found.dedup();
    if found.is_empty() {
        found.push(near(place));
    }
    found
}

fn user() -> String {
    let name = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(16)
        .collect();
    if plain.is_empty() {
        "user".to_owned()
    } else {
        plain
    }
}

fn digest(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hash.iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// In a directory that others write to, somebody else may have been there first. One of this user's own is closed to all others.
#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const STICKY: u32 = 0o1000;
    let meta = std::fs::symlink_metadata(dir)?;
    let mine = tempfile::tempfile_in(dir)?.metadata()?.uid();
    // Whoever owns what it lies in could put another one in its place, unless the system keeps them from it.
    let above = std::fs::metadata(dir.parent().unwrap_or(dir))?;
    let is_safe = above.uid() == mine || above.mode() & STICKY != 0;
    if !meta.is_dir() || meta.uid() != mine || !is_safe {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a directory of this user alone", dir.display()),
        ));
    }
    if meta.mode() & 0o077 != 0 {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Names of Windows pipes have no directory.
#[cfg(not(unix))]
fn make_private(_dir: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::testing::place;

    #[test]
    fn a_short_path_stays_with_the_repository() {
        let here = place(Path::new("/home/me/project/.git"));
        let found = paths(&here, None, "me");
        assert_eq!(
            found[0],
            Path::new("/home/me/project/.git/pawtrail/courier.sock")
        );
        assert_eq!(Address::of(&here), Address::Path(found[0].clone()));
    }

    #[test]
    fn a_long_path_moves_to_the_users_own_directory() {
        let long = place(Path::new(&format!("/{}/.git", "ü".repeat(60))));
        let found = paths(&long, Some("/run/user/7".into()), "me");
        assert!(found[0].starts_with("/run/user/7/pawtrail-me"));
        assert!(found.iter().all(|path| fits(path)));
        let other = place(Path::new(&format!("/{}/.git", "y".repeat(120))));
        assert_ne!(found[0], paths(&other, Some("/run/user/7".into()), "me")[0]);
        // One that is too long itself, or no absolute path, is no help.
        for useless in ["/x".repeat(60), "run".to_owned(), String::new()] {
            let found = paths(&long, Some(useless.into()), "me");
            assert!(found[0].starts_with(std::env::temp_dir()) || found[0].starts_with("/tmp"));
        }
    }

    #[test]
    fn the_directory_is_closed_to_others_and_a_link_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("pawtrail-me");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        let here = place(dir.path());
        Address::Path(open.join("a.sock")).prepare(&here).unwrap();
        assert_eq!(
            std::fs::metadata(&open).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&open, &link).unwrap();
        assert!(Address::Path(link.join("a.sock")).prepare(&here).is_err());
    }

    #[test]
    fn commands_find_it_where_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let here = place(dir.path());
        let far = Address::Path(dir.path().join("far.sock"));
        far.tell(&here).unwrap();
        assert_eq!(Address::of(&here), far);
        for nonsense in ["relative/path", "", &format!("/{}", "x".repeat(200))] {
            std::fs::write(here.state_dir.join(ELSEWHERE), nonsense).unwrap();
            assert_eq!(Address::of(&here), Address::Path(near(&here)));
        }
        far.tell(&here).unwrap();
        Address::Path(near(&here)).tell(&here).unwrap();
        assert_eq!(Address::of(&here), Address::Path(near(&here)));
    }
}
