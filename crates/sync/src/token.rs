//! The token of a hub: a secret that is shown to that hub and to nobody else.

use std::fmt;
use std::str::FromStr;

/// The longest token, in bytes.
const MAX_BYTES: usize = 1_024;

/// A hub's token. It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is no token. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token has 8 to 1,024 visible ASCII characters and no blanks")]
pub struct TokenError;

impl Token {
    /// Returns the secret, for the one header and the one file that hold it.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = TokenError;

    /// Takes a token as a person or a file gives it: white space around it is dropped.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let fits =
            (8..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(TokenError)
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        let token: Token = " secret-token\n".parse().unwrap();
        assert_eq!(token.secret(), "secret-token");
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn what_would_break_a_header_is_refused_without_being_repeated() {
        for bad in [
            "",
            "short",
            "has blank inside",
            "line\nbreak-in-it",
            "ümlaut-token",
        ] {
            let error = bad.parse::<Token>().unwrap_err();
            assert!(bad.is_empty() || !error.to_string().contains(bad));
        }
        assert!("x".repeat(1_025).parse::<Token>().is_err());
    }
}
