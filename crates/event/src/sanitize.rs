//! Takes what is private out of an event, before it is written, queued or sent.

mod chars;
mod common;
mod find;
mod finding;
mod identity;
mod known;
mod lexer;
mod line;
mod members;
mod refusal;
mod rule;
mod scan;
mod trigger;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde_json::Value;

pub use finding::Finding;
pub use identity::Identity;
pub use members::{PASSING_KEYS, PRIVATE_KEYS};
pub use refusal::{MAX_LINE_DEPTH, Refusal};
pub use rule::{Row, Rule, TABLE};
pub use value::MAX_DEPTH;

use crate::json;
use trigger::Triggers;

/// A value that holds nothing private: all that a journal, the queue or a frame accepts.
///
/// [`Sanitizer::sanitize`] makes it and nothing else does:
///
/// ```
/// use pawtrail_event::sanitize::Sanitizer;
///
/// let event = serde_json::json!({"hostname": "here", "node_id": "d036a097a835"});
/// let sanitized = Sanitizer::general().sanitize(&event);
/// assert_eq!(sanitized.to_line(), "{\"node_id\":\"d036a097a835\"}\n");
/// ```
///
/// ```compile_fail,E0423
/// let forged = pawtrail_event::Sanitized(serde_json::json!({"hostname": "here"}));
/// ```
///
/// Nor can it be read back from text:
///
/// ```compile_fail,E0277
/// let forged: pawtrail_event::Sanitized = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sanitized(Value);

impl Sanitized {
    /// Returns the value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Returns the value as one line in LOG-COMPACT, with its final newline.
    pub fn to_line(&self) -> String {
        json::log_compact(&self.0)
    }
}

/// The rules for one developer. Cheap to make: what is costly is built when a text first needs it.
pub struct Sanitizer {
    identity: Identity,
    triggers: OnceLock<Triggers>,
}

impl fmt::Debug for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sanitizer")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Sanitizer {
    /// Makes the rules for this developer and machine.
    pub fn new(identity: &Identity) -> Self {
        Self {
            identity: identity.clone(),
            triggers: OnceLock::new(),
        }
    }

    /// Makes the rules that need to know nobody: what a hub checks, and an audit elsewhere.
    pub fn general() -> Self {
        Self::new(&Identity::default())
    }

    /// Returns the value without what is private, at every depth, in keys as in values.
    ///
    /// The [`PRIVATE_KEYS`] go. The clock times of a session go too; where an object has both,
    /// `session_duration_s` says how many whole seconds lay between them, unless it is there already. Scalars under
    /// [`PASSING_KEYS`] pass. Keys that become equal keep their values: in the order of what they were, the second has
    /// ` (2)` behind it, and so on. What is nested deeper than [`MAX_DEPTH`] becomes a marker.
    pub fn sanitize(&self, value: &Value) -> Sanitized {
        Sanitized(value::clean(self, value, 0))
    }

    /// Returns the text with a marker in place of what is private.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        scan::text(self.triggers(), text)
    }

    /// Returns one JSON document as text without what is private: the very same bytes where nothing is, else with all
    /// that isn't private as it was written.
    ///
    /// What Python writes beside JSON, `NaN`, `Infinity` and `-Infinity`, passes; so do numbers of any size.
    ///
    /// # Errors
    /// When the line is no JSON document, or nested deeper than [`MAX_LINE_DEPTH`].
    pub fn line<'a>(&self, line: &'a str) -> Result<Cow<'a, str>, Refusal> {
        let edits = line::edits(self, line)?;
        if edits.is_empty() {
            return Ok(Cow::Borrowed(line));
        }
        Ok(Cow::Owned(line::edited(line, &edits)))
    }

    /// Returns which rules would act on a line, JSON or not, in order of place.
    pub fn findings(&self, line: &[u8]) -> Vec<Finding> {
        finding::findings(self, line)
    }

    fn triggers(&self) -> &Triggers {
        self.triggers
            .get_or_init(|| Triggers::new(&known::of(&self.identity)))
    }
}

#[cfg(test)]
mod tests;
