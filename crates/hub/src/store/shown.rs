//! Texts of events as a board shows them.

use super::IncomingEvent;

/// The longest text that a board shows, in characters.
const SHOWN: usize = 500;

/// Returns a text of the payload as a board shows it.
pub(super) fn text(event: &IncomingEvent, name: &str) -> Option<String> {
    let text = event.envelope.get("payload")?.get(name)?.as_str()?;
    Some(shortened(text))
}

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
