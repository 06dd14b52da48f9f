//! The engines there are, by their kind.

use super::engine::Engine;
use super::executable::Executable;
use super::library::Library;
use crate::engine::Kind;
use crate::project::Project;

/// Returns the engine of a kind.
pub(super) fn of<'a>(project: &'a Project, kind: Kind) -> Box<dyn Engine + 'a> {
    match kind {
        Kind::Library => Box::new(Library::new(project)),
        Kind::Executable => Box::new(Executable { project }),
    }
}
