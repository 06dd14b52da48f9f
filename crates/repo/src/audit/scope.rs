//! Which paths an audit looks at: as patterns that are followed from directory to directory.

/// What a pattern takes in the directory that its first parts lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rest {
    /// Every file, at any depth.
    Everything,
    /// Every file whose name ends so, at any depth.
    Deep(&'static str),
    /// The files of this directory whose names end so.
    Flat(&'static str),
    /// The file of this name, or everything in the directory of this name.
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    dirs: Vec<String>,
    rest: Rest,
}

impl Pattern {
    fn new(dirs: &[&str], rest: Rest) -> Self {
        Self {
            dirs: dirs.iter().map(|dir| (*dir).to_owned()).collect(),
            rest,
        }
    }
}

/// The paths of an audit, relative to the repository root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    patterns: Vec<Pattern>,
}

/// Where one stands in a scope: for each pattern that still counts, how many of its parts are behind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place(Vec<(usize, usize)>);

impl Scope {
    /// Everything that events are written to.
    pub(crate) fn event_files() -> Self {
        let patterns = vec![
            Pattern::new(&["kitty-specs"], Rest::Deep(".jsonl")),
            Pattern::new(&[".kittify", "events"], Rest::Everything),
            Pattern::new(&[".kittify"], Rest::Named("sync-state.json".to_owned())),
            Pattern::new(
                &[".kittify"],
                Rest::Named("canonical-events.jsonl".to_owned()),
            ),
            Pattern::new(&[".kittify", "glossaries"], Rest::Flat(".yaml")),
            Pattern::new(&[".kittify", "spool"], Rest::Flat(".jsonl")),
        ];
        Self { patterns }
    }

    /// These files, and everything in these directories; an empty path is the root.
    pub(crate) fn paths<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let pattern = |path: &str| {
            let mut parts: Vec<String> = path
                .split('/')
                .filter(|part| !part.is_empty() && *part != ".")
                .map(str::to_owned)
                .collect();
            let rest = parts.pop().map_or(Rest::Everything, Rest::Named);
            Pattern { dirs: parts, rest }
        };
        Self {
            patterns: paths.into_iter().map(pattern).collect(),
        }
    }

    /// The place of the root.
    pub(crate) fn root(&self) -> Place {
        Place((0..self.patterns.len()).map(|at| (at, 0)).collect())
    }

    /// The place of a directory in the one at `place`; `None` where nothing in it counts.
    pub(crate) fn enter(&self, place: &Place, name: &str) -> Option<Place> {
        let next = |(at, depth): &(usize, usize)| {
            let pattern = self.patterns.get(*at)?;
            let behind = match pattern.dirs.get(*depth) {
                Some(dir) => (dir == name).then_some(depth + 1),
                None if *depth > pattern.dirs.len() => Some(*depth),
                None => match &pattern.rest {
                    Rest::Everything | Rest::Deep(_) => Some(*depth),
                    Rest::Flat(_) => None,
                    Rest::Named(wanted) => (wanted == name).then_some(depth + 1),
                },
            };
            behind.map(|depth| (*at, depth))
        };
        let inside: Vec<(usize, usize)> = place.0.iter().filter_map(next).collect();
        (!inside.is_empty()).then_some(Place(inside))
    }

    /// Whether a file of the directory at `place` counts.
    pub(crate) fn takes(&self, place: &Place, name: &str) -> bool {
        place.0.iter().any(|(at, depth)| {
            let Some(pattern) = self.patterns.get(*at) else {
                return false;
            };
            if *depth < pattern.dirs.len() {
                return false;
            }
            match &pattern.rest {
                Rest::Everything => true,
                Rest::Deep(end) | Rest::Flat(end) => name.ends_with(end),
                Rest::Named(wanted) => *depth > pattern.dirs.len() || wanted == name,
            }
        })
    }

    /// Whether a file counts, by its whole path.
    pub(crate) fn takes_path(&self, path: &str) -> bool {
        let (dirs, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut place = self.root();
        for dir in dirs.split('/').filter(|dir| !dir.is_empty()) {
            match self.enter(&place, dir) {
                Some(inside) => place = inside,
                None => return false,
            }
        }
        self.takes(&place, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_files_are_found_and_nothing_else() {
        let scope = Scope::event_files();
        for path in [
            "kitty-specs/m/decisions.events.jsonl",
            "kitty-specs/m/deeper/any.jsonl",
            "kitty-specs/loose.jsonl",
            ".kittify/events/glossary/s.events.jsonl",
            ".kittify/events/any",
            ".kittify/sync-state.json",
            ".kittify/glossaries/team.yaml",
            ".kittify/spool/01.jsonl",
        ] {
            assert!(scope.takes_path(path), "{path}");
        }
        for path in [
            "kitty-specs/m/spec.md",
            "kitty-specs",
            "src/kitty-specs/a.jsonl",
            ".kittify/config.yaml",
            ".kittify/glossaries/deeper/team.yaml",
            ".kittify/spool/01.txt",
            ".kittify/sync-state.json.damaged-01",
            "a.jsonl",
        ] {
            assert!(!scope.takes_path(path), "{path}");
        }
        assert_eq!(scope.enter(&scope.root(), "src"), None);
    }

    #[test]
    fn named_paths_are_files_or_whole_directories() {
        let scope = Scope::paths(["docs/a.md", "./src/"]);
        for path in ["docs/a.md", "docs/a.md/x/y", "src/x", "src/x/y"] {
            assert!(scope.takes_path(path), "{path}");
        }
        for path in ["docs/b.md", "src", "a.md"] {
            assert_eq!(scope.takes_path(path), path == "src", "{path}");
        }
        assert!(Scope::paths([""]).takes_path("any/where"));
    }
}
