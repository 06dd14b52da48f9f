//! Files as they are: read, compared with what they should hold, or absent.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::error::{IoContext, Result};

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

/// How many bytes of a file are compared at a time.
const PIECE: usize = 16 * 1024;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
