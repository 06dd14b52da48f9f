//! The work packages that a mission's authors wrote down: `tasks/WPnn-*.md`, their front matter in YAML.
//!
//! Source of the format: spec-kitty's `status/wp_metadata.py` and `core/subtask_rows.py`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::Path;

use gix::bstr::ByteSlice;
use pawtrail_event::WorkPackageId;
use serde::Deserialize;
use serde_json::Value;

use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::mission::Mission;
use crate::placement::Placement;
use crate::program;
use crate::project::Project;

/// The directory of a mission's work package files.
pub(crate) const TASKS_DIR: &str = "tasks";
/// The most bytes of a work package file that are read.
const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The most files of a directory that are read.
const MAX_FILES: usize = 10_000;

/// A work package as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskFile {
    /// The file's name.
    pub(crate) name: String,
    /// The package.
    pub(crate) wp_id: WorkPackageId,
    /// Its title.
    pub(crate) title: Option<String>,
    /// What has to be done before it can be reviewed; none where it doesn't say, not even that there is nothing.
    pub(crate) subtasks: Option<Vec<String>>,
    /// The packages that it waits for.
    pub(crate) dependencies: Vec<String>,
}

/// The work package files of one place.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskFiles {
    /// Whether there is a place for them.
    has_dir: bool,
    /// By package; the first file by name counts where several name the same one.
    pub(crate) packages: BTreeMap<WorkPackageId, TaskFile>,
    /// The other files of packages that have several.
    doubles: Vec<TaskFile>,
    /// The files that can't be understood, and why.
    pub(crate) damaged: Vec<(String, String)>,
}

impl TaskFiles {
    /// Reads a mission's files: of this checkout, else of the primary one, else of the ledger branch.
    pub(crate) fn of(project: &Project, mission: &Mission, place: &Placement) -> Result<Self> {
        for root in project.roots() {
            let dir = root.join(&mission.dir).join(TASKS_DIR);
            if dir.is_dir() {
                return Self::in_dir(&dir);
            }
        }
        match place.tip.or(place.base) {
            Some(tip) => Self::at(project, tip, &mission.path(TASKS_DIR)),
            None => Ok(Self::default()),
        }
    }

    /// Reads the files of a directory.
    pub(crate) fn in_dir(dir: &Path) -> Result<Self> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).at("list", dir)? {
            if let Ok(name) = entry.at("list", dir)?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        let mut found = Self {
            has_dir: true,
            ..Self::default()
        };
        for name in names
            .into_iter()
            .filter(|name| is_task_file(name))
            .take(MAX_FILES)
        {
            let path = dir.join(&name);
            if path.is_file()
                && let Some(content) = durable::read(&path)?
            {
                found.add(name, &content);
            }
        }
        Ok(found)
    }

    fn at(project: &Project, commit: gix::ObjectId, dir: &str) -> Result<Self> {
        let mut found = Self::default();
        let Some(id) = history::entry_at(project, commit, dir)? else {
            return Ok(found);
        };
        let Ok(tree) = program::tree(project.git(), id) else {
            return Ok(found);
        };
        found.has_dir = true;
        for entry in tree.iter().take(MAX_FILES) {
            let entry = entry.git("reading a tree")?;
            let Ok(name) = entry.filename().to_str() else {
                continue;
            };
            if entry.mode().is_blob() && is_task_file(name) {
                let content = history::content(project, entry.object_id())?;
                found.add(name.to_owned(), &content);
            }
        }
        Ok(found)
    }

    fn add(&mut self, name: String, content: &[u8]) {
        match parse(&name, content) {
            Ok(file) => match self.packages.entry(file.wp_id.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(file)),
                Entry::Occupied(_) => self.doubles.push(file),
            },
            Err(reason) => self.damaged.push((name, reason)),
        }
    }

    /// Returns what has to be done before a package can be reviewed, or why that can't be known: like the Python tool,
    /// nobody takes it for nothing where the package's file should say it and doesn't.
    ///
    /// A mission that has no place for such files doesn't describe its packages; there nothing is left to do.
    pub(crate) fn roster(&self, wp_id: &WorkPackageId) -> std::result::Result<&[String], String> {
        let own = |(name, _): &&(String, String)| stem(name) == Some(wp_id.as_str());
        if let Some((name, reason)) = self.damaged.iter().find(own) {
            return Err(format!("{TASKS_DIR}/{name} can't be understood: {reason}"));
        }
        let Some(file) = self.packages.get(wp_id) else {
            return match self.has_dir {
                true => Err(format!("no file in {TASKS_DIR} describes {wp_id}")),
                false => Ok(&[]),
            };
        };
        if let Some(other) = self.doubles.iter().find(|other| other.wp_id == *wp_id) {
            return Err(format!(
                "{TASKS_DIR}/{} and {TASKS_DIR}/{} both describe {wp_id}",
                file.name, other.name
            ));
        }
        file.subtasks.as_deref().ok_or_else(|| {
            format!(
                "{TASKS_DIR}/{} has no list `subtasks`; `subtasks: []` says that there are none",
                file.name
            )
        })
    }
}

/// Whether a file's name is that of a work package: `WPnn.md` or `WPnn-anything.md`.
pub(crate) fn is_task_file(name: &str) -> bool {
    name.ends_with(".md") && stem(name).is_some_and(|stem| stem.parse::<WorkPackageId>().is_ok())
}

/// The package that a file's name begins with.
fn stem(name: &str) -> Option<&str> {
    let end = name.find(['-', '_', '.'])?;
    name.get(..end)
}

#[derive(Deserialize)]
struct FrontMatter {
    #[serde(default)]
    work_package_id: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    subtasks: Option<Vec<Value>>,
    #[serde(default)]
    dependencies: Option<Vec<Value>>,
}

fn parse(name: &str, content: &[u8]) -> std::result::Result<TaskFile, String> {
    if content.len() > MAX_FILE_BYTES {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let text = std::str::from_utf8(content).map_err(|_| "it is no UTF-8".to_owned())?;
    let named = stem(name).unwrap_or_default();
    let front: FrontMatter = match front_matter(text)? {
        Some(front) => serde_saphyr::from_str(front).map_err(|error| error.to_string())?,
        None => return Err("it has no front matter (YAML between two lines of `---`)".to_owned()),
    };
    let id = front.work_package_id.unwrap_or_else(|| named.to_owned());
    Ok(TaskFile {
        wp_id: id
            .parse()
            .map_err(|error| format!("work_package_id: {error}"))?,
        title: front
            .title
            .map(|title| title.trim().to_owned())
            .filter(|title| !title.is_empty()),
        subtasks: front.subtasks.map(words),
        dependencies: words(front.dependencies.unwrap_or_default()),
        name: name.to_owned(),
    })
}

/// The text between the line `---` that a file begins with and the next one.
fn front_matter(text: &str) -> std::result::Result<Option<&str>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return Ok(None);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Ok(Some(&rest[..at]));
        }
        at += line.len();
    }
    Err("its front matter doesn't end".to_owned())
}

/// The entries as text, each once, in their order.
fn words(values: Vec<Value>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in values {
        let word = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => continue,
        };
        if !word.is_empty() && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_says_what_a_package_is() {
        let text = "---\nwork_package_id: WP07\ntitle: \" Take payments \"\nsubtasks:\n- T001\n- 2\n- T001\ndependencies: [WP01]\n---\n# WP07\n---\n";
        let file = parse("WP07-take-payments.md", text.as_bytes()).unwrap();
        assert_eq!(file.wp_id.as_str(), "WP07");
        assert_eq!(file.title.as_deref(), Some("Take payments"));
        assert_eq!(file.subtasks.unwrap(), ["T001", "2"]);
        assert_eq!(file.dependencies, ["WP01"]);
        let bare = parse("WP08.md", b"---\r\ntitle: x\r\n---\r\n").unwrap();
        assert_eq!((bare.wp_id.as_str(), bare.subtasks), ("WP08", None));
    }

    #[test]
    fn what_is_left_to_do_is_known_or_it_is_said_why_not() {
        let wp_id: WorkPackageId = "WP01".parse().unwrap();
        assert_eq!(TaskFiles::default().roster(&wp_id), Ok(&[][..]));
        let dir = tempfile::tempdir().unwrap();
        let roster = |files: &[(&str, &str)]| {
            for (name, front) in files {
                fs::write(dir.path().join(name), format!("---\n{front}\n---\n")).unwrap();
            }
            let found = TaskFiles::in_dir(dir.path()).unwrap();
            found.roster(&wp_id).map(<[String]>::to_vec)
        };
        let fails = |files, reason: &str| {
            let error = roster(files).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        fails(&[], "no file in tasks describes WP01");
        fails(
            &[("WP01-x.md", "title: x")],
            "WP01-x.md has no list `subtasks`",
        );
        fails(
            &[("WP01-x.md", "subtasks:")],
            "WP01-x.md has no list `subtasks`",
        );
        fails(&[("WP01-x.md", "subtasks: {a: 1}")], "can't be understood");
        assert_eq!(roster(&[("WP01-x.md", "subtasks: []")]), Ok(Vec::new()));
        assert_eq!(
            roster(&[("WP01-x.md", "subtasks: [T1]")]),
            Ok(vec!["T1".to_owned()])
        );
        fails(
            &[("WP01-y.md", "subtasks: [T1]")],
            "WP01-x.md and tasks/WP01-y.md both",
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        for (content, reason) in [
            ("# WP01\n", "no front matter"),
            ("---\ntitle: x\n", "doesn't end"),
            ("---\nwork_package_id: one\n---\n", "work_package_id"),
            ("---\nsubtasks: {a: 1}\n---\n", "subtasks"),
        ] {
            let error = parse("WP01-x.md", content.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{content}: {error}");
        }
    }

    #[test]
    fn only_work_package_files_are_read() {
        assert!(is_task_file("WP01-x.md") && is_task_file("WP1.md") && is_task_file("WP01_x.md"));
        assert!(
            !is_task_file("README.md") && !is_task_file("WP01-x.txt") && !is_task_file("WPx.md")
        );
    }
}
