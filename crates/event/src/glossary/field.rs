//! What a field of a payload may hold: how large it may be, and why one is refused.

use crate::field::{FieldError, said};

/// The largest term, in bytes.
pub const MAX_TERM_BYTES: usize = 256;
/// The largest question, in bytes.
pub const MAX_QUESTION_BYTES: usize = 16 * 1024;
/// The largest definition, in bytes.
pub const MAX_DEFINITION_BYTES: usize = 64 * 1024;
/// The most options of a question.
pub const MAX_OPTIONS: usize = 64;
/// The largest of the short fields (step, check, option, actor), in bytes.
pub const MAX_SHORT_BYTES: usize = 1024;

/// Why a value is no payload of the glossary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The event type is none of the glossary's.
    #[error("`{0}` is no event type of the glossary")]
    UnknownType(String),
    /// A field is missing, of another type, or none of the words it may be.
    #[error("the payload of {event_type} is malformed: {reason}")]
    Malformed {
        /// The type.
        event_type: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A field is empty or too large.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A confidence is not from 0 to 1.
    #[error("the confidence {0} is not from 0 to 1")]
    Confidence(String),
    /// A term that would not stand on one line.
    #[error("the term holds a control character")]
    TermNotPlain,
}

impl PayloadError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownType(_) => "GLOSSARY_TYPE_UNKNOWN",
            Self::Malformed { .. } => "GLOSSARY_PAYLOAD_MALFORMED",
            Self::Field(FieldError::Blank(_)) => "GLOSSARY_FIELD_EMPTY",
            Self::Confidence(_) => "GLOSSARY_CONFIDENCE_INVALID",
            Self::Field(FieldError::TooLong { .. }) => "GLOSSARY_FIELD_TOO_LONG",
            Self::Field(FieldError::TooManyOptions { .. }) => "GLOSSARY_TOO_MANY_OPTIONS",
            Self::TermNotPlain => "GLOSSARY_TERM_INVALID",
        }
    }
}

/// What the contract asks of a text: that it isn't empty.
pub(super) fn filled(fields: &[(&'static str, &str)]) -> Result<(), PayloadError> {
    match fields.iter().find(|(_, text)| text.is_empty()) {
        Some((field, _)) => Err(FieldError::Blank(field).into()),
        None => Ok(()),
    }
}

/// What the contract asks of a confidence: that it is from 0 to 1.
pub(super) fn sure(confidence: f64) -> Result<(), PayloadError> {
    if (0.0..=1.0).contains(&confidence) {
        Ok(())
    } else {
        Err(PayloadError::Confidence(confidence.to_string()))
    }
}

/// What we ask of a term that we write: that it stands on one line.
pub(super) fn term(text: &str) -> Result<(), PayloadError> {
    said("term", text, MAX_TERM_BYTES)?;
    if text.chars().any(char::is_control) {
        return Err(PayloadError::TermNotPlain);
    }
    Ok(())
}

/// What we ask of short texts that we write.
pub(super) fn short(fields: &[(&'static str, &str)]) -> Result<(), FieldError> {
    fields
        .iter()
        .try_for_each(|(field, text)| said(field, text, MAX_SHORT_BYTES))
}
