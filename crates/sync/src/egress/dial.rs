//! Making the connection: address, TLS and the request to upgrade.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use pawtrail_event::frame::{MAX_FRAME_BYTES, PROTOCOL};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use url::Host;

use super::cause::cause;
use crate::consent::Consent;
use crate::egress::DoorError;
use crate::error::SyncError;
use crate::forbidden;
use crate::token::TokenError;
use crate::url::HubUrl;

/// An open connection.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Sets TLS up with the platform's own list of trusted authorities.
pub(super) fn tls() -> Result<Arc<ClientConfig>, SyncError> {
    let broken = |error: rustls::Error| SyncError::Tls(error.to_string());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(broken)?
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The request to upgrade. The token is in its header and nowhere else.
pub(super) fn upgrade(consent: &Consent) -> Result<Request, DoorError> {
    let lost = |error: WsError| DoorError::Lost(error.to_string());
    let mut request = consent
        .url
        .websocket()
        .into_client_request()
        .map_err(lost)?;
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", consent.token.secret()))
        .map_err(|_| SyncError::Token(TokenError))?;
    bearer.set_sensitive(true);
    let headers = request.headers_mut();
    headers.insert("Authorization", bearer);
    headers.insert("X-Pawtrail-Protocol", HeaderValue::from(PROTOCOL));
    let project = HeaderValue::from_str(consent.project_uuid.as_str())
        .map_err(|error| DoorError::Lost(error.to_string()))?;
    headers.insert("X-Pawtrail-Project", project);
    Ok(request)
}

/// Sets TLS up on a connection and upgrades it.
pub(super) async fn open(
    stream: TcpStream,
    request: Request,
    connector: Connector,
) -> Result<Socket, DoorError> {
    let nagle = stream.set_nodelay(true);
    nagle.map_err(|error| DoorError::Lost(error.to_string()))?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let answer = tokio_tungstenite::client_async_tls_with_config(
        request,
        stream,
        Some(limits),
        Some(connector),
    );
    match answer.await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => Err(not_upgraded(&response)),
        Err(error) => Err(DoorError::Lost(cause(&error))),
    }
}

/// Opens the TCP connection; clear text only to an address that is loopback, whatever its name.
pub(super) async fn reach(url: &HubUrl) -> Result<TcpStream, DoorError> {
    let lost = |error: std::io::Error| DoorError::Lost(format!("{url}: {error}"));
    let port = url.port();
    let addresses: Vec<SocketAddr> = match url.host() {
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(lost)?
            .collect(),
        Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(*ip), port)],
        Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(*ip), port)],
    };
    let allowed: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| !url.is_plain() || address.ip().is_loopback())
        .collect();
    if allowed.is_empty() {
        return Err(DoorError::Lost(format!("{url} has no usable address")));
    }
    TcpStream::connect(&allowed[..]).await.map_err(lost)
}

fn not_upgraded(response: &Response) -> DoorError {
    let status = response.status().as_u16();
    match status {
        401 => DoorError::Refused("the hub refuses the token (401)".to_owned()),
        403 => {
            let body = response.body().as_deref().unwrap_or_default();
            DoorError::Refused(forbidden::reason(body).to_owned())
        }
        426 => DoorError::Refused(format!(
            "the hub doesn't speak version {PROTOCOL} of the protocol (426)"
        )),
        _ => DoorError::Lost(format!("the hub answers {status} instead of connecting")),
    }
}
