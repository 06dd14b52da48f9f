//! A listener that gives out connections once they have shaken hands. One that hangs or fails costs itself only.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Certificate;
use crate::error::Result;

/// The most handshakes under way; beyond that the oldest gives way. A good one takes milliseconds, so whoever fills the
/// places with silence loses those first.
const AT_ONCE: usize = 256;

type Ready = (TlsStream<TcpStream>, SocketAddr);

/// A listener over TLS.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    patience: Duration,
    under_way: JoinSet<Option<Ready>>,
    /// The oldest first; some have ended.
    oldest: VecDeque<AbortHandle>,
}

impl TlsListener {
    /// Shakes hands with whoever connects to `tcp`, each for at most `patience`.
    pub(crate) fn new(
        tcp: TcpListener,
        certificate: &Certificate,
        patience: Duration,
    ) -> Result<Self> {
        Ok(Self {
            tcp,
            acceptor: TlsAcceptor::from(Arc::new(certificate.config()?)),
            patience,
            under_way: JoinSet::new(),
            oldest: VecDeque::new(),
        })
    }

    fn begin(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.oldest.len() >= AT_ONCE {
            self.oldest.retain(|handshake| !handshake.is_finished());
        }
        if self.oldest.len() >= AT_ONCE
            && let Some(oldest) = self.oldest.pop_front()
        {
            oldest.abort();
        }
        crate::server::at_once(&stream);
        let shaken = timeout(self.patience, self.acceptor.accept(stream));
        let handshake = self.under_way.spawn(async move {
            match shaken.await {
                Ok(Ok(stream)) => Some((stream, address)),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a handshake failed");
                    None
                }
                Err(_) => None,
            }
        });
        self.oldest.push_back(handshake);
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Ready {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp) => self.begin(stream, address),
                Some(ended) = self.under_way.join_next() => {
                    if let Ok(Some(ready)) = ended {
                        return ready;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
