use crate::status::{Lane, LaneError};

#[test]
fn rows_have_lanes_exactly_and_without_aliases() {
    for lane in Lane::ALL {
        assert_eq!(Lane::parse(lane.as_str()), Some(lane));
        assert_eq!(lane.to_string(), lane.as_str());
    }
    for text in [
        "doing",
        "Done",
        " done",
        "done ",
        "",
        "in-progress",
        "genesis2",
    ] {
        assert_eq!(Lane::parse(text), None, "{text}");
    }
}

#[test]
fn a_person_may_type_a_lane_in_any_case_or_by_its_alias() {
    for (text, lane) in [
        ("doing", Lane::InProgress),
        (" Doing ", Lane::InProgress),
        ("IN_PROGRESS", Lane::InProgress),
        ("in_review", Lane::InReview),
        ("done", Lane::Done),
    ] {
        assert_eq!(Lane::parse_alias(text), Ok(lane), "{text}");
    }
}

#[test]
fn lanes_of_the_log_itself_are_none_of_a_persons() {
    for text in ["genesis", "uninitialized", "todo", ""] {
        assert_eq!(
            Lane::parse_alias(text),
            Err(LaneError(text.to_owned())),
            "{text}"
        );
    }
    let long = Lane::parse_alias(&"x".repeat(500)).unwrap_err();
    assert_eq!(long.0.len(), 80);
    assert!(long.to_string().ends_with(
        "is no lane; lanes are planned, claimed, in_progress, for_review, in_review, approved, done, blocked, canceled"
    ));
}

#[test]
fn done_and_canceled_are_terminal_and_nothing_follows_them() {
    for lane in Lane::ALL {
        let is_terminal = matches!(lane, Lane::Done | Lane::Canceled);
        assert_eq!(lane.is_terminal(), is_terminal, "{lane}");
        let has_none = is_terminal || lane == Lane::Uninitialized;
        assert_eq!(lane.targets().is_empty(), has_none, "{lane}");
        assert_eq!(lane.is_display(), Lane::DISPLAY.contains(&lane), "{lane}");
    }
}

#[test]
fn the_edges_are_those_of_the_python_tool() {
    for (from, targets) in [
        ("genesis", "planned canceled"),
        ("uninitialized", ""),
        ("planned", "claimed blocked canceled"),
        ("claimed", "in_progress blocked canceled"),
        (
            "in_progress",
            "for_review approved planned blocked canceled",
        ),
        ("for_review", "in_review blocked canceled"),
        (
            "in_review",
            "approved done in_progress planned blocked canceled",
        ),
        ("approved", "done in_progress planned blocked canceled"),
        ("done", ""),
        ("blocked", "in_progress canceled"),
        ("canceled", ""),
    ] {
        let expected: Vec<Lane> = targets
            .split_whitespace()
            .map(|name| Lane::parse(name).unwrap())
            .collect();
        assert_eq!(Lane::parse(from).unwrap().targets(), expected, "{from}");
    }
}
