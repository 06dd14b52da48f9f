//! The clarified terms of a board.

use maud::{Markup, html};

use super::time;
use crate::store::Resolution;

/// Shows what was clarified, the newest first.
pub(super) fn resolutions(resolutions: &[Resolution]) -> Markup {
    html! {
        @if !resolutions.is_empty() {
            section.mission.glossary aria-labelledby="glossary" {
                header {
                    h2 #glossary { "Clarified terms" }
                    p.faint { "What a word means here, as somebody decided." }
                }
                ol.commits {
                    @for one in resolutions { (resolution(one)) }
                }
            }
        }
    }
}

fn resolution(one: &Resolution) -> Markup {
    html! {
        li.commit data-resolution=(one.request_id) {
            p.head { strong { (one.term.as_deref().unwrap_or("a term")) } }
            @if let Some(question) = &one.question { p.faint { (question) } }
            p.meaning { (one.meaning) }
            p.faint.times {
                span { "clarified " (time::stated(&one.resolved_at)) }
                @if !one.actor.is_empty() { span { "by " (one.actor) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_shows_term_and_meaning_as_text() {
        let page = resolutions(&[Resolution {
            request_id: "r".to_owned(),
            term: Some("<i>dashboard</i>".to_owned()),
            question: None,
            meaning: "<script>panel</script>".to_owned(),
            actor: "me".to_owned(),
            resolved_at: "2026-06-01T07:55:08+00:00".to_owned(),
        }])
        .into_string();
        assert!(page.contains("&lt;i&gt;dashboard") && page.contains("&lt;script&gt;panel"));
        assert!(!page.contains("<script") && !page.contains("<i>"));
        assert_eq!(resolutions(&[]).into_string(), "");
    }
}
