//! Every way in which this crate refuses a value, with its code, next step and exit code.

use crate::decision::{PayloadError, RowError};
use crate::frame::FrameError;
use crate::id::IdError;
use crate::json::ParseError;
use crate::status::{IdentityError, LaneError, Refusal};

/// A refused value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A text is no identifier.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A decision can't be asked or answered so.
    #[error(transparent)]
    Decision(#[from] PayloadError),
    /// A line is no JSON object that can be kept exactly.
    #[error(transparent)]
    Json(#[from] ParseError),
    /// A line is no row of a journal.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A text is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A text is no lane.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// A rule forbids a transition.
    #[error(transparent)]
    Transition(#[from] Refusal),
    /// A mission's `meta.json` can't be shown in a snapshot.
    #[error(transparent)]
    Mission(#[from] IdentityError),
}

impl Error {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Id(_) => "INVALID_ID",
            Self::Decision(error) => error.code(),
            Self::Json(error) => error.code(),
            Self::Row(error) => error.code(),
            Self::Frame(error) => error.code(),
            Self::Lane(_) => "LANE_UNKNOWN",
            Self::Transition(refusal) => refusal.code(),
            Self::Mission(_) => "MISSION_NUMBER_INVALID",
        }
    }

    /// Returns a command that helps, if one does.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Decision(_) => Some("pawtrail decision --help".to_owned()),
            Self::Json(_) | Self::Row(_) => Some("pawtrail doctor".to_owned()),
            Self::Lane(_) => Some("pawtrail wp move --help".to_owned()),
            Self::Transition(refusal) => refusal.next_step(),
            Self::Id(_) | Self::Frame(_) | Self::Mission(_) => None,
        }
    }

    /// Returns the exit code: 2 where an argument is wrong, 1 where data is.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Id(_) | Self::Decision(_) | Self::Lane(_) => 2,
            Self::Json(_)
            | Self::Row(_)
            | Self::Frame(_)
            | Self::Transition(_)
            | Self::Mission(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldError;
    use crate::decision::parse_row;
    use crate::frame::Frame;
    use crate::json::parse;
    use crate::status::{Lane, Rule};

    const ULID: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";

    fn row(rest: &str) -> Error {
        parse_row(&format!("{{\"event_id\":{rest}}}"))
            .unwrap_err()
            .into()
    }

    #[test]
    fn every_error_has_a_code_a_next_step_and_an_exit_code() {
        let id = "x".parse::<crate::MissionId>().unwrap_err();
        let commit = format!(
            "{{\"type\":\"LocalCommit\",\"git_hash\":\"{}\",\"mission_id\":\"{ULID}\",\"build_id\":\"{ULID}\",\"changed_files\":[],\"committed_at\":\"\"}}",
            "a".repeat(40)
        );
        let doctor = Some("pawtrail doctor");
        let cases: Vec<(Error, &str, Option<&str>, u8)> = vec![
            (id.into(), "INVALID_ID", None, 2),
            (
                PayloadError::from(FieldError::Blank("answer")).into(),
                "DECISION_FIELD_EMPTY",
                Some("pawtrail decision --help"),
                2,
            ),
            (parse("").unwrap_err().into(), "LINE_NOT_JSON", doctor, 1),
            (
                parse("{\"a\":NaN}").unwrap_err().into(),
                "LINE_NOT_JSON",
                doctor,
                1,
            ),
            (
                parse("[]").unwrap_err().into(),
                "LINE_NOT_AN_OBJECT",
                doctor,
                1,
            ),
            (
                parse("{\"a\":-0}").unwrap_err().into(),
                "LINE_NUMBER_INEXACT",
                doctor,
                1,
            ),
            (
                parse(&" ".repeat(crate::json::MAX_LINE_BYTES + 1))
                    .unwrap_err()
                    .into(),
                "LINE_TOO_LONG",
                doctor,
                1,
            ),
            (row("1"), "ROW_FIELD_MISSING", doctor, 1),
            (row("NaN"), "LINE_NOT_JSON", doctor, 1),
            (row("\"x\""), "ROW_EVENT_ID_INVALID", doctor, 1),
            (
                row(&format!(
                    "\"{ULID}\",\"at\":\"\",\"event_type\":\"DecisionInputAnswered\""
                )),
                "ROW_PAYLOAD_MALFORMED",
                doctor,
                1,
            ),
            (
                Frame::parse("").unwrap_err().into(),
                "FRAME_MALFORMED",
                None,
                1,
            ),
            (
                Frame::parse(&commit).unwrap_err().into(),
                "FRAME_INVALID",
                None,
                1,
            ),
            (
                Frame::parse(&" ".repeat(crate::frame::MAX_FRAME_BYTES + 1))
                    .unwrap_err()
                    .into(),
                "FRAME_TOO_LARGE",
                None,
                1,
            ),
            (
                Lane::parse_alias("todo").unwrap_err().into(),
                "LANE_UNKNOWN",
                Some("pawtrail wp move --help"),
                2,
            ),
            (
                Refusal {
                    wp_id: "WP01".parse().unwrap(),
                    from_lane: Lane::InProgress,
                    to_lane: Lane::Planned,
                    rule: Rule::NeedsReason,
                }
                .into(),
                "TRANSITION_NEEDS_REASON",
                Some("pawtrail wp move --help"),
                1,
            ),
            (
                IdentityError("true".to_owned()).into(),
                "MISSION_NUMBER_INVALID",
                None,
                1,
            ),
        ];
        for (error, code, next_step, exit_code) in cases {
            assert_eq!(error.code(), code, "{error}");
            assert_eq!(error.next_step().as_deref(), next_step, "{error}");
            assert_eq!(error.exit_code(), exit_code, "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}
