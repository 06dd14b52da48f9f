//! Files that are whole or absent after a crash.

mod write_back;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{IoContext, Result};
use crate::failpoint;
use crate::side_by_side;

/// How the name of a file in the making begins.
pub(crate) const PREFIX: &str = ".pawtrail-";
/// The directory of the clone's own state in a git directory.
#[cfg(unix)]
const STATE: &str = "pawtrail";
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

/// Flushes a directory, so that names created or renamed in it survive a power loss.
///
/// Windows keeps directory entries itself; there this does nothing.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .at("flush", dir)?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Returns the names in a directory that are identifiers, in order; another name is none of ours. None where there is no
/// directory.
pub(crate) fn identifiers<T: FromStr + Ord>(dir: &Path) -> Result<Vec<T>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", dir),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.at("list", dir)?.file_name();
        found.extend(name.to_str().and_then(|name| name.parse().ok()));
    }
    found.sort();
    Ok(found)
}

/// A file to flush, and the path that an error is to name.
pub(crate) type Unflushed<'a> = (&'a File, &'a Path);

/// Flushes several files and waits for all of them. Returns how it went with each.
///
/// The system is asked to begin with all of them at once; what it can't be asked for is flushed beside the others. One by
/// one, each would wait for a turn of its own.
pub(crate) fn flush_each(files: &[Unflushed<'_>]) -> Vec<Result<()>> {
    let begun = |(file, _): &&Unflushed<'_>| write_back::begin(file);
    let unasked = match files {
        [] | [_] => 0,
        [_, _, ..] => files.len() - files.iter().filter(begun).count(),
    };
    let threads = (unasked + 1).min(files.len()).min(FLUSHERS);
    side_by_side::on_threads(threads, files, |(), (file, path)| {
        file.sync_all().at("flush", path)
    })
}

/// How many threads flush together at most, this one among them. More of them gained nothing that could be measured.
const FLUSHERS: usize = 4;

/// Flushes several files as [`flush_each`] does, and one `beside` them; how that went is the inner result.
///
/// # Errors
/// The first of the others that could not be flushed.
pub(crate) fn flush_with(
    files: &[Unflushed<'_>],
    beside: Option<Unflushed<'_>>,
) -> Result<Result<()>> {
    let all: Vec<Unflushed<'_>> = files.iter().copied().chain(beside).collect();
    let mut flushed = flush_each(&all);
    let last = beside.and_then(|_| flushed.pop()).unwrap_or(Ok(()));
    flushed.into_iter().collect::<Result<()>>()?;
    Ok(last)
}

/// Opens a directory to flush it; none where the system keeps its entries itself.
pub(crate) fn open_dir(dir: &Path) -> Result<Option<File>> {
    #[cfg(unix)]
    return File::open(dir).at("open", dir).map(Some);
    #[cfg(not(unix))]
    {
        let _ = dir;
        Ok(None)
    }
}

/// How many bytes of a file are compared at a time.
const PIECE: usize = 16 * 1024;

/// Lists a directory's entries; none where there is no such directory.
pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", dir),
    };
    entries
        .map(|entry| Ok(entry.at("list", dir)?.path()))
        .collect()
}

/// Creates a directory and what leads to it.
pub(crate) fn create_dir(dir: &Path) -> Result<()> {
    // It nearly always is there, which is cheaper to see than to be told.
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if is_private(dir) {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    builder.create(dir).at("create", dir)
}

/// Says whether a directory is the clone's own state, or lies in it: then it is nobody else's. A git directory that was
/// set up for a group (`git init --shared`, which marks it so) has it as the group's umask says.
#[cfg(unix)]
fn is_private(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // Elsewhere a new directory is its parent's group's anyway, and git marks nothing.
    const OF_A_GROUP: u32 = if cfg!(target_os = "linux") {
        0o2000
    } else {
        0o020
    };
    let state = dir
        .ancestors()
        .find(|at| at.file_name() == Some(STATE.as_ref()));
    let git = state.and_then(Path::parent);
    git.is_some_and(|git| {
        git.join("HEAD").is_file()
            && fs::metadata(git).is_ok_and(|known| known.mode() & OF_A_GROUP == 0)
    })
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

/// Reads a file; `None` when it isn't there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Reads a file in the place of what `into` holds; false when it isn't there. For many files: memory is taken once.
pub(crate) fn read_into(path: &Path, into: &mut Vec<u8>) -> Result<bool> {
    into.clear();
    match File::open(path).and_then(|mut file| file.read_to_end(into)) {
        Ok(_) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error).at("read", path),
    }
}

/// Says how long a file is that holds the beginning of a content and nothing else; none where it holds something else,
/// or isn't there. A log can be large, so it is compared piece by piece.
pub(crate) fn beginning_of(path: &Path, content: &[u8]) -> Result<Option<usize>> {
    match File::open(path) {
        Ok(mut file) => matches(&mut file, content).at("read", path),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Compares what is still to be read with the beginning of a content, as [`beginning_of`] does.
pub(crate) fn matches(file: &mut File, content: &[u8]) -> std::io::Result<Option<usize>> {
    // One byte more than the content shows that the file is longer.
    let mut piece = vec![0; PIECE.min(content.len() + 1)];
    let mut at = 0;
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(Some(at)),
            Ok(more) if content.get(at..at + more) == Some(&piece[..more]) => at += more,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Says whether an error means that there is no such file.
pub(crate) fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
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
    fn a_file_is_the_beginning_of_a_content_or_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let content: Vec<u8> = (0..3 * PIECE + 5).map(|n| (n % 251) as u8).collect();
        assert_eq!(beginning_of(&path, &content).unwrap(), None);
        for length in [0, 1, PIECE, PIECE + 1, content.len() - 1, content.len()] {
            let mut file = content[..length].to_vec();
            fs::write(&path, &file).unwrap();
            assert_eq!(beginning_of(&path, &content).unwrap(), Some(length));
            assert_eq!(
                beginning_of(&path, b"").unwrap(),
                (length == 0).then_some(0)
            );
            if let Some(last) = file.last_mut() {
                *last ^= 1;
                fs::write(&path, &file).unwrap();
                assert_eq!(beginning_of(&path, &content).unwrap(), None);
            }
        }
        fs::write(&path, [&content[..], b"x"].concat()).unwrap();
        assert_eq!(beginning_of(&path, &content).unwrap(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_can_not_be_flushed_is_named_and_the_rest_is_flushed() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..8).map(|n| dir.path().join(n.to_string())).collect();
        let files: Vec<File> = paths
            .iter()
            .map(|path| File::create(path).unwrap())
            .collect();
        // Some are large, and flushed beside the others.
        for (at, file) in (0..).zip(&files) {
            file.set_len(at % 3 * 100_000).unwrap();
        }
        let mut all: Vec<(&File, &Path)> = files
            .iter()
            .zip(&paths)
            .map(|(file, path)| (file, path.as_path()))
            .collect();
        assert!(flush_with(&[], None).unwrap().is_ok());
        assert!(flush_with(&all, None).unwrap().is_ok());
        // A device that can't be flushed.
        let null = Path::new("/dev/null");
        let device = File::open(null).unwrap();
        for bad in [0, 3, 7] {
            let good = std::mem::replace(&mut all[bad], (&device, null));
            let failed: Vec<bool> = flush_each(&all).iter().map(Result::is_err).collect();
            let expected: Vec<bool> = (0..all.len()).map(|at| at == bad).collect();
            assert_eq!(failed, expected);
            let error = flush_with(&all, Some(good)).unwrap_err();
            assert!(error.to_string().contains("/dev/null"), "{error}");
            all[bad] = good;
        }
        // What goes beside the others doesn't fail them.
        let beside = flush_with(&all, Some((&device, null))).unwrap();
        assert!(beside.unwrap_err().to_string().contains("/dev/null"));
        assert!(flush_with(&all, all.first().copied()).unwrap().is_ok());
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
