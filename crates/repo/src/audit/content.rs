//! A content of git: held or read as a stream, and scanned only where it differs from one that was.

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::scan::{Offence, Scanner};
use crate::error::{GitContext, Result};
use crate::program;
use crate::project::Project;

/// A larger content is read as a stream, in bytes.
const MAX_IN_MEMORY: u64 = 64 * 1024 * 1024;
/// A content of git.
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// Too large to be held.
    Large(ObjectId),
}

impl Content {
    /// Reads a content from `git`, a handle of the project's repository.
    pub(super) fn read(project: &Project, git: &gix::Repository, id: ObjectId) -> Result<Self> {
        const READING: &str = "reading a file from a commit";
        let header = git.try_find_header(id).git(READING)?;
        if header.is_some_and(|header| header.size() > MAX_IN_MEMORY) {
            return Ok(Self::Large(id));
        }
        let found = git.try_find_object(id).git(READING)?;
        Ok(Self::Bytes(match found {
            Some(mut blob) => std::mem::take(&mut blob.data),
            // A partial clone lacks it; git fetches it.
            None => program::blob(project, id)?,
        }))
    }

    /// Scans it; what it has in common with the beginning of another is not scanned again.
    pub(super) fn scan(
        &self,
        project: &Project,
        scanner: &Scanner<'_>,
        other: Option<(&Self, &[Offence])>,
    ) -> Result<Vec<Offence>> {
        let bytes = match self {
            Self::Bytes(bytes) => bytes,
            Self::Large(id) => {
                return program::stream_blob(project, *id, |input| scanner.stream(input));
            }
        };
        let Some((Self::Bytes(known), offences)) = other else {
            return Ok(scanner.text(bytes, 0, 1));
        };
        let common = common_lines(bytes, known);
        let first = 1 + bytes[..common].find_iter(b"\n").count();
        let mut found: Vec<Offence> = offences
            .iter()
            .take_while(|offence| offence.end <= common)
            .copied()
            .collect();
        found.extend(scanner.text(bytes, common, first));
        Ok(found)
    }
}

/// The length of the whole lines that both begin with.
fn common_lines(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 4096;
    let shorter = one.len().min(other.len());
    let mut common = 0;
    while common < shorter {
        let next = (common + STEP).min(shorter);
        if one[common..next] != other[common..next] {
            let same = one[common..next].iter().zip(&other[common..next]);
            common += same.take_while(|(a, b)| a == b).count();
            break;
        }
        common = next;
    }
    one[..common].rfind_byte(b'\n').map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_logs_begin_with_is_whole_lines() {
        assert_eq!(common_lines(b"a\nb\nc\n", b"a\nb\nd\n"), 4);
        assert_eq!(common_lines(b"a\nb\n", b"a\nb\nd\n"), 4);
        assert_eq!(common_lines(b"a\nbc", b"a\nb"), 2);
        assert_eq!(common_lines(b"", b"a\n"), 0);
        let long = [vec![b'x'; 9000], b"\nend".to_vec()].concat();
        assert_eq!(common_lines(&long, &long), 9001);
        assert_eq!(common_lines(&long, &long[..9002]), 9001);
    }
}
