//! Times on the board: readable in UTC without a script, exact in the attribute.

use jiff::Timestamp;
use maud::{Markup, html};

/// Shows an instant.
pub(super) fn instant(at: Timestamp) -> Markup {
    // A timestamp's text is `2026-06-01T07:55:08Z` where no fraction is asked for.
    let exact = format!("{at:.0}");
    let day = exact.get(..10).unwrap_or_default();
    let clock = exact.get(11..19).unwrap_or_default();
    html! { time datetime=(format!("{at:.3}")) { (day) " " (clock) " UTC" } }
}

/// Shows a time that a clone sent.
pub(super) fn stated(text: &str) -> Markup {
    match text.parse::<Timestamp>() {
        Ok(at) => instant(at),
        Err(_) => html! { (text) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_readable_and_exact() {
        assert_eq!(
            stated("2026-06-01T09:55:08.5+02:00").into_string(),
            "<time datetime=\"2026-06-01T07:55:08.500Z\">2026-06-01 07:55:08 UTC</time>"
        );
        assert_eq!(stated("<soon>").into_string(), "&lt;soon&gt;");
    }
}
