//! Flushing: what was written, and the names it was written under, survive a power loss.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use super::write_back;
use crate::error::{IoContext, Result};
use crate::side_by_side;

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

/// A file to flush, and the path that an error is to name.
pub(crate) type Unflushed<'a> = (&'a File, &'a Path);

/// Flushes several files and waits for all of them. Returns how it went with each.
///
/// The system is asked to begin with all of them at once. Then they are flushed one after another for as long as the disk
/// keeps nobody waiting, and from the first that takes longer than starting threads is worth, beside each other: a disk that
/// others use, or whose own cache takes long to flush, does several in the time of one.
pub(crate) fn flush_each(files: &[Unflushed<'_>]) -> Vec<Result<()>> {
    if let [_, _, ..] = files {
        for (file, _) in files {
            write_back::begin(file);
        }
    }
    let flush = |(file, path): &Unflushed<'_>| file.sync_all().at("flush", path);
    let mut flushed = Vec::with_capacity(files.len());
    for file in files {
        let begun = Instant::now();
        flushed.push(flush(file));
        if begun.elapsed() > QUICK {
            break;
        }
    }
    let rest = files.get(flushed.len()..).unwrap_or_default();
    let threads = rest.len().min(FLUSHERS);
    flushed.extend(side_by_side::on_threads(threads, rest, |(), file| {
        flush(file)
    }));
    flushed
}

/// A flush that takes no longer than this is no reason to start threads.
const QUICK: Duration = Duration::from_micros(500);

/// How many threads flush together at most, this one among them.
const FLUSHERS: usize = 8;

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
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
}
