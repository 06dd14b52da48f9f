//! Who works here, on which machine and in which directories: what the sanitizer keeps out of what is written.
//!
//! Everything is read from the environment, the system and files; no process is started.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use gix::config::{File, Source};
use pawtrail_event::sanitize::Identity;

/// Where a login stands in the environment, by precedence.
const LOGIN: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];
/// Where a host name stands in the environment, by precedence.
const HOST: [&str; 2] = ["HOSTNAME", "COMPUTERNAME"];

/// Returns what is known without a repository.
///
/// Git's name and e-mail address are those of the user's own configuration files.
pub fn outside() -> Identity {
    let files = [Source::System, Source::Git, Source::User].map(configuration);
    let configured = |key: &str| {
        let of = |file: &File| file.string(key).map(|value| value.to_string());
        files.iter().flatten().rev().find_map(of)
    };
    Identity {
        name: variable("GIT_AUTHOR_NAME").or_else(|| configured("user.name")),
        email: variable("GIT_AUTHOR_EMAIL").or_else(|| configured("user.email")),
        ..of_machine()
    }
}

/// Returns what is known in a repository with this shared directory, of whose checkouts these roots are known.
pub(crate) fn inside(git: &gix::Repository, common_dir: &Path, roots: &[&Path]) -> Identity {
    let config = git.config_snapshot();
    let configured = |key: &str| config.string(key).map(|value| value.to_string());
    // Asking git for the author as such would read the time zone as well.
    let who = |user: &str, author: &str, env: [&str; 2]| {
        configured(user)
            .or_else(|| env.iter().find_map(|name| variable(name)))
            .or_else(|| configured(author))
    };
    Identity {
        name: who(
            "user.name",
            "author.name",
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"],
        ),
        email: who(
            "user.email",
            "author.email",
            ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"],
        ),
        workspaces: workspaces(git.workdir(), common_dir, roots),
        ..of_machine()
    }
}

fn of_machine() -> Identity {
    let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let login = LOGIN.iter().find_map(|name| variable(name)).or_else(|| {
        let name = home.as_deref()?.file_name()?.to_str()?;
        Some(name.to_owned())
    });
    Identity {
        home: home.and_then(|home| text(&home)),
        host: host(),
        login,
        ..Identity::default()
    }
}

/// The roots of the clone's worktrees, as they are and as the user's shell may name this one.
fn workspaces(here: Option<&Path>, common_dir: &Path, roots: &[&Path]) -> Vec<String> {
    let mut roots: Vec<PathBuf> = roots.iter().copied().map(Path::to_owned).collect();
    roots.extend(linked_roots(&common_dir.join("worktrees")));
    let mut found = Vec::new();
    for root in &roots {
        let real = fs::canonicalize(root).ok();
        found.extend([Some(root.clone()), real].into_iter().flatten());
    }
    if let Some(root) = here {
        found.extend(as_the_shell_says(root));
    }
    let mut found: Vec<String> = found.iter().filter_map(|root| text(root)).collect();
    found.sort();
    found.dedup();
    found
}

/// The roots of linked worktrees. Where they can't be listed no command writes either, and says why.
fn linked_roots(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let root = |git_dir: PathBuf| {
        let pointer = fs::read_to_string(git_dir.join("gitdir")).ok()?;
        // Git may have written it relative to the worktree's git directory.
        git_dir.join(pointer.trim()).parent().map(Path::to_owned)
    };
    entries.filter_map(|entry| root(entry.path())).collect()
}

/// The root under the name that led the shell here, which may be by way of links.
fn as_the_shell_says(root: &Path) -> Option<PathBuf> {
    let said = PathBuf::from(env::var_os("PWD")?);
    if !said.is_absolute() || said.starts_with(root) {
        return None;
    }
    let real = fs::canonicalize(root).ok()?;
    said.ancestors()
        .find(|dir| fs::canonicalize(dir).is_ok_and(|dir| dir == real))
        .map(Path::to_owned)
}

fn text(path: &Path) -> Option<String> {
    let text = path.to_str()?.trim_end_matches(['/', '\\']);
    // The root of a file system is nobody's.
    (text.len() > 1).then(|| text.to_owned())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn configuration(source: Source) -> Option<File> {
    let path = source.storage_location(&mut |name| env::var_os(name))?;
    File::from_path_no_includes(path, source).ok()
}

/// The host name: as the environment tells it, which whoever set it can put right; else as the system does.
fn host() -> Option<String> {
    HOST.iter()
        .find_map(|name| variable(name))
        .or_else(system_host)
}

#[cfg(unix)]
fn system_host() -> Option<String> {
    let known = rustix::system::uname();
    let name = known.nodename().to_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Windows sets the variable for each process.
#[cfg(not(unix))]
fn system_host() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pawtrail_testkit::Scratch;

    use super::*;
    use crate::{Project, System};

    #[test]
    fn a_repository_knows_its_people_and_all_its_worktrees() {
        let scratch = Scratch::new();
        let repo = scratch.repo("main");
        repo.git(&["config", "user.name", "Ada Example"]);
        repo.git(&["config", "user.email", "ada@example.test"]);
        let linked = repo.worktree("linked", "topic");
        for checkout in [&repo, &linked] {
            let project = Project::discover(checkout.path(), Arc::new(System)).unwrap();
            let git = project.git();
            let known = inside(
                git,
                project.common_dir(),
                &project.roots().collect::<Vec<_>>(),
            );
            assert_eq!(known.name.as_deref(), Some("Ada Example"));
            assert_eq!(known.email.as_deref(), Some("ada@example.test"));
            for root in [&repo, &linked] {
                let root = root.path().to_str().unwrap().to_owned();
                assert!(known.workspaces.contains(&root), "{known:?}");
            }
        }
    }

    #[test]
    fn the_machine_has_a_host_name() {
        assert!(outside().host.is_some_and(|name| !name.is_empty()));
    }

    #[cfg(unix)]
    #[test]
    fn the_root_directory_is_no_workspace() {
        assert_eq!(text(Path::new("/")), None);
        assert_eq!(text(Path::new("/work/")).as_deref(), Some("/work"));
    }
}
