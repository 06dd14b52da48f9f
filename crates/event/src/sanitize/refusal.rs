//! Why a line can't be sanitized.

/// How deep a line may be nested.
pub const MAX_LINE_DEPTH: usize = 100_000;

/// A line that can't be sanitized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The line is no JSON document.
    #[error("the line is not JSON: {reason} at byte {at}")]
    Syntax {
        /// Where, in bytes from the start of the line.
        at: usize,
        /// What was wrong there; never a part of the line.
        reason: &'static str,
    },
    /// The line is nested deeper than [`MAX_LINE_DEPTH`].
    #[error("the line is nested deeper than {MAX_LINE_DEPTH} levels, at byte {at}")]
    TooDeep {
        /// Where, in bytes from the start of the line.
        at: usize,
    },
}

impl Refusal {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "LINE_NOT_JSON",
            Self::TooDeep { .. } => "LINE_TOO_DEEP",
        }
    }
}
