//! Which branches nothing is committed to: one pure policy, and the facts it needs.

use gix::bstr::ByteSlice;

use crate::error::Result;
use crate::identity;
use crate::project::Project;
use crate::references;

/// What the policy knows about a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The project's own list; `None` when it has none.
    pub(crate) listed: Option<Vec<String>>,
    /// The default branches of the remotes, short.
    pub(crate) defaults: Vec<String>,
}

impl Facts {
    /// Reads the facts of a project. The list of this checkout counts, else that of the primary one.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let mut listed = None;
        for root in project.roots() {
            listed = identity::protected_branches(root)?;
            if listed.is_some() {
                break;
            }
        }
        Ok(Self {
            listed,
            defaults: remote_defaults(project)?,
        })
    }

    /// Returns the rule that protects the branch of this full name, if one does.
    pub(crate) fn rule(&self, full_name: &str) -> Option<String> {
        let branch = references::short(full_name);
        match &self.listed {
            Some(list) => list.iter().any(|name| name == branch).then(|| {
                "protection.protected_branches of .kittify/config.yaml lists it".to_owned()
            }),
            None if matches!(branch, "main" | "master") => {
                Some("main and master are protected unless the project lists others".to_owned())
            }
            None if self.defaults.iter().any(|name| name == branch) => {
                Some("it is the remote's default branch".to_owned())
            }
            None => None,
        }
    }
}

/// The branches that `refs/remotes/<remote>/HEAD` point to.
fn remote_defaults(project: &Project) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for remote in &project.git().remote_names() {
        let Ok(remote) = remote.to_str() else {
            continue;
        };
        let prefix = format!("refs/remotes/{remote}/");
        let target = references::target(project, &format!("{prefix}HEAD"))?;
        found.extend(target.and_then(|name| name.strip_prefix(&prefix).map(str::to_owned)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(listed: Option<&[&str]>, defaults: &[&str]) -> Facts {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Facts {
            listed: listed.map(owned),
            defaults: owned(defaults),
        }
    }

    #[test]
    fn without_a_list_main_master_and_the_remotes_default_are_protected() {
        let facts = facts(None, &["trunk"]);
        for branch in ["main", "master", "trunk"] {
            assert!(
                facts.rule(&format!("refs/heads/{branch}")).is_some(),
                "{branch}"
            );
        }
        assert_eq!(facts.rule("refs/heads/feature"), None);
        assert_eq!(facts.rule("refs/heads/main/sub"), None);
    }

    #[test]
    fn a_list_replaces_the_default_and_an_empty_one_protects_nothing() {
        let listed = facts(Some(&["release"]), &["trunk"]);
        assert!(listed.rule("refs/heads/release").is_some());
        assert_eq!(listed.rule("refs/heads/main"), None);
        assert_eq!(facts(Some(&[]), &["main"]).rule("refs/heads/main"), None);
    }
}
