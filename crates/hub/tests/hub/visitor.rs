//! A browser's side, by hand: over TLS or not, with exactly the headers that a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use pawtrail_hub::{Certificate, Reach, Timing};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, Client, Line, PATIENCE, Server};

/// An authority that was made for these tests, whose own key is gone, and two certificates that it gave `localhost`.
pub(crate) const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
pub(crate) const FIRST: [&[u8]; 2] = [
    include_bytes!("tls/first.pem"),
    include_bytes!("tls/first.key"),
];
pub(crate) const SECOND: [&[u8]; 2] = [
    include_bytes!("tls/second.pem"),
    include_bytes!("tls/second.key"),
];

/// Writes a certificate and its key to where hubs of a test read them.
pub(crate) fn write_pair(dir: &Path, pair: [&[u8]; 2]) {
    for (name, bytes) in ["hub.pem", "hub.key"].into_iter().zip(pair) {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
}

/// A hub that speaks TLS itself.
pub(crate) fn over_tls(dir: &Path, timing: Timing) -> (Server, Visitor) {
    write_pair(dir, FIRST);
    let certificate = Certificate::open(&dir.join("hub.pem"), &dir.join("hub.key")).unwrap();
    let server = Server::reached(&dir.join("hub.db"), timing, |address| Reach::Tls {
        public: format!("https://localhost:{}", address.port())
            .parse()
            .unwrap(),
        certificate,
    });
    let visitor = Visitor {
        address: server.address,
        authority: format!("localhost:{}", server.address.port()),
        tls: Some(trusting()),
    };
    (server, visitor)
}

/// A hub behind a proxy, which is the test.
pub(crate) fn behind_proxy(dir: &Path, timing: Timing) -> (Server, Visitor) {
    let server = Server::reached(&dir.join("hub.db"), timing, |_| Reach::Proxy {
        public: "https://hub.example.org".parse().unwrap(),
    });
    let visitor = Visitor {
        address: server.address,
        authority: "hub.example.org".to_owned(),
        tls: None,
    };
    (server, visitor)
}

fn trusting() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(AUTHORITY).unwrap())
        .unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// Somebody on another machine.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) address: SocketAddr,
    /// Host and port as a browser names them.
    pub(crate) authority: String,
    tls: Option<Arc<ClientConfig>>,
}

impl Visitor {
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.authority)
    }

    pub(crate) fn line(&self) -> Box<dyn Line> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        match &self.tls {
            None => Box::new(stream),
            Some(config) => {
                let name = "localhost".try_into().unwrap();
                let tls = ClientConnection::new(Arc::clone(config), name).unwrap();
                Box::new(StreamOwned::new(tls, stream))
            }
        }
    }

    /// Shakes hands and returns the certificate that was shown.
    pub(crate) fn shown(&self) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let config = Arc::clone(self.tls.as_ref().unwrap());
        let mut tls = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).unwrap();
        }
        tls.peer_certificates().unwrap()[0].to_vec()
    }

    /// Sends a request and leaves the answer to the caller.
    pub(crate) fn open(&self, start: &str, headers: &[(&str, &str)], body: &str) -> Box<dyn Line> {
        let mut line = self.line();
        let mut head = format!("{start} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.authority));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if start.starts_with("POST") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        line.write_all(head.as_bytes()).unwrap();
        // A hub that has seen enough answers and doesn't read the rest.
        let _ = line.write_all(body.as_bytes());
        line.flush().unwrap();
        line
    }

    pub(crate) fn send(&self, start: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut line = self.open(start, headers, body);
        let mut text = Vec::new();
        // What comes after a hub that is done may be a reset.
        let _ = line.read_to_end(&mut text);
        Answer::parse(&String::from_utf8(text).unwrap())
    }

    pub(crate) fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let headers: Vec<_> = cookie
            .map(|cookie| ("Cookie", cookie))
            .into_iter()
            .collect();
        self.send(&format!("GET {path}"), &headers, "")
    }

    /// Sends a form as a page of the hub does.
    pub(crate) fn post(&self, path: &str, extra: &[(&str, &str)], body: &str) -> Answer {
        let origin = self.origin();
        let mut headers = vec![
            ("Origin", origin.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        headers.extend(extra);
        self.send(&format!("POST {path}"), &headers, body)
    }

    pub(crate) fn give(&self, token: &str) -> Answer {
        self.post("/sign-in", &[], &format!("token={token}"))
    }

    /// Gives a token and returns the cookie.
    pub(crate) fn sign_in(&self, token: &str) -> String {
        let answer = self.give(token);
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.cookie().unwrap()
    }

    /// Connects as a clone.
    pub(crate) fn clone_of(&self, token: &str) -> Result<Client, (u16, String)> {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Pawtrail-Protocol", "1"),
        ];
        Client::over(self.line(), &self.authority, &headers)
    }
}
