//! The git merge driver for event files: what it does, and how a clone comes to use it.

use std::fs;
use std::path::Path;

use pawtrail_event::merge::{self, Merged};

use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
use crate::program::Git;
use crate::project::Project;

const PROGRAM: &str = "pawtrail";
/// The command that git runs; git puts the file names in.
const COMMAND: &str = "pawtrail merge-events %O %A %B --path=%P";
/// The driver's names: ours, and the one that the attributes of existing repositories use.
const NAMES: [&str; 2] = ["pawtrail-event-log", "spec-kitty-event-log"];
const DESCRIPTION: &str = "union of event logs by event id";
/// The files that are merged so, and the attribute that says it.
const ATTRIBUTES: [(&str, &str); 3] = [
    ("status.events.jsonl", "merge=spec-kitty-event-log"),
    ("decisions.events.jsonl", "merge=spec-kitty-event-log"),
    // Made anew from the logs of both sides, which only our own driver does.
    ("status.json", "merge=pawtrail-event-log"),
];
const ATTRIBUTES_FILE: &str = ".gitattributes";

/// The largest event file that is merged, in bytes.
pub(crate) const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Merges three files as git hands them to a merge driver; `ours` gets the result, whole or not at all.
///
/// `path` is the file's name in the repository, for messages.
///
/// # Errors
/// [`Error::EventConflict`] when an event has different content on the two sides: `ours` then holds both lines.
/// [`Error::Io`] or [`Error::Damaged`] when a file can't be read or written; `ours` is then as it was.
pub fn merge_files(base: &Path, ours: &Path, theirs: &Path, path: Option<&str>) -> Result<Merged> {
    let merged = merge::merge(&load(base)?, &load(ours)?, &load(theirs)?);
    durable::replace(ours, &merged.content, Access::Shared)?;
    if merged.conflicts.is_empty() {
        return Ok(merged);
    }
    Err(Error::EventConflict {
        path: path.map_or_else(|| ours.display().to_string(), str::to_owned),
        conflicts: merged.conflicts,
    })
}

fn load(path: &Path) -> Result<Vec<u8>> {
    let size = fs::metadata(path).at("inspect", path)?.len();
    if size > MAX_FILE_BYTES {
        return Err(Error::Damaged {
            path: path.to_owned(),
            message: format!("it has {size} bytes, and the limit is {MAX_FILE_BYTES}"),
        });
    }
    fs::read(path).at("read", path)
}

/// Makes git use the driver in this clone; what is set already stays. Returns the files that were changed.
pub(crate) fn install(project: &Project, root: &Path) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    let missing: Vec<String> = attributes(project, root)?
        .into_iter()
        .filter(|(_, value)| value == "unspecified")
        .filter_map(|(file, _)| {
            let (_, attribute) = ATTRIBUTES.iter().find(|(name, _)| *name == file)?;
            Some(format!("kitty-specs/**/{file} {attribute}\n"))
        })
        .collect();
    if !missing.is_empty() {
        let path = root.join(ATTRIBUTES_FILE);
        let mut content = durable::read(&path)?.unwrap_or_default();
        if !content.is_empty() && !content.ends_with(b"\n") {
            content.push(b'\n');
        }
        content.extend_from_slice(missing.concat().as_bytes());
        durable::replace(&path, &content, Access::Shared)?;
        changed.push(ATTRIBUTES_FILE.to_owned());
    }
    if configure(project)? {
        changed.push(".git/config".to_owned());
    }
    Ok(changed)
}

/// Tells this clone's configuration how the driver is run, where it doesn't say so; returns whether it was changed.
pub(crate) fn configure(project: &Project) -> Result<bool> {
    let mut configured = false;
    for name in NAMES {
        if command(project, name).is_some() {
            continue;
        }
        for (key, value) in [("name", DESCRIPTION), ("driver", COMMAND)] {
            let key = format!("merge.{name}.{key}");
            Git::new(project)
                .args(["config", "--local", &key, value])
                .expect(b"")?;
        }
        configured = true;
    }
    Ok(configured)
}

/// What keeps git from merging event files as logs.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) message: String,
    /// What mends it.
    pub(crate) remedy: Remedy,
}

/// What lets git merge event files as logs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// [`configure`]: the repository names our driver, and this clone doesn't know it.
    Configure,
    /// `init`: the repository names no driver.
    Init,
    /// Only the user can.
    User,
}

/// Says what keeps git from merging event files as logs; nothing when all is well.
pub(crate) fn trouble(project: &Project, root: &Path) -> Result<Option<Trouble>> {
    let mut ours = false;
    for (file, value) in attributes(project, root)? {
        if value == "unspecified" {
            return Ok(Some(Trouble {
                message: format!("{ATTRIBUTES_FILE} names no merge driver for {file}"),
                remedy: Remedy::Init,
            }));
        }
        // Git's own `union` keeps all lines, and readers drop the repeats.
        if value == "union" {
            continue;
        }
        match command(project, &value) {
            Some(command) => ours |= command.starts_with(PROGRAM),
            None => {
                return Ok(Some(Trouble {
                    message: format!(
                        "{ATTRIBUTES_FILE} says merge={value} for {file}, and this clone has no such driver"
                    ),
                    remedy: if NAMES.contains(&value.as_str()) {
                        Remedy::Configure
                    } else {
                        Remedy::User
                    },
                }));
            }
        }
    }
    if ours && !is_on_path() {
        return Ok(Some(Trouble {
            message: format!(
                "git runs its merge driver as `{PROGRAM}`, and no directory of PATH holds such a program"
            ),
            remedy: Remedy::User,
        }));
    }
    Ok(None)
}

fn is_on_path() -> bool {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(&name).is_file())
}

/// The command of a driver, in any configuration file of the user or the clone.
fn command(project: &Project, name: &str) -> Option<String> {
    let key = format!("merge.{name}.driver");
    let value = project.git().config_snapshot().string(key.as_str())?;
    Some(value.to_string())
}

/// What git's attributes say about each event file of a mission.
fn attributes(project: &Project, root: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for (file, _) in ATTRIBUTES {
        let path = format!("kitty-specs/any-mission/{file}");
        let said = Git::here(project, root)
            .args(["check-attr", "-z", "merge", "--", &path])
            .expect(b"")?;
        let said = String::from_utf8_lossy(&said);
        let value = said.split('\0').nth(2).unwrap_or("unspecified");
        found.push((file, value.to_owned()));
    }
    Ok(found)
}
