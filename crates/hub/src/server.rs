//! The server: routes, the guard before them, and the way from start to an orderly stop.

use std::future::Future;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::serve::ListenerExt;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::app::{App, Stop};
use crate::error::{HubError, Result};
use crate::health::MAX_BYTES_PER_BATCH;
use crate::hub::Hub;
use crate::store::WriterHandle;
use crate::{board, guard, health, ingest};

/// The most clones that are connected at once.
const MAX_CONNECTIONS: usize = 1_024;
/// The most boards that are open at once.
const MAX_STREAMS: usize = 256;

/// Serves a hub on `listener` until `shutdown` is ready; then says goodbye to every clone and
/// browser, and returns when all frames that were taken are stored.
///
/// # Errors
/// When the listener can be reached from other machines, or fails.
pub async fn serve(
    hub: Hub,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let address = listener.local_addr().map_err(HubError::Listen)?;
    if !address.ip().to_canonical().is_loopback() {
        return Err(HubError::NotLoopback(address));
    }
    let patience = hub.timing.shutdown;
    let (writer, handle) = WriterHandle::start(Arc::clone(&hub.store), Arc::clone(&hub.live))?;
    let (stopping, stop) = watch::channel(false);
    let mut stopped = Stop::new(stop.clone());
    let router = router(App {
        hub,
        writer,
        stop: Stop::new(stop),
        connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        batches: Arc::new(Semaphore::new(ingest::batch::AT_ONCE)),
    });
    // An answer waits for no other: without this the system holds a second one back until the peer has confirmed the
    // first, which takes it up to 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may be late");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.send_replace(true);
    });
    let deadline = async {
        stopped.wait().await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        result = server => result.map_err(HubError::Listen)?,
        // What is still open has sent half a request: nothing of it was acknowledged.
        () = deadline => {}
    }
    // The writer ends when the last connection has let go of it.
    let end = tokio::task::spawn_blocking(move || handle.join());
    match tokio::time::timeout(patience, end).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(HubError::Stopped("writer")),
        // A connection is left behind; the process may end, as acknowledged frames are on disk.
        Err(_) => Ok(()),
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/api/v1/health", get(health::health))
        .route("/api/v1/ws", get(ingest::upgrade))
        .route("/api/v1/events/batch/", batch())
        .route("/api/v1/events/batch", batch())
        .merge(board::routes())
        .fallback(board::not_found)
        .layer(middleware::from_fn(guard::guard))
        .with_state(app)
}

/// No body is read beyond what a batch has when it isn't packed.
fn batch() -> MethodRouter<App> {
    post(ingest::batch::batch).layer(DefaultBodyLimit::max(MAX_BYTES_PER_BATCH))
}
