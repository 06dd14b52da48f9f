//! Connections: each from the listener to its end, with a limit on how many there are and on the time a request's head takes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::Stop;

/// The most connections that are open at once, beside those that became WebSockets.
const MAX_OPEN: u32 = 4_096;

/// Serves what comes in until the stop, and then waits for the answers that are under way. A request's head may take
/// `patience`.
pub(crate) async fn serve<L: Listener>(
    mut listener: L,
    router: Router,
    patience: Duration,
    mut stop: Stop,
) {
    let places = Arc::new(Semaphore::new(MAX_OPEN as usize));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    loop {
        let (io, _) = tokio::select! {
            () = stop.wait() => break,
            accepted = listener.accept() => accepted,
        };
        // Without a place it is closed at once: whoever waits would only fill the system's queue.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let one = One {
                place,
                stop: stop.clone(),
            };
            tokio::spawn(one.run(http.clone(), io, router.clone()));
        }
    }
    drop(listener);
    // It is never closed, so this ends when every connection has given its place back.
    drop(places.acquire_many(MAX_OPEN).await);
}

/// One connection.
struct One {
    place: OwnedSemaphorePermit,
    stop: Stop,
}

impl One {
    async fn run<T>(mut self, http: http1::Builder, io: T, router: Router)
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(router);
        let mut connection = std::pin::pin!(
            http.serve_connection(TokioIo::new(io), service)
                .with_upgrades()
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.wait() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // The peer left, or spoke no HTTP: nobody is there to be told.
            tracing::debug!(%error, "a connection broke");
        }
        drop(self.place);
    }
}
