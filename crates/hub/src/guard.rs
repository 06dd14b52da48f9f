//! The guard before every route: who may ask (`Host`, `Origin`), and what a browser may do with the answer.
//!
//! A page of another site can make a browser send requests to a loopback port, by a cross-site
//! WebSocket or by a name of its own that resolves to 127.0.0.1 (DNS rebinding). Both show in these
//! two headers, which a page can't forge.

use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::refusal;

const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Refuses what comes from elsewhere, and adds the security headers to every answer.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(message) => refusal(StatusCode::FORBIDDEN, "ORIGIN_REFUSED", message).into_response(),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    const HOST: &str = "this hub answers to localhost, 127.0.0.1 and [::1] only";
    const ORIGIN: &str = "a page of another site may not use this hub";
    let host = only(headers, &header::HOST)
        .map_err(|()| HOST)?
        .ok_or(HOST)?;
    if !is_loopback(host) {
        return Err(HOST);
    }
    if uri
        .authority()
        .is_some_and(|authority| !same(authority.as_str(), host))
    {
        return Err(HOST);
    }
    match only(headers, &header::ORIGIN).map_err(|()| ORIGIN)? {
        None => Ok(()),
        Some(origin) => match origin.strip_prefix("http://") {
            Some(origin) if same(origin, host) => Ok(()),
            Some(_) | None => Err(ORIGIN),
        },
    }
}

/// Returns the header's value; a header that is there twice, or is no text, is an error.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

fn is_loopback(host: &str) -> bool {
    NAMES.iter().any(|name| {
        host.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
            && match &host[name.len()..] {
                "" => true,
                rest => rest.strip_prefix(':').is_some_and(|port| {
                    !port.is_empty()
                        && port.bytes().all(|b| b.is_ascii_digit())
                        && port.parse::<u16>().is_ok()
                }),
            }
    })
}

/// Compares two authorities of plain HTTP, whose default port may be left out.
fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        text.strip_suffix(":80")
            .unwrap_or(text)
            .to_ascii_lowercase()
    };
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(uri: &str, pairs: &[(HeaderName, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        check(&uri.parse().unwrap(), &headers).is_ok()
    }

    #[test]
    fn loopback_names_pass_with_any_port() {
        for host in [
            "localhost",
            "LocalHost:80",
            "127.0.0.1:8787",
            "[::1]",
            "[::1]:1",
        ] {
            assert!(checked("/", &[(header::HOST, host)]), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "localhost:80@evil.example",
            "localhost:",
            "localhost:99999",
            "localhost:+1",
            "127.0.0.2",
            "0.0.0.0",
            "[::]",
            "::1",
            "192.168.1.4:8787",
            "localhost ",
        ] {
            assert!(!checked("/", &[(header::HOST, host)]), "{host}");
        }
        assert!(!checked("/", &[]));
        assert!(!checked(
            "/",
            &[(header::HOST, "localhost"), (header::HOST, "evil.example")]
        ));
        assert!(!checked(
            "http://evil.example/",
            &[(header::HOST, "localhost")]
        ));
    }

    #[test]
    fn an_origin_must_be_the_very_host() {
        let with = |origin| {
            checked(
                "/",
                &[(header::HOST, "localhost:8787"), (header::ORIGIN, origin)],
            )
        };
        assert!(with("http://localhost:8787"));
        for origin in [
            "",
            "null",
            "http://evil.example",
            "http://localhost",
            "http://localhost:8788",
            "http://127.0.0.1:8787",
            "https://localhost:8787",
            "http://localhost:8787.evil.example",
        ] {
            assert!(!with(origin), "{origin}");
        }
        assert!(checked(
            "/",
            &[
                (header::HOST, "localhost:80"),
                (header::ORIGIN, "http://localhost")
            ]
        ));
    }
}
