//! The lanes of a board: the work packages of each mission, by the lane they are in.

use maud::{Markup, html};

use super::time;
use crate::store::Lane;

/// The lanes in the order of a work package's life.
const ORDER: [&str; 10] = [
    "genesis",
    "planned",
    "claimed",
    "in_progress",
    "for_review",
    "in_review",
    "approved",
    "done",
    "blocked",
    "canceled",
];

/// Shows each mission's lanes; the packages come sorted by mission and name.
pub(super) fn lanes(packages: &[Lane]) -> Markup {
    html! {
        @for mission in packages.chunk_by(|one, next| one.mission_slug == next.mission_slug) {
            (self::mission(mission))
        }
    }
}

fn mission(packages: &[Lane]) -> Markup {
    let slug = packages.first().map_or("", |first| &first.mission_slug);
    let id = packages.iter().find_map(|one| one.mission_id.as_deref());
    html! {
        section.mission.lanes data-lanes=(slug) aria-label=(format!("Work packages of {slug}")) {
            header {
                h2 { (slug) }
                p.faint { "Work packages" @if let Some(id) = id { " · " code { (id) } } }
            }
            dl {
                @for lane in ORDER {
                    @let here: Vec<&Lane> = packages.iter().filter(|one| one.lane == lane).collect();
                    @if !here.is_empty() {
                        div {
                            dt { (words(lane)) }
                            dd { ul { @for package in here { (self::package(package)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn package(package: &Lane) -> Markup {
    html! {
        li data-wp=(package.wp_id) data-lane=(package.lane) {
            strong { (package.wp_id) }
            @if !package.actor.is_empty() { span.faint { (package.actor) } }
            span.faint { (time::stated(&package.occurred_at)) }
        }
    }
}

fn words(lane: &str) -> String {
    lane.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(mission: &str, wp: &str, lane: &str) -> Lane {
        Lane {
            mission_slug: mission.to_owned(),
            mission_id: None,
            wp_id: wp.to_owned(),
            lane: lane.to_owned(),
            actor: "<b>agent</b>".to_owned(),
            occurred_at: "2026-06-01T07:55:08+00:00".to_owned(),
        }
    }

    #[test]
    fn packages_stand_in_their_lane_and_mission_and_nothing_of_them_is_markup() {
        let page = lanes(&[
            package("a", "WP01", "done"),
            package("a", "WP02", "in_progress"),
            package("b", "<img src=x>", "planned"),
        ])
        .into_string();
        assert_eq!(page.matches("<section").count(), 2);
        let at = |text: &str| page.find(text).unwrap();
        assert!(at("data-wp=\"WP02\"") < at("data-wp=\"WP01\""), "{page}");
        assert!(page.contains("<dt>in progress</dt>"));
        assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
    }
}
