//! Ctrl-C and a polite kill: waited for, or noticed between two steps, so that what was started is ended.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use std::time::Duration;

use crate::error::CliError;

/// How much later than a child's end the same signal may reach this process.
const SIGNAL_DELAY: Duration = Duration::from_millis(250);

const CODE: &str = "INTERRUPTED";

/// Tells whether an error says that somebody interrupted.
pub(crate) fn is_interruption(error: &CliError) -> bool {
    error.code == CODE
}

#[derive(Debug, Default)]
struct Shared {
    happened: AtomicBool,
    bell: Condvar,
    lock: Mutex<()>,
}

/// Knows whether somebody wants the command to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<Shared>);

impl Interrupt {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the operating system gives no notice of signals.
    pub(crate) fn watch() -> Result<Self, CliError> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let (tell, ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let watching = runtime().and_then(|runtime| {
                let _guard = runtime.enter();
                Ok((interrupted()?, runtime))
            });
            match watching {
                Ok((signal, runtime)) => {
                    // The other side waits for exactly this message.
                    let _ = tell.send(Ok(()));
                    runtime.block_on(signal);
                    theirs.happened.store(true, Ordering::SeqCst);
                    let _held = theirs.lock.lock().unwrap_or_else(PoisonError::into_inner);
                    theirs.bell.notify_all();
                }
                Err(error) => {
                    let _ = tell.send(Err(error));
                }
            }
        });
        ready
            .recv()
            .unwrap_or_else(|error| Err(CliError::internal(&error)))?;
        Ok(Self(shared))
    }

    /// Fails once somebody has interrupted.
    ///
    /// # Errors
    /// `INTERRUPTED`, with exit code 130 as shells expect it.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        match self.happened() {
            true => Err(Self::error(
                "interrupted; what the demo had made is removed",
            )),
            false => Ok(()),
        }
    }

    /// Tells whether somebody has interrupted.
    pub(crate) fn happened(&self) -> bool {
        self.0.happened.load(Ordering::SeqCst)
    }

    /// The end of an interrupted command, with exit code 130 as shells expect it.
    pub(crate) fn error(message: &str) -> CliError {
        CliError {
            exit: 130,
            ..CliError::refused(CODE, message)
        }
    }

    /// Says why something really failed. A Ctrl-C goes to our children too, and their end may be
    /// noticed before the signal is.
    pub(crate) fn cause(&self, error: CliError) -> CliError {
        let held = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = |(): &mut ()| !self.0.happened.load(Ordering::SeqCst);
        let waited = self.0.bell.wait_timeout_while(held, SIGNAL_DELAY, quiet);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.check().err().unwrap_or(error)
    }

    /// Waits until somebody interrupts.
    pub(crate) fn wait(&self) {
        let mut held = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.0.happened.load(Ordering::SeqCst) {
            held = self
                .0
                .bell
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends when somebody wants this process to end: Ctrl-C, or a polite kill.
///
/// # Errors
/// When the operating system gives no notice of signals.
pub(crate) fn interrupted() -> Result<impl Future<Output = ()> + Send + 'static, CliError> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())
            .map_err(|error| CliError::io("can't listen for signals", &error))?
    };
    #[cfg(windows)]
    let mut terminate = tokio::signal::windows::ctrl_close()
        .map_err(|error| CliError::io("can't listen for signals", &error))?;
    Ok(async move {
        tokio::select! {
            // An error means that no notice will come; then the other branch decides.
            Ok(()) = tokio::signal::ctrl_c() => {}
            Some(()) = terminate.recv() => {}
            else => std::future::pending().await,
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::io("can't listen for signals", &error))
}
