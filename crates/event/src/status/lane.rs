//! Lanes: where a work package stands, and which lane can follow which.

use std::fmt;

/// Where a work package stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Before its first transition; never a target, never on a board.
    Genesis,
    /// Known from annotations alone; a snapshot's word, in no transition.
    Uninitialized,
    /// Ready to be taken.
    Planned,
    /// Taken by an actor.
    Claimed,
    /// Being worked on.
    InProgress,
    /// Waits for a reviewer.
    ForReview,
    /// Being reviewed.
    InReview,
    /// Reviewed, and good.
    Approved,
    /// Finished.
    Done,
    /// Waits for something outside.
    Blocked,
    /// Given up.
    Canceled,
}

/// A text that is no lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no lane; lanes are {names}", names = Lane::names())]
pub struct LaneError(
    /// The text, cut to 80 characters.
    pub String,
);

/// What stands for a lane at the command line and in no row.
const ALIASES: [(&str, Lane); 1] = [("doing", Lane::InProgress)];

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 11] = [
        Self::Genesis,
        Self::Uninitialized,
        Self::Planned,
        Self::Claimed,
        Self::InProgress,
        Self::ForReview,
        Self::InReview,
        Self::Approved,
        Self::Done,
        Self::Blocked,
        Self::Canceled,
    ];

    /// The lanes of a board, in its order; the summary of a snapshot counts these.
    pub const DISPLAY: [Self; 9] = [
        Self::Planned,
        Self::Claimed,
        Self::InProgress,
        Self::ForReview,
        Self::InReview,
        Self::Approved,
        Self::Done,
        Self::Blocked,
        Self::Canceled,
    ];

    /// Returns the lane as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Uninitialized => "uninitialized",
            Self::Planned => "planned",
            Self::Claimed => "claimed",
            Self::InProgress => "in_progress",
            Self::ForReview => "for_review",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Blocked => "blocked",
            Self::Canceled => "canceled",
        }
    }

    /// Reads a lane as rows have it: exactly, and without aliases.
    pub fn parse(text: &str) -> Option<Self> {
        // Spelled out, because every row comes through here.
        Some(match text {
            "genesis" => Self::Genesis,
            "uninitialized" => Self::Uninitialized,
            "planned" => Self::Planned,
            "claimed" => Self::Claimed,
            "in_progress" => Self::InProgress,
            "for_review" => Self::ForReview,
            "in_review" => Self::InReview,
            "approved" => Self::Approved,
            "done" => Self::Done,
            "blocked" => Self::Blocked,
            "canceled" => Self::Canceled,
            _ => return None,
        })
    }

    /// Reads a lane as a person types it: in any case, with blanks around it, or by an alias. The lanes
    /// that only the log itself uses are none of a person's.
    ///
    /// # Errors
    /// When the text names no lane of a board.
    pub fn parse_alias(text: &str) -> Result<Self, LaneError> {
        let name = text.trim().to_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        alias
            .map(|(_, lane)| *lane)
            .or_else(|| Self::parse(&name))
            .filter(|lane| lane.is_display())
            .ok_or_else(|| LaneError(text.chars().take(80).collect()))
    }

    /// Whether nothing leaves this lane but by force.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Done | Self::Canceled)
    }

    /// Whether a board shows this lane.
    pub const fn is_display(self) -> bool {
        !matches!(self, Self::Genesis | Self::Uninitialized)
    }

    /// Returns the lanes that can follow this one without force.
    pub const fn targets(self) -> &'static [Self] {
        match self {
            Self::Genesis => &[Self::Planned, Self::Canceled],
            Self::Planned => &[Self::Claimed, Self::Blocked, Self::Canceled],
            Self::Claimed => &[Self::InProgress, Self::Blocked, Self::Canceled],
            Self::InProgress => &[
                Self::ForReview,
                Self::Approved,
                Self::Planned,
                Self::Blocked,
                Self::Canceled,
            ],
            Self::ForReview => &[Self::InReview, Self::Blocked, Self::Canceled],
            Self::InReview => &[
                Self::Approved,
                Self::Done,
                Self::InProgress,
                Self::Planned,
                Self::Blocked,
                Self::Canceled,
            ],
            Self::Approved => &[
                Self::Done,
                Self::InProgress,
                Self::Planned,
                Self::Blocked,
                Self::Canceled,
            ],
            Self::Blocked => &[Self::InProgress, Self::Canceled],
            Self::Uninitialized | Self::Done | Self::Canceled => &[],
        }
    }

    /// Returns the first lane on the shortest way to another without force; none where there is no way.
    pub fn towards(self, goal: Self) -> Option<Self> {
        let mut seen = vec![self];
        let mut ways: Vec<(Self, Self)> =
            self.targets().iter().map(|lane| (*lane, *lane)).collect();
        while !ways.is_empty() {
            if let Some((first, _)) = ways.iter().find(|(_, last)| *last == goal) {
                return Some(*first);
            }
            let mut longer = Vec::new();
            for (first, last) in ways {
                if !seen.contains(&last) {
                    seen.push(last);
                    longer.extend(last.targets().iter().map(|lane| (first, *lane)));
                }
            }
            ways = longer;
        }
        None
    }

    fn names() -> String {
        Self::DISPLAY.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
