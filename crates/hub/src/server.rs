//! The server: routes, the guard before them, and the way from start to an orderly stop.

use std::future::Future;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::serve::ListenerExt;
use axum::{Router, middleware};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::app::{App, Stop, Team};
use crate::error::{HubError, Result};
use crate::health::MAX_BYTES_PER_BATCH;
use crate::hub::Hub;
use crate::reach::Reach;
use crate::slow::Slow;
use crate::store::WriterHandle;
use crate::tls::TlsListener;
use crate::{board, connections, guard, health, ingest};

/// The most clones that are connected at once.
const MAX_CONNECTIONS: usize = 1_024;
/// The most boards that are open at once.
const MAX_STREAMS: usize = 256;

/// Serves a hub on `listener` to those who can `reach` it, until `shutdown` is ready; then says goodbye to every clone
/// and browser, and returns when all frames that were taken are stored.
///
/// # Errors
/// When others could reach the listener in the clear, TLS can't be set up, or the store fails.
pub async fn serve(
    hub: Hub,
    listener: TcpListener,
    reach: Reach,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    reach.check(listener.local_addr().map_err(HubError::Listen)?)?;
    let timing = hub.timing;
    let (writer, handle) = WriterHandle::start(Arc::clone(&hub.store), Arc::clone(&hub.live))?;
    let (stopping, stop) = watch::channel(false);
    let stop = Stop::new(stop);
    let router = router(App {
        hub,
        writer,
        stop: stop.clone(),
        connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        batches: Arc::new(Semaphore::new(ingest::batch::AT_ONCE)),
        team: reach.public().map(|public| Team {
            public: public.clone(),
            slow: Slow::new(timing.wrong_token),
        }),
    });
    let server = async {
        match reach {
            Reach::Loopback | Reach::Proxy { .. } => {
                let listener = listener.tap_io(|stream| at_once(stream));
                connections::serve(listener, router, timing.head, stop.clone()).await;
            }
            Reach::Tls { certificate, .. } => {
                let listener = TlsListener::new(listener, &certificate, timing.handshake)?;
                tokio::select! {
                    () = connections::serve(listener, router, timing.head, stop.clone()) => {}
                    () = certificate.keep_fresh(timing.certificate) => {}
                }
            }
        }
        Ok(())
    };
    let deadline = {
        let mut stopped = stop.clone();
        async move {
            stopped.wait().await;
            tokio::time::sleep(timing.shutdown).await;
        }
    };
    let told = tokio::spawn(async move {
        shutdown.await;
        stopping.send_replace(true);
    });
    let served: Result<()> = tokio::select! {
        served = server => served,
        // What is still open has sent half a request: nothing of it was acknowledged.
        () = deadline => Ok(()),
    };
    told.abort();
    served?;
    // The writer ends when the last connection has let go of it.
    let end = tokio::task::spawn_blocking(move || handle.join());
    match tokio::time::timeout(timing.shutdown, end).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(HubError::Stopped("writer")),
        // A connection is left behind; the process may end, as acknowledged frames are on disk.
        Err(_) => Ok(()),
    }
}

/// Lets an answer wait for no other: without this the system holds a second one back until the peer has confirmed the
/// first, which takes it up to 40 ms.
pub(crate) fn at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may be late");
    }
}

fn router(app: App) -> Router {
    let expected = guard::Expected::of(app.team.as_ref().map(|team| &team.public));
    Router::new()
        .route("/api/v1/health", get(health::health))
        .route("/api/v1/ws", get(ingest::upgrade))
        .route("/api/v1/events/batch/", batch())
        .route("/api/v1/events/batch", batch())
        .merge(board::routes(app.team.is_some()))
        .fallback(board::not_found)
        .layer(middleware::from_fn_with_state(expected, guard::guard))
        .with_state(app)
}

/// No body is read beyond what a batch has when it isn't packed.
fn batch() -> MethodRouter<App> {
    post(ingest::batch::batch).layer(DefaultBodyLimit::max(MAX_BYTES_PER_BATCH))
}
