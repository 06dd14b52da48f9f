//! Where in a text something private stands: one module a family of rules, and what all of them return.

pub(super) mod address;
pub(super) mod block;
mod domain;
pub(super) mod home;
pub(super) mod path;
pub(super) mod token;
pub(super) mod url;
pub(super) mod word;

use super::rule::{MARKER, Rule};

/// What stands in the place of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// The rule's marker.
    Marker,
    /// `.`, for the root of a workspace.
    Dot,
    /// Nothing, for the root of a workspace before the rest of a path.
    Nothing,
}

/// Something private in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: Rule,
    pub(super) instead: Instead,
}

impl Found {
    pub(super) fn new(start: usize, end: usize, rule: Rule) -> Self {
        Self {
            start,
            end,
            rule,
            instead: Instead::Marker,
        }
    }

    /// Writes what stands in its place.
    pub(super) fn write(&self, to: &mut String) {
        match self.instead {
            Instead::Marker => {
                to.push_str(MARKER);
                to.push_str(self.rule.name());
                to.push(']');
            }
            Instead::Dot => to.push('.'),
            Instead::Nothing => {}
        }
    }
}
