//! The certificate and its key: read from PEM files, and read again when they change.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use sha2::{Digest, Sha256};

use crate::error::{HubError, Result};
use crate::lock::locked;

/// The largest file that is read; a chain of certificates has a few thousand bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A hub's certificate with its key, and the files that they come from.
pub struct Certificate {
    files: Files,
    loaded: Digests,
    shown: Arc<Shown>,
}

#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What the files held, as hashes: a key isn't kept twice.
type Digests = [[u8; 32]; 2];

/// What new connections are shown.
#[derive(Debug)]
struct Shown(Mutex<Arc<CertifiedKey>>);

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.files.certificate)
            .field("key", &self.files.key)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&locked(&self.0)))
    }
}

impl Certificate {
    /// Reads a certificate, with those that lead to its authority behind it, and its key.
    ///
    /// # Errors
    /// When a file can't be read, isn't PEM, or holds none; when the key isn't the certificate's.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let contents = files.read()?;
        let shown = Shown(Mutex::new(Arc::new(files.parse(&contents)?)));
        Ok(Self {
            loaded: contents.digests(),
            shown: Arc::new(shown),
            files,
        })
    }

    /// Returns how the hub speaks TLS with this certificate, also after it is renewed.
    pub(super) fn config(&self) -> Result<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| HubError::Tls(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Looks at the files every so often, for ever, and shows new connections what they hold. Files that can't be used
    /// (one is replaced before the other, say) leave what is shown as it was, and are looked at again.
    pub(crate) async fn keep_fresh(mut self, every: Duration) {
        let mut complaint = None;
        loop {
            tokio::time::sleep(every).await;
            let (files, loaded) = (self.files.clone(), self.loaded);
            let look = tokio::task::spawn_blocking(move || files.renewed(&loaded));
            match look.await {
                Ok(Ok(None)) => complaint = None,
                Ok(Ok(Some((key, digests)))) => {
                    *locked(&self.shown.0) = Arc::new(key);
                    self.loaded = digests;
                    complaint = None;
                    tracing::info!(file = %self.files.certificate.display(), "the certificate was renewed");
                }
                Ok(Err(error)) => {
                    let text = error.to_string();
                    if complaint.as_ref() != Some(&text) {
                        tracing::error!(%error, "the certificate can't be renewed; the one before is shown");
                        complaint = Some(text);
                    }
                }
                // Only when the process ends.
                Err(_) => return,
            }
        }
    }
}

/// What the two files hold.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Contents {
    fn digests(&self) -> Digests {
        [&self.certificate, &self.key].map(|bytes| Sha256::digest(bytes).into())
    }
}

impl Files {
    /// Returns what the files hold, if that is something else than before.
    fn renewed(&self, loaded: &Digests) -> Result<Option<(CertifiedKey, Digests)>> {
        let contents = self.read()?;
        let digests = contents.digests();
        if digests == *loaded {
            return Ok(None);
        }
        Ok(Some((self.parse(&contents)?, digests)))
    }

    fn read(&self) -> Result<Contents> {
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
        })
    }

    fn parse(&self, contents: &Contents) -> Result<CertifiedKey> {
        let provider = ring::default_provider();
        let chain = self.chain(&contents.certificate)?;
        let key = CertifiedKey::new(chain, self.key(&provider, &contents.key)?);
        match key.keys_match() {
            Ok(()) | Err(TlsError::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(key),
            Err(TlsError::InconsistentKeys(_)) => Err(HubError::TlsKeyOther {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            }),
            Err(error) => Err(unusable(&self.certificate, error.to_string())),
        }
    }

    fn chain(&self, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(bytes)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| unusable(&self.certificate, pem_reason(&error)))?;
        if chain.is_empty() {
            let reason = "it holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`)";
            return Err(unusable(&self.certificate, reason));
        }
        Ok(chain)
    }

    fn key(
        &self,
        provider: &CryptoProvider,
        bytes: &[u8],
    ) -> Result<Arc<dyn rustls::sign::SigningKey>> {
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|error| {
            let reason = if matches!(error, pem::Error::NoItemsFound) {
                "it holds no private key in PEM; one that asks for a password can't be used"
            } else {
                pem_reason(&error)
            };
            unusable(&self.key, reason)
        })?;
        provider
            .key_provider
            .load_private_key(key)
            .map_err(|error| unusable(&self.key, error.to_string()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| unusable(path, error.to_string());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unusable(path, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// Says what is wrong with a file, and nothing of what is in it: it may be a key.
fn pem_reason(error: &pem::Error) -> &'static str {
    if matches!(error, pem::Error::MissingSectionEnd { .. }) {
        "it is cut off: a section in it has no end"
    } else {
        "it is no PEM file, or a damaged one"
    }
}

fn unusable(path: &Path, reason: impl Into<String>) -> HubError {
    HubError::TlsFile {
        path: path.to_owned(),
        reason: reason.into(),
    }
}
