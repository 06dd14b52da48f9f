//! Secrets: random texts that are given away once, and their hashes, which are all that is kept.

use sha2::{Digest, Sha256};

use crate::error::{HubError, Result};

/// The random bytes in a secret.
const BYTES: usize = 32;
/// How many characters a secret has.
pub(crate) const DIGITS: usize = BYTES * 2;

/// The SHA-256 of a secret: what is stored and looked up. Equal prefixes of two secrets give
/// unrelated hashes, so the time a lookup takes says nothing about a stored secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

impl SecretHash {
    /// Returns the hash of a secret's text.
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

/// Returns a new secret: 64 hexadecimal digits.
pub(crate) fn new() -> Result<String> {
    random_hex::<BYTES>()
}

/// Returns random hexadecimal digits, two for each of `N` bytes.
pub(crate) fn random_hex<const N: usize>() -> Result<String> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|error| HubError::Random(error.to_string()))?;
    Ok(hex(&bytes))
}

/// Returns whether a text has the form of a secret.
pub(crate) fn is_secret(text: &str) -> bool {
    text.len() == DIGITS && is_hex(text)
}

/// Returns whether a text holds nothing but small hexadecimal digits.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}
