//! Who can reach a hub, and what protects the line to it.

use std::net::SocketAddr;

use crate::error::{HubError, Result};
use crate::public_url::PublicUrl;
use crate::tls::Certificate;

/// Who can reach a hub, and what protects the line to it.
#[derive(Debug)]
pub enum Reach {
    /// This machine alone, in clear text. Pages need no token.
    Loopback,
    /// Others, over TLS that the hub itself speaks.
    Tls {
        /// The address that others know.
        public: PublicUrl,
        /// What the hub shows them.
        certificate: Certificate,
    },
    /// Others, by a proxy that speaks TLS and passes all on in clear text. What a proxy says of who asked isn't believed.
    Proxy {
        /// The address that others know.
        public: PublicUrl,
    },
}

impl Reach {
    /// Checks that a hub may listen at `address`.
    ///
    /// # Errors
    /// When others could reach it there in the clear.
    pub fn check(&self, address: SocketAddr) -> Result<()> {
        match self {
            Self::Loopback if !address.ip().to_canonical().is_loopback() => {
                Err(HubError::NotLoopback(address))
            }
            Self::Loopback | Self::Tls { .. } | Self::Proxy { .. } => Ok(()),
        }
    }

    /// Returns the address that others know; none on loopback.
    pub fn public(&self) -> Option<&PublicUrl> {
        match self {
            Self::Loopback => None,
            Self::Tls { public, .. } | Self::Proxy { public } => Some(public),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_protects_the_line_listens_off_loopback() {
        let proxy = Reach::Proxy {
            public: "https://hub.example.org".parse().unwrap(),
        };
        for (address, is_loopback) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("10.0.0.7:1", false),
            ("[::ffff:10.0.0.7]:1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(Reach::Loopback.check(address).is_ok(), is_loopback);
            assert!(proxy.check(address).is_ok());
        }
    }
}
