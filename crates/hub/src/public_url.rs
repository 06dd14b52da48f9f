//! The address by which other machines know a hub.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::error::HubError;

/// The longest address, in bytes.
const MAX_BYTES: usize = 2_048;

/// The address by which other machines know a hub: `https`, a host, maybe a port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Returns host and port as browsers name them: small letters, without the port that `https` has anyway.
    pub(crate) fn authority(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or(&self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let refused = |reason| Err(HubError::PublicUrl(reason));
        if text.len() > MAX_BYTES {
            return refused("it is longer than 2,048 bytes");
        }
        let Ok(url) = Url::parse(text) else {
            return refused("it is no URL");
        };
        if url.scheme() != "https" {
            return refused("it must start with `https://`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("it may hold no name and no password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refused("it may hold no query and no fragment");
        }
        // The cookie's kind is for a whole host, and pages name each other from the root.
        if url.path() != "/" {
            return refused("a hub has a host or a port of its own and no path below another site");
        }
        if url.port() == Some(0) {
            return refused("port 0 is nobody's");
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_browsers_name_it() {
        for (text, shown, authority) in [
            (
                "https://hub.example.org",
                "https://hub.example.org",
                "hub.example.org",
            ),
            (
                "https://Hub.Example.org:443/",
                "https://hub.example.org",
                "hub.example.org",
            ),
            (
                "https://hub.example.org:7878",
                "https://hub.example.org:7878",
                "hub.example.org:7878",
            ),
            (
                "https://[2001:db8::1]:7878/",
                "https://[2001:db8::1]:7878",
                "[2001:db8::1]:7878",
            ),
            ("https://10.0.0.7", "https://10.0.0.7", "10.0.0.7"),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!(
                (url.to_string().as_str(), url.authority()),
                (shown, authority)
            );
            assert_eq!(shown.parse::<PublicUrl>().unwrap(), url);
        }
    }

    #[test]
    fn what_is_no_address_of_a_hub_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "no URL"),
            ("hub.example.org", "no URL"),
            ("https://", "no URL"),
            ("http://hub.example.org", "https://"),
            ("wss://hub.example.org", "https://"),
            ("https://me@hub.example.org", "name"),
            ("https://me:hunter22@hub.example.org", "password"),
            ("https://hub.example.org/?", "query"),
            ("https://hub.example.org/#top", "fragment"),
            ("https://hub.example.org/pawtrail", "path"),
            ("https://hub.example.org//", "path"),
            ("https://hub.example.org:0", "port"),
        ] {
            let error = text.parse::<PublicUrl>().unwrap_err();
            assert_eq!((error.code(), error.exit_code()), ("HUB_PUBLIC_URL", 2));
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert!(!error.to_string().contains("hunter22"));
        }
        let long = format!("https://{}.example", "x".repeat(3_000));
        assert!(long.parse::<PublicUrl>().is_err());
    }
}
