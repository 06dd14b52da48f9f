//! Tokens: random, shown once, scoped to a project, stored as a hash.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use serde::{Serialize, Serializer};

use crate::error::{HubError, Result};
use crate::secret::{self, SecretHash};

const PREFIX: &str = "pwt_";
const ID_PREFIX: &str = "tok_";
const ID_DIGITS: usize = 12;

/// The public name of a token: `tok_` and 12 hexadecimal digits. It opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TokenId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromStr for TokenId {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix(ID_PREFIX) {
            Some(digits) if digits.len() == ID_DIGITS && secret::is_hex(digits) => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(HubError::TokenIdInvalid(text.chars().take(80).collect())),
        }
    }
}

/// What a token allows, each for its one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// To look at the board, and to send frames and batches.
    ReadWrite,
    /// To look at the board.
    ReadOnly,
}

impl Access {
    /// Returns the name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadWrite => "read_write",
            Self::ReadOnly => "read_only",
        }
    }
}

impl FromStr for Access {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        [Self::ReadWrite, Self::ReadOnly]
            .into_iter()
            .find(|access| access.as_str() == text)
            .ok_or_else(|| "neither read_write nor read_only".to_owned())
    }
}

/// A token that was made just now: the only time its text is known.
#[derive(Clone, Serialize)]
pub struct NewToken {
    /// Its public name, for `revoke`.
    pub id: TokenId,
    /// The secret: `pwt_` and 64 hexadecimal digits.
    pub token: String,
    /// The project that it is for.
    pub project: ProjectUuid,
    /// What it allows there.
    pub access: Access,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken")
            .field("id", &self.id)
            .field("project", &self.project)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// What the hub keeps of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its public name.
    pub id: TokenId,
    /// The project that it is for.
    pub project: ProjectUuid,
    /// What it allows there.
    pub access: Access,
    /// What its maker called it.
    pub label: String,
    /// When it was made.
    #[serde(serialize_with = "rfc3339")]
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    #[serde(serialize_with = "rfc3339_if")]
    pub revoked_at: Option<Timestamp>,
}

fn rfc3339<S: Serializer>(at: &Timestamp, out: S) -> std::result::Result<S::Ok, S::Error> {
    out.collect_str(at)
}

fn rfc3339_if<S: Serializer>(
    at: &Option<Timestamp>,
    out: S,
) -> std::result::Result<S::Ok, S::Error> {
    match at {
        Some(at) => out.collect_str(at),
        None => out.serialize_none(),
    }
}

/// Makes a token with its hash.
pub(crate) fn generate(project: &ProjectUuid, access: Access) -> Result<(NewToken, SecretHash)> {
    let token = format!("{PREFIX}{}", secret::new()?);
    let hash = SecretHash::of(&token);
    let new = NewToken {
        id: TokenId(format!(
            "{ID_PREFIX}{}",
            secret::random_hex::<{ ID_DIGITS / 2 }>()?
        )),
        token,
        project: project.clone(),
        access,
    };
    Ok((new, hash))
}

/// Checks a label: it is shown to people.
pub(crate) fn check_label(label: &str) -> Result<()> {
    if label.chars().count() > 100 || label.chars().any(char::is_control) {
        return Err(HubError::LabelInvalid);
    }
    Ok(())
}

/// Returns the hash of the token in an `Authorization` header, if it has the form of one.
pub(crate) fn from_authorization(value: &str) -> Option<SecretHash> {
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    from_text(token)
}

/// Returns the hash of a token as a person gave it, if it has the form of one.
pub(crate) fn from_text(text: &str) -> Option<SecretHash> {
    let token = text.trim();
    let digits = token.strip_prefix(PREFIX)?;
    secret::is_secret(digits).then(|| SecretHash::of(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectUuid {
        "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()
    }

    #[test]
    fn a_token_is_random_and_its_header_gives_its_hash() {
        let (one, hash) = generate(&project(), Access::ReadWrite).unwrap();
        let (two, other) = generate(&project(), Access::ReadWrite).unwrap();
        assert_ne!(one.token, two.token);
        assert_ne!(one.id, two.id);
        assert!(hash != other);
        assert_eq!(one.token.len(), 4 + 64);
        assert!(from_authorization(&format!("Bearer {}", one.token)) == Some(hash));
        assert!(from_authorization(&format!("bearer {}", one.token)) == Some(hash));
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_none() {
        let (new, _) = generate(&project(), Access::ReadWrite).unwrap();
        for value in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer pwt_".to_owned(),
            new.token.clone(),
            format!("Basic {}", new.token),
            format!("Bearer {}0", new.token),
            format!("Bearer {}", new.token.to_uppercase()),
        ] {
            assert!(from_authorization(&value).is_none(), "{value}");
        }
    }

    #[test]
    fn what_a_token_allows_reads_back_as_it_is_shown() {
        for access in [Access::ReadWrite, Access::ReadOnly] {
            assert_eq!(access.as_str().parse(), Ok(access));
            assert_eq!(serde_json::to_value(access).unwrap(), access.as_str());
        }
        assert!("".parse::<Access>().is_err());
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let (new, _) = generate(&project(), Access::ReadWrite).unwrap();
        assert!(!format!("{new:?}").contains(&new.token));
    }

    #[test]
    fn token_ids_and_labels_are_checked() {
        let (new, _) = generate(&project(), Access::ReadWrite).unwrap();
        assert_eq!(new.id.as_str().parse::<TokenId>().unwrap(), new.id);
        for text in ["", "tok_", "tok_00000000000G", "pwt_000000000000"] {
            assert_eq!(
                text.parse::<TokenId>().unwrap_err().code(),
                "HUB_TOKEN_ID_INVALID"
            );
        }
        assert!(check_label("laptop").is_ok());
        assert!(check_label("two\nlines").is_err());
        assert!(check_label(&"x".repeat(101)).is_err());
    }
}
