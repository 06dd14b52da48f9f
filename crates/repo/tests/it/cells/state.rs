//! What belongs to the user: in each worktree, and of all branches but the ledger's.

use std::collections::BTreeMap;
use std::path::Path;

use pawtrail_testkit::Repo;

use super::has_files;
use super::worlds::World;

/// The names under which git notes what it is at.
const NOTES: [&str; 5] = [
    "ORIG_HEAD",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
];

#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    trees: Vec<Tree>,
    refs: BTreeMap<String, String>,
}

/// One worktree.
#[derive(Debug, PartialEq, Eq)]
struct Tree {
    head: String,
    notes: Vec<Option<String>>,
    status: Vec<String>,
    index: Vec<String>,
    stash: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl State {
    /// Looks at all but the ledger branch, and a HEAD that is there.
    pub(super) fn of(world: &World, ledger: Option<&str>) -> Self {
        let text = world
            .repo
            .git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let refs = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect();
        let all = Self {
            trees: world.checkouts().map(Tree::of).collect(),
            refs,
        };
        match ledger {
            Some(ledger) => all.without(ledger),
            None => all,
        }
    }

    /// The same without the branch.
    pub(super) fn without(mut self, ledger: &str) -> Self {
        self.refs.remove(ledger);
        self
    }
}

impl Tree {
    fn of(repo: &Repo) -> Self {
        let branch = repo.try_git(&["symbolic-ref", "-q", "HEAD"]).stdout;
        let detached = || repo.rev("HEAD").unwrap_or_default();
        let mut files = BTreeMap::new();
        if has_files(repo) {
            walk(repo.path(), repo.path(), &mut files);
        }
        Self {
            head: if branch.is_empty() {
                detached()
            } else {
                branch
            },
            notes: NOTES.iter().map(|name| repo.rev(name)).collect(),
            status: others(&repo.status_v2()),
            index: others(&repo.git(&["ls-files", "-s", "-v"])),
            stash: repo.stash_list(),
            files,
        }
    }
}

fn others(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.contains("kitty-specs/"))
        .map(str::to_owned)
        .collect()
}

fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy();
        let ours = ["kitty-specs", ".kittify/sync-state.json"];
        if name.ends_with(".git") || ours.contains(&&*name) {
            continue;
        }
        // A worktree inside of another is looked at by itself.
        if path.is_dir() && !path.join(".git").exists() {
            walk(root, &path, files);
        } else if path.is_file() {
            files.insert(name.replace('\\', "/"), std::fs::read(&path).unwrap());
        }
    }
}
