//! The types that may go to a hub: the route table says which, and nothing else does.

use crate::route;

/// An event type that may enter the queue. Made from the route table alone:
///
/// ```
/// use pawtrail_event::envelope::Queueable;
/// assert!(Queueable::new("WPStatusChanged").is_ok());
/// assert!(Queueable::new("DecisionInputAnswered").is_err());
/// assert!(Queueable::new("GlossarySenseUpdated").is_err());
/// ```
///
/// There is no other way to one, and so none for a decision into an envelope:
///
/// ```compile_fail,E0451
/// let forged = pawtrail_event::envelope::Queueable { event_type: "DecisionInputAnswered" };
/// ```
///
/// ```compile_fail,E0277
/// use pawtrail_event::envelope::Queueable;
/// let forged: Queueable = serde_json::from_str("\"DecisionInputAnswered\"").unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queueable {
    event_type: &'static str,
}

/// An event type that stays out of the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("events of type `{0}` don't go to a hub")]
pub struct NotQueueable(pub String);

impl Queueable {
    /// Asks the route table.
    ///
    /// # Errors
    /// When events of this type don't go to a hub, or the type is unknown.
    pub fn new(event_type: &str) -> Result<Self, NotQueueable> {
        route::TABLE
            .iter()
            .find(|(name, route)| *name == event_type && route.queue)
            .map(|(name, _)| Self { event_type: name })
            .ok_or_else(|| NotQueueable(event_type.chars().take(80).collect()))
    }

    /// Returns the type's name.
    pub fn event_type(self) -> &'static str {
        self.event_type
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FR-003, FR-018: over the whole table, what may be queued is what the table says.
    #[test]
    fn the_route_table_alone_decides_what_may_be_queued() {
        for (name, route) in route::TABLE {
            assert_eq!(Queueable::new(name).is_ok(), route.queue, "{name}");
        }
        for never in [
            "DecisionInputRequested",
            "DecisionInputAnswered",
            "GlossarySenseUpdated",
            "TermCandidateObserved",
            "Nothing",
            "",
            "wpstatuschanged",
        ] {
            assert!(Queueable::new(never).is_err(), "{never}");
        }
    }
}
