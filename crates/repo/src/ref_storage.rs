//! The form in which a repository stores its references.

/// The form that the library reads.
const FILES: &str = "files";

/// Names the form in which a repository stores its references.
pub(crate) fn name(git: &gix::Repository) -> String {
    git.config_snapshot()
        .string("extensions.refStorage")
        .map_or_else(|| FILES.to_owned(), |value| value.to_string())
}

/// Says whether only git can read the references of a repository.
pub(crate) fn only_by_git(git: &gix::Repository) -> bool {
    name(git) != FILES
}
