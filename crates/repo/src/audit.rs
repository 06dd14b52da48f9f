//! Scans event files for private data: in the work tree, in the index, and in every version that history holds.
//!
//! A content is read once, whatever number of commits and paths have it. A line is reported once for each rule and
//! path, with the commit that brought it. What was found is never told, only where.

mod content;
mod report;
mod scan;
pub(crate) mod scope;
mod staged;
mod versions;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::sanitize::{Rule, Sanitizer};

use crate::commit;
use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::project::{self, Project};
use content::Content;
use report::{finding, finished};
use scan::{Offence, Scanner};
use scope::Scope;
use versions::Versions;

pub use report::{Finding, Report, Whereabouts};
pub use staged::staged;

/// Memory for contents that others are stored as differences from, in bytes.
const CACHE: usize = 96 * 1024 * 1024;

/// What to scan.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Every version in the history of all references too.
    pub history: bool,
    /// Where `paths` begin.
    pub dir: PathBuf,
    /// Only these files and directories; event files where none is named. In a bare repository they are relative to
    /// its root.
    pub paths: Vec<PathBuf>,
}

/// How far an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many contents of git were read.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// Scans the project. `watch` is told how far it is, and may end it: then there is no report.
///
/// # Errors
/// [`crate::Error::Invalid`] for a path outside the repository; otherwise when git's data or a file can't be read.
pub fn audit(
    project: &Project,
    request: &Request,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Report>> {
    let scope = scope_of(project, request)?;
    let sanitizer = project.sanitizer();
    let mut git = project.git().clone();
    // No content is read twice, but nearly all are built on others.
    git.objects.unset_object_cache();
    git.objects
        .set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(CACHE)));
    let mut audit = Audit {
        project,
        git,
        scanner: Scanner::new(sanitizer),
        sanitizer,
        read: HashSet::new(),
        here: HashMap::new(),
        report: Report::default(),
    };
    if request.history && !request.paths.is_empty() {
        audit.report.nowhere = audit.nowhere(request)?;
        if !audit.report.nowhere.is_empty() {
            return Ok(Some(audit.report));
        }
    }
    if let Some(root) = project.checkout() {
        audit.directory(root, "", &scope)?;
    }
    if request.paths.is_empty() {
        audit.private_files()?;
    }
    if request.history {
        let versions = versions::find(project, &audit.git, &scope)?;
        if audit.versions(&versions, watch)?.is_break() {
            return Ok(None);
        }
    }
    audit.index(&scope)?;
    Ok(Some(finished(audit.report)))
}

fn scope_of(project: &Project, request: &Request) -> Result<Scope> {
    if request.paths.is_empty() {
        return Ok(Scope::event_files());
    }
    let paths = relative(project, request)?;
    Ok(Scope::paths(paths.iter().map(String::as_str)))
}

/// The named paths, relative to the repository root.
fn relative(project: &Project, request: &Request) -> Result<Vec<String>> {
    match project.checkout() {
        Some(root) => commit::relative(root, &request.dir, &request.paths),
        None => {
            let text = |path: &PathBuf| path.to_string_lossy().replace('\\', "/");
            Ok(request.paths.iter().map(text).collect())
        }
    }
}

/// Scans files and directories on disk that are in no repository.
///
/// # Errors
/// When one can't be read.
pub fn audit_files(sanitizer: &Sanitizer, paths: &[PathBuf]) -> Result<Report> {
    let scanner = Scanner::new(sanitizer);
    let mut report = Report::default();
    let mut open: Vec<PathBuf> = paths.to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).at("list", &path)? {
                let entry = entry.at("list", &path)?;
                let kind = entry.file_type().at("inspect", &path)?;
                if kind.is_file() || (kind.is_dir() && entry.file_name() != ".git") {
                    open.push(entry.path());
                }
            }
            continue;
        }
        report.files += 1;
        let shown = sanitizer.text(&path.to_string_lossy()).into_owned();
        for offence in file(&scanner, &path)? {
            report.findings.push(finding(&shown, offence, None));
        }
    }
    Ok(finished(report))
}

struct Audit<'p> {
    project: &'p Project,
    git: gix::Repository,
    scanner: Scanner<'p>,
    sanitizer: &'p Sanitizer,
    /// The contents of git that were read.
    read: HashSet<ObjectId>,
    /// The offences on disk, so that the index doesn't repeat them.
    here: HashMap<String, HashSet<(u64, Rule)>>,
    report: Report,
}

impl Audit<'_> {
    /// Returns the named paths that nothing has, so that nothing would be found in them.
    fn nowhere(&self, request: &Request) -> Result<Vec<PathBuf>> {
        let mut nowhere = Vec::new();
        for (named, path) in request.paths.iter().zip(relative(self.project, request)?) {
            let on_disk = self.project.checkout().map(|root| root.join(&path));
            if on_disk.is_some_and(|file| file.symlink_metadata().is_ok()) {
                continue;
            }
            let scope = Scope::paths([path.as_str()]);
            let index = self.project.git().index_or_empty();
            let index = index.git("reading the index")?;
            let mut entries = index.entries().iter();
            if entries.any(|entry| scope.takes_path(&entry.path(&index).to_str_lossy())) {
                continue;
            }
            let past = versions::find(self.project, &self.git, &scope)?;
            if past.versions.is_empty() {
                nowhere.push(named.clone());
            }
        }
        Ok(nowhere)
    }

    /// Scans a directory on disk, whose own path is `path`. Links are followed nowhere.
    fn directory(&mut self, dir: &Path, path: &str, scope: &Scope) -> Result<()> {
        let mut open = vec![(dir.to_owned(), path.to_owned(), scope.root())];
        while let Some((dir, path, place)) = open.pop() {
            let entries = match fs::read_dir(&dir) {
                Ok(entries) => entries,
                Err(error) if durable::is_absent(&error) => continue,
                Err(error) => return Err(error).at("list", &dir),
            };
            for entry in entries {
                let entry = entry.at("list", &dir)?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let kind = entry.file_type().at("inspect", &entry.path())?;
                if kind.is_dir() && name != ".git" {
                    if let Some(inside) = scope.enter(&place, &name) {
                        open.push((entry.path(), format!("{path}{name}/"), inside));
                    }
                } else if kind.is_file() && scope.takes(&place, &name) {
                    self.file(&entry.path(), &format!("{path}{name}"))?;
                }
            }
        }
        Ok(())
    }

    /// Scans what the clone keeps of its own: spooled lines, and the state file of the primary checkout.
    fn private_files(&mut self) -> Result<()> {
        let spool = self.project.state_dir().join("spool");
        let all = Scope::paths([""]);
        self.directory(&spool, ".git/pawtrail/spool/", &all)?;
        if let Some(primary) = self.project.primary()
            && self.project.git().kind() == gix::repository::Kind::LinkedWorkTree
        {
            let name = ".kittify/sync-state.json";
            self.file(&primary.join(name), name)?;
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, path: &str) -> Result<()> {
        if !file.is_file() {
            return Ok(());
        }
        self.report.files += 1;
        let offences = self::file(&self.scanner, file)?;
        let known = self.here.entry(path.to_owned()).or_default();
        let shown = self.sanitizer.text(path);
        for offence in offences {
            known.insert((offence.digest, offence.rule));
            self.report.findings.push(finding(&shown, offence, None));
        }
        Ok(())
    }

    /// Scans what the index holds and neither the disk nor history did.
    fn index(&mut self, scope: &Scope) -> Result<()> {
        let index = self
            .project
            .git()
            .index_or_empty()
            .git("reading the index")?;
        for entry in index.entries() {
            let path = entry.path(&index).to_str_lossy();
            let is_file = entry.mode.contains(gix::index::entry::Mode::FILE);
            if !is_file || !scope.takes_path(&path) || !self.read.insert(entry.id) {
                continue;
            }
            let content = self.content(entry.id)?;
            let offences = self.scan(&content, None)?;
            let known = self.here.get(path.as_ref());
            let shown = self.sanitizer.text(&path);
            for offence in offences {
                if !known.is_some_and(|known| known.contains(&(offence.digest, offence.rule))) {
                    let found = finding(&shown, offence, None);
                    self.report.findings.push(Finding {
                        place: Whereabouts::Index,
                        ..found
                    });
                }
            }
        }
        Ok(())
    }

    /// Scans all versions, those of one path after each other, the newest first: git keeps them so, and a log's older
    /// version is the beginning of a newer one, so that only what differs has to be looked at.
    fn versions(
        &mut self,
        all: &Versions,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        self.report.commits = all.commits;
        let total = all.versions.len();
        let mut order: Vec<usize> = (0..total).collect();
        order.sort_by_key(|at| (all.versions[*at].path, std::cmp::Reverse(*at)));
        let mut first: HashMap<(usize, u64, Rule), (usize, Offence)> = HashMap::new();
        let mut last: Option<(usize, Content, Vec<Offence>)> = None;
        for (done, at) in order.into_iter().enumerate() {
            if watch(Progress { done, total }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            let version = all.versions[at];
            self.read.insert(version.blob);
            let content = self.content(version.blob)?;
            let newer = last
                .as_ref()
                .filter(|(path, ..)| *path == version.path)
                .map(|(_, content, offences)| (content, offences.as_slice()));
            let offences = self.scan(&content, newer)?;
            for offence in &offences {
                // Going back in time: the last that is seen is the first that was.
                let key = (version.path, offence.digest, offence.rule);
                first.insert(key, (at, *offence));
            }
            last = Some((version.path, content, offences));
        }
        for ((path, ..), (at, offence)) in first {
            let commit = project::hash(all.versions[at].commit);
            let path = self.sanitizer.text(&all.paths[path]);
            let found = finding(&path, offence, Some(commit));
            self.report.findings.push(found);
        }
        Ok(watch(Progress { done: total, total }))
    }

    fn content(&self, id: ObjectId) -> Result<Content> {
        Content::read(self.project, &self.git, id)
    }

    fn scan(
        &mut self,
        content: &Content,
        other: Option<(&Content, &[Offence])>,
    ) -> Result<Vec<Offence>> {
        self.report.blobs += 1;
        content.scan(self.project, &self.scanner, other)
    }
}

fn file(scanner: &Scanner<'_>, path: &Path) -> Result<Vec<Offence>> {
    let open = match File::open(path) {
        Ok(open) => open,
        // It was there a moment ago.
        Err(error) if durable::is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("open", path),
    };
    scanner.stream(BufReader::new(open)).at("read", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_outside_a_repository_comes_by_path_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let private = "write to ada@example.test\n";
        let mut paths = Vec::new();
        for name in ["c", "a", "b"] {
            let file = dir.path().join(name);
            fs::write(&file, private.repeat(2)).unwrap();
            paths.push(file);
        }
        let report = audit_files(&Sanitizer::general(), &paths).unwrap();
        let found: Vec<(String, usize)> = report
            .findings
            .iter()
            .map(|found| (found.path.chars().last().into_iter().collect(), found.line))
            .collect();
        let expected = ["a", "b", "c"].map(|name| [(name.to_owned(), 1), (name.to_owned(), 2)]);
        assert_eq!(found, expected.concat());
        assert_eq!((report.files, report.counts.values().sum()), (3, 6));
    }
}
