//! A browser's session: the secret in its cookie, what the hub keeps of it, and how the cookie travels.

use axum::http::header::{self, HeaderMap};
use jiff::SignedDuration;

use crate::error::Result;
use crate::secret::{self, SecretHash};

/// Browsers take a cookie of such a name only over TLS, for the whole host, and from no other host.
const COOKIE: &str = "__Host-pawtrail";
/// How long a browser stays signed in.
pub(crate) const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A session that begins: the only time its secret is known.
pub(crate) struct NewSession {
    pub(crate) hash: SecretHash,
    /// What the browser keeps.
    pub(crate) cookie: String,
}

/// Makes a session.
pub(crate) fn begin() -> Result<NewSession> {
    let secret = secret::new()?;
    Ok(NewSession {
        hash: SecretHash::of(&secret),
        cookie: cookie(&secret, LASTS.as_secs()),
    })
}

/// Returns what makes a browser forget its session.
pub(crate) fn forget() -> String {
    cookie("", 0)
}

/// Returns the hash of the session that a request belongs to, if it says one.
pub(crate) fn of(headers: &HeaderMap) -> Option<SecretHash> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    // Two of them: nobody knows which one the browser was given by this hub.
    match (found.next(), found.next()) {
        (Some(secret), None) if secret::is_secret(secret) => Some(SecretHash::of(secret)),
        (None | Some(_), _) => None,
    }
}

fn cookie(secret: &str, seconds: i64) -> String {
    format!("{COOKIE}={secret}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn found(cookies: &[&str]) -> Option<SecretHash> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_cookie_comes_back_as_its_session() {
        let new = begin().unwrap();
        let text = &new.cookie;
        for part in [
            "Max-Age=604800",
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=Strict",
        ] {
            assert!(text.split("; ").any(|found| found == part), "{text}");
        }
        let pair = text.split(';').next().unwrap();
        assert!(pair.starts_with("__Host-pawtrail="));
        assert!(found(&[pair]) == Some(new.hash));
        assert!(found(&[&format!("theme=dark; {pair} ; x=1")]) == Some(new.hash));
        assert!(found(&["theme=dark", pair]) == Some(new.hash));
        assert!(begin().unwrap().hash != new.hash);
        assert!(forget().contains("=; Max-Age=0;"));
    }

    #[test]
    fn what_is_no_session_of_ours_is_none() {
        let good = "0".repeat(64);
        for cookie in [
            String::new(),
            format!("pawtrail={good}"),
            format!("__host-pawtrail={good}"),
            "__Host-pawtrail=".to_owned(),
            format!("__Host-pawtrail={good}0"),
            format!("__Host-pawtrail=\"{good}\""),
            format!("__Host-pawtrail={}", "g".repeat(64)),
            format!("__Host-pawtrail={good}; __Host-pawtrail={}", "1".repeat(64)),
        ] {
            assert!(found(&[&cookie]).is_none(), "{cookie}");
        }
    }
}
