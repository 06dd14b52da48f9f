//! The courier's diary: what it did and why it ended, private and short.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::place::Place;
use crate::private_file;

const FILE: &str = "courier.log";
/// A diary of this size is started anew.
const MAX_BYTES: u64 = 1024 * 1024;

/// Writes the diary. Never a payload, never a token.
pub(crate) struct Diary {
    path: PathBuf,
}

impl Diary {
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            path: place.sync_file(FILE),
        }
    }

    /// Adds a line. A diary that can't be written must not keep a courier from its work.
    pub(crate) fn write(&self, text: &str) {
        let line = format!("{} {}\n", jiff::Timestamp::now(), text.replace('\n', " "));
        tracing::info!(target: "pawtrail::courier", "{text}");
        let _ = self.append(&line);
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|meta| meta.len() >= MAX_BYTES) {
            fs::remove_file(&self.path)?;
        }
        private_file::append(&self.path)?.write_all(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_diary_is_started_anew() {
        let dir = tempfile::tempdir().unwrap();
        let diary = Diary {
            path: dir.path().join(FILE),
        };
        diary.write("one\nline");
        assert!(
            fs::read_to_string(&diary.path)
                .unwrap()
                .ends_with(" one line\n")
        );
        fs::write(&diary.path, vec![b'x'; 1024 * 1024]).unwrap();
        diary.write("two");
        assert!(fs::metadata(&diary.path).unwrap().len() < 100);
    }

    #[test]
    fn a_diary_brings_no_removed_directory_back() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("pawtrail");
        let diary = Diary {
            path: gone.join("sync").join(FILE),
        };
        diary.write("the end");
        assert!(!gone.exists());
    }
}
