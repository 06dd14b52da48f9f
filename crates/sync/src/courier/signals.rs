//! The signals by which a system asks a process to end.

use std::io;

/// Waits for Ctrl-C, or where there is one for SIGTERM.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// Taken and dropped in the background: a terminal that closes is none of its business.
    #[cfg(unix)]
    _hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new(background: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if background {
            Some(signal(SignalKind::hangup())?)
        } else {
            None
        };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: hangup,
        })
    }

    pub(crate) async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new(_background: bool) -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn recv(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // No handler could be set: then the system's own ends the process.
            std::future::pending::<()>().await;
        }
    }
}
