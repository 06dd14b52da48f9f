//! What is asked of the fields of any payload that we write: that they say something, and how large they may be.

/// Why a field is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A field that must say something is empty, or only white space.
    #[error("the {0} is empty")]
    Blank(&'static str),
    /// A field is too long.
    #[error("the {field} has {bytes} bytes; the limit is {limit}")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A question has too many options.
    #[error("the question has {count} options; the limit is {limit}")]
    TooManyOptions {
        /// How many.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
}

impl FieldError {
    /// Returns the name of the field.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Blank(field) | Self::TooLong { field, .. } => field,
            Self::TooManyOptions { .. } => "option",
        }
    }
}

/// Asks of a text that it says something, and how long it may be, in bytes.
pub(crate) fn said(field: &'static str, text: &str, limit: usize) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::Blank(field));
    }
    within(field, text, limit)
}

/// Asks of a text that may say nothing how long it may be, in bytes.
pub(crate) fn within(field: &'static str, text: &str, limit: usize) -> Result<(), FieldError> {
    match text.len() {
        bytes if bytes > limit => Err(FieldError::TooLong {
            field,
            bytes,
            limit,
        }),
        _ => Ok(()),
    }
}

/// Asks of a question how many options it may have.
pub(crate) fn options(count: usize, limit: usize) -> Result<(), FieldError> {
    match count > limit {
        true => Err(FieldError::TooManyOptions { count, limit }),
        false => Ok(()),
    }
}
