//! The address of a hub, and which addresses are allowed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ::url::{Host, Url};

/// The path of the WebSocket endpoint below a hub's base address.
const ENDPOINT: &str = "/api/v1/ws";
/// The path of the batch endpoint below a hub's base address.
const BATCH: &str = "/api/v1/events/batch/";
/// The path of a hub's word about itself.
const HEALTH: &str = "/api/v1/health";
/// The longest address, in bytes.
const MAX_BYTES: usize = 2_048;

/// The base address of a hub: `https` to anywhere, `http` to loopback only; no credentials, no
/// query, no fragment, no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubUrl {
    base: Url,
    host: Host<String>,
    port: u16,
}

/// Why an address is no hub's. Never repeats the address: it might hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL at all.
    #[error("the hub's address is no URL: {0}")]
    Malformed(String),
    /// Neither `https` nor `http`.
    #[error("the hub's address must start with `https://` (or `http://` to loopback)")]
    Scheme,
    /// Clear text to another machine.
    #[error("plain `http` goes to loopback only; use `https://` for a hub on another machine")]
    ClearText,
    /// A name or password in the address.
    #[error("the hub's address holds credentials; pass the token by `--token-file`")]
    Credentials,
    /// A query or fragment.
    #[error("the hub's address holds a query or fragment; give the base address alone")]
    Extra,
}

impl HubUrl {
    /// Returns the host to connect to.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// Returns the port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Tells whether the connection is in clear text, which is for loopback alone.
    pub fn is_plain(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// Returns the address of the batch endpoint.
    pub fn batch(&self) -> String {
        format!("{self}{BATCH}")
    }

    /// Returns the address at which the hub tells how it is, and its limits.
    pub fn health(&self) -> String {
        format!("{self}{HEALTH}")
    }

    /// Returns the address of the WebSocket endpoint.
    pub fn websocket(&self) -> String {
        let scheme = if self.is_plain() { "ws" } else { "wss" };
        let base = self.to_string();
        let rest = base
            .split_once("://")
            .map_or(base.as_str(), |(_, rest)| rest);
        format!("{scheme}://{rest}{ENDPOINT}")
    }
}

impl FromStr for HubUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_BYTES {
            return Err(UrlError::Malformed(format!(
                "longer than {MAX_BYTES} bytes"
            )));
        }
        let mut base =
            Url::parse(text.trim()).map_err(|error| UrlError::Malformed(error.to_string()))?;
        let plain = match base.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(UrlError::Scheme),
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(UrlError::Extra);
        }
        let host = base
            .host()
            .ok_or_else(|| UrlError::Malformed("it names no host".to_owned()))?
            .to_owned();
        if plain && !is_loopback(&host) {
            return Err(UrlError::ClearText);
        }
        let port = base
            .port_or_known_default()
            .ok_or_else(|| UrlError::Malformed("it names no port".to_owned()))?;
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { base, host, port })
    }
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

/// Tells whether a host is this machine. A name is believed only if it is `localhost`; the door
/// checks again what it resolves to.
fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> UrlError {
        text.parse::<HubUrl>().unwrap_err()
    }

    #[test]
    fn https_becomes_wss_and_http_to_loopback_becomes_ws() {
        for (base, endpoint) in [
            ("https://hub.example/", "wss://hub.example/api/v1/ws"),
            (
                "https://hub.example:8443/team/a/",
                "wss://hub.example:8443/team/a/api/v1/ws",
            ),
            ("http://127.0.0.1:7777", "ws://127.0.0.1:7777/api/v1/ws"),
            ("http://127.9.9.9", "ws://127.9.9.9/api/v1/ws"),
            ("http://localhost:80", "ws://localhost/api/v1/ws"),
            ("http://[::1]:9", "ws://[::1]:9/api/v1/ws"),
        ] {
            let url: HubUrl = base.parse().unwrap();
            assert_eq!(url.websocket(), endpoint);
            let again: HubUrl = url.to_string().parse().unwrap();
            assert_eq!(again, url);
        }
    }

    #[test]
    fn clear_text_stays_on_this_machine() {
        for text in [
            "http://hub.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "http://[2001:db8::1]",
            "http://0.0.0.0",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert_eq!(refused(text), UrlError::ClearText, "{text}");
        }
    }

    #[test]
    fn what_could_hide_a_secret_is_refused_and_not_repeated() {
        assert_eq!(
            refused("https://me:hunter22@hub.example"),
            UrlError::Credentials
        );
        assert_eq!(refused("https://me@hub.example"), UrlError::Credentials);
        assert_eq!(
            refused("https://hub.example/?token=hunter22"),
            UrlError::Extra
        );
        assert_eq!(refused("https://hub.example/#x"), UrlError::Extra);
        assert_eq!(refused("ftp://hub.example"), UrlError::Scheme);
        assert!(matches!(refused("not a url"), UrlError::Malformed(_)));
        assert!(matches!(
            refused(&"x".repeat(3_000)),
            UrlError::Malformed(_)
        ));
    }
}
