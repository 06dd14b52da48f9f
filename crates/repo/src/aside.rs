//! Bytes that are taken out of an event file because nobody can read them as events: where they are kept.
//!
//! No rule can be sure of what it doesn't understand, so bytes in which one finds anything stay out of git, as they
//! are, in a private file of the clone. All others go to a file beside the log, in the same commit.

use std::path::{Path, PathBuf};

use crate::durable::{self, Access};
use crate::error::Result;
use crate::project::Project;

/// The directory of private copies in the clone's private state.
const DIR: &str = "damaged";

/// Where the bytes of one file go.
#[derive(Debug, Clone)]
pub(crate) struct Aside {
    /// In the commit: relative to the repository root.
    pub(crate) beside: String,
    /// Out of git.
    pub(crate) private: PathBuf,
}

impl Aside {
    /// Names both places for a log at this path.
    pub(crate) fn of(project: &Project, path: &str) -> Self {
        let id = project.ulid();
        let name = path.replace('/', "__");
        Self {
            beside: format!("{path}.damaged-{id}"),
            private: project
                .state_dir()
                .join(DIR)
                .join(format!("{name}.damaged-{id}")),
        }
    }

    /// Whether bytes may go into a commit; those that may not are in the private file now, durably.
    pub(crate) fn may_be_committed(&self, project: &Project, bytes: &[u8]) -> Result<bool> {
        if !is_private(project, bytes) {
            return Ok(true);
        }
        if let Some(dir) = self.private.parent() {
            durable::create_dir(dir)?;
        }
        durable::replace(&self.private, bytes, Access::Private)?;
        Ok(false)
    }

    /// Returns the private file, where one was written.
    pub(crate) fn kept(&self) -> Option<&Path> {
        self.private.exists().then_some(self.private.as_path())
    }
}

/// Whether a rule finds anything, in the text or in what the escapes of a torn JSON text stand for.
pub(crate) fn is_private(project: &Project, bytes: &[u8]) -> bool {
    let rules = project.sanitizer();
    bytes.split(|byte| *byte == b'\n').any(|line| {
        !rules.findings(line).is_empty()
            || unescaped(line).is_some_and(|line| !rules.findings(&line).is_empty())
    })
}

/// Replaces the escapes of JSON texts by what they stand for; none where there are none.
fn unescaped(line: &[u8]) -> Option<Vec<u8>> {
    if !line.contains(&b'\\') {
        return None;
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            plain.push(*first);
            continue;
        }
        let Some((escape, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        match escape {
            b'n' | b'r' | b't' | b'b' | b'f' => plain.push(b' '),
            b'u' => {
                let code = rest.get(..4).and_then(|hex| std::str::from_utf8(hex).ok());
                let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                if let Some(code) = code {
                    rest = rest.get(4..).unwrap_or_default();
                    let mut buffer = [0; 4];
                    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    plain.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                }
            }
            other => plain.push(*other),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &str) -> Option<String> {
        unescaped(line.as_bytes()).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn escapes_are_read_as_far_as_they_are_whole() {
        assert_eq!(plain("no escape"), None);
        assert_eq!(plain(r"\/home\/ada").as_deref(), Some("/home/ada"));
        assert_eq!(plain(r"\u002fhome\u002fada").as_deref(), Some("/home/ada"));
        assert_eq!(
            plain(r"C:\\Users\\ada\n").as_deref(),
            Some(r"C:\Users\ada ")
        );
        assert_eq!(plain(r"torn \u00").as_deref(), Some("torn 00"));
        assert_eq!(plain("torn \\").as_deref(), Some("torn "));
    }
}
