//! Which commit brought each event of a log: the one that has it while none of its parents do.
//!
//! A log's history mostly appends. A stretch of it that only appends is told by the sizes of its versions, which git
//! knows without unpacking them: a line came with the oldest version that is long enough to hold it. So the work grows
//! with the number of lines, and not with the sum of all versions, which is its square. A stretch counts as such when its
//! versions shrink towards the past, each size is the end of a line of the newest one, and samples of it are the
//! beginning of the newest one. What differs from that without failing the test keeps the ends of all lines, so no line
//! can move to another commit. Any other stretch is halved, down to single commits, whose events are compared.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use pawtrail_event::EventId;

use crate::error::Result;
use crate::project::Project;
use crate::{history, lines};

/// How many versions of a stretch are read and compared.
const SAMPLES: usize = 4;

/// A version of the log, and the commit that made it.
#[derive(Debug, Clone, Copy)]
struct Version {
    commit: ObjectId,
    blob: ObjectId,
    /// In bytes; unknown where git lacks the object.
    size: Option<usize>,
}

/// The commit that brought each event of the file at `path`, in the history of `tip`.
pub(super) fn commits(
    project: &Project,
    tip: Option<ObjectId>,
    path: &str,
) -> Result<HashMap<EventId, ObjectId>> {
    let mut walk = Walk {
        project,
        path,
        brought: HashMap::new(),
        seen: HashSet::new(),
        todo: Vec::new(),
    };
    if let Some(tip) = tip
        && let Some(blob) = history::entry_at(project, tip, path)?
    {
        walk.todo.push((tip, blob));
    }
    while let Some((commit, blob)) = walk.todo.pop() {
        walk.stretch(commit, blob)?;
    }
    Ok(walk.brought)
}

struct Walk<'a> {
    project: &'a Project,
    path: &'a str,
    brought: HashMap<EventId, ObjectId>,
    seen: HashSet<ObjectId>,
    todo: Vec<(ObjectId, ObjectId)>,
}

impl Walk<'_> {
    /// Follows one line of history, newest first, up to where it begins, forks, or joins one that was followed before.
    fn stretch(&mut self, commit: ObjectId, blob: ObjectId) -> Result<()> {
        let mut versions = Vec::new();
        let mut next = Some((commit, blob));
        let mut base = Vec::new();
        while let Some((commit, blob)) = next.take() {
            if !self.seen.insert(commit) {
                base.push(blob);
                break;
            }
            let mut parents = Vec::new();
            for parent in history::parents(self.project, commit)? {
                // A shallow clone ends before its history does.
                if self.project.git().has_object(parent)
                    && let Some(theirs) = history::entry_at(self.project, parent, self.path)?
                {
                    parents.push((parent, theirs));
                }
            }
            let same = parents.iter().find(|(_, theirs)| *theirs == blob);
            if let Some(same) = same {
                next = Some(*same);
                continue;
            }
            // A blob that isn't here is missed where its content is needed.
            let header = self.project.git().find_header(blob).ok();
            versions.push(Version {
                commit,
                blob,
                size: header.and_then(|header| usize::try_from(header.size()).ok()),
            });
            if let [only] = parents[..] {
                next = Some(only);
            } else {
                base.extend(parents.iter().map(|(_, theirs)| *theirs));
                self.todo.extend(parents);
            }
        }
        self.attribute(&versions, &base)
    }

    /// Says for each event of the newest version which one brought it, if it isn't in `base`.
    fn attribute(&mut self, versions: &[Version], base: &[ObjectId]) -> Result<()> {
        let (Some(newest), Some(oldest)) = (versions.first(), versions.last()) else {
            return Ok(());
        };
        let content = history::content(self.project, newest.blob)?;
        let Some(sizes) = self.only_appends(versions, &content)? else {
            let (newer, older) = versions.split_at(versions.len() / 2);
            self.attribute(
                newer,
                &older
                    .first()
                    .map(|version| version.blob)
                    .into_iter()
                    .collect::<Vec<_>>(),
            )?;
            return self.attribute(older, base);
        };
        let mut known = HashSet::new();
        for blob in base {
            let content = history::content(self.project, *blob)?;
            known.extend(ends(&content).filter_map(|(line, _)| event(line)));
        }
        // From the past on: sizes grow, and so do the ends of lines.
        let mut brings = sizes.iter().rev().zip(versions.iter().rev()).peekable();
        for (line, end) in ends(&content) {
            while brings.next_if(|(size, _)| **size < end).is_some() {}
            let commit = brings.peek().map_or(newest, |(_, version)| version).commit;
            if let Some(event) = event(line)
                && !(commit == oldest.commit && known.contains(&event))
            {
                self.brought.entry(event).or_insert(commit);
            }
        }
        Ok(())
    }

    /// Returns the versions' sizes where the newest, whose content this is, grew out of the others by appending.
    fn only_appends(&self, versions: &[Version], content: &[u8]) -> Result<Option<Vec<usize>>> {
        if versions.len() == 1 {
            return Ok(Some(vec![content.len()]));
        }
        let mut sizes: Vec<usize> = Vec::with_capacity(versions.len());
        for version in versions {
            let Some(size) = version.size else {
                return Ok(None);
            };
            let ends_a_line = size > 0 && content.get(size - 1) == Some(&b'\n');
            if !ends_a_line || sizes.last().is_some_and(|newer| size >= *newer) {
                return Ok(None);
            }
            sizes.push(size);
        }
        let last = versions.len() - 1;
        for sample in 1..=SAMPLES {
            let at = last * sample / SAMPLES;
            let older = history::content(self.project, versions[at].blob)?;
            if !content.starts_with(&older) {
                return Ok(None);
            }
        }
        Ok(Some(sizes))
    }
}

/// The lines of a log, each with the place behind it.
fn ends(content: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut end = 0;
    content
        .split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            end += line.len();
            (line, end)
        })
}

fn event(line: &[u8]) -> Option<EventId> {
    lines::event_id(line)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pawtrail_testkit::{Repo, Scratch};

    use super::*;
    use crate::source::System;

    const FILE: &str = "log.jsonl";

    fn line(number: u64) -> String {
        let text = "x".repeat(usize::try_from(number % 7).unwrap());
        format!("{{\"event_id\":\"01KT119YA7GD2Y0D7MZR{number:06}\",\"text\":\"{text}\"}}")
    }

    fn has(repo: &Repo, commit: &str, event: &EventId) -> bool {
        let file = repo.read_at(commit, FILE).unwrap_or_default();
        file.contains(event.as_str())
    }

    /// A history that appends, and at times rewrites, reorders, forks and merges.
    fn grow(repo: &Repo, seed: u64) {
        let mut state = seed;
        let mut draw = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut lines: Vec<String> = Vec::new();
        let mut number = seed * 1_000;
        let mut fork: Option<Vec<String>> = None;
        let save = |lines: &[String]| {
            repo.write(
                FILE,
                lines
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect::<String>(),
            );
            repo.git(&["add", FILE]);
            repo.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        };
        for _ in 0..24 {
            number += 1;
            match (draw(12), &fork) {
                (0, _) if lines.len() > 2 => drop(lines.remove(0)),
                (1, _) => lines.reverse(),
                (2, None) if !lines.is_empty() => {
                    repo.git(&["branch", "-f", "side"]);
                    fork = Some(lines.clone());
                }
                (3, Some(_)) => {
                    // The side appends, and both are merged as a driver does.
                    let mut side = fork.take().unwrap();
                    repo.git(&["switch", "-q", "side"]);
                    side.push(line(number));
                    save(&side);
                    repo.git(&["switch", "-q", "main"]);
                    repo.git(&["merge", "-q", "--no-commit", "-s", "ours", "side"]);
                    lines.push(line(number));
                }
                _ => lines.push(line(number)),
            }
            save(&lines);
        }
    }

    #[test]
    fn each_event_is_given_to_a_commit_that_has_it_while_no_parent_does() {
        for seed in 1..=6 {
            let scratch = Scratch::new();
            let repo = scratch.repo("r");
            grow(&repo, seed);
            let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
            let tip = history::tip(&project, "refs/heads/main").unwrap();
            let brought = commits(&project, tip, FILE).unwrap();
            let file = repo.read_at("main", FILE).unwrap();
            for event in file.lines().filter_map(|line| event(line.as_bytes())) {
                let commit = brought[&event].to_string();
                assert!(has(&repo, &commit, &event), "seed {seed}, {event}");
                let parents = repo.git(&["rev-parse", &format!("{commit}^@")]);
                assert!(
                    parents.lines().all(|parent| !has(&repo, parent, &event)),
                    "seed {seed}, {event} was there before {commit}"
                );
            }
        }
    }

    #[test]
    fn a_log_that_only_appended_is_told_by_sizes() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        let mut wanted = Vec::new();
        let mut file = String::new();
        for number in 0..9 {
            file.push_str(&format!("{}\n", line(number)));
            wanted.push(repo.commit_file(FILE, &file, "more"));
            repo.commit_file("other.txt", &file, "something else");
        }
        let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
        let tip = history::tip(&project, "refs/heads/main").unwrap();
        let brought = commits(&project, tip, FILE).unwrap();
        for (line, commit) in file.lines().zip(wanted) {
            assert_eq!(
                brought[&event(line.as_bytes()).unwrap()].to_string(),
                commit
            );
        }
    }
}
