//! The guard before every route: who may ask (`Host`, `Origin`), and what a browser may do with the answer.
//!
//! A page of another site can make a browser send requests to a loopback port or to a hub that it is signed in to, by a
//! cross-site WebSocket or form, or by a name of its own that resolves to the hub's address (DNS rebinding). All show in
//! these two headers, which a page can't forge. What a proxy adds (`X-Forwarded-*`, `Forwarded`) isn't looked at: anybody
//! can write that.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::refusal;
use crate::public_url::PublicUrl;

const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const ORIGIN: &str = "a page of another site may not use this hub";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
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

/// Marks an answer as a page with a form, in its extensions.
#[derive(Clone, Copy)]
pub(crate) struct HoldsForm;

/// The names that a hub answers to.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// Those of this machine, with any port, over plain HTTP.
    Loopback,
    /// Host and port of the public address, over HTTPS.
    Public(Arc<str>),
}

impl Expected {
    /// Returns what a hub with this public address, or none, answers to.
    pub(crate) fn of(public: Option<&PublicUrl>) -> Self {
        match public {
            None => Self::Loopback,
            Some(public) => Self::Public(public.authority().into()),
        }
    }

    fn scheme(&self) -> Scheme {
        match self {
            Self::Loopback => Scheme {
                start: "http://",
                port: ":80",
            },
            Self::Public(_) => Scheme {
                start: "https://",
                port: ":443",
            },
        }
    }

    fn is_host(&self, host: &str) -> bool {
        match self {
            Self::Loopback => is_loopback(host),
            Self::Public(authority) => self.scheme().same(authority, host),
        }
    }

    fn refused_host(&self) -> String {
        match self {
            Self::Loopback => "this hub answers to localhost, 127.0.0.1 and [::1] only".to_owned(),
            Self::Public(authority) => format!(
                "this hub answers to {authority} only, as `--public-url` says; a proxy has to pass `Host` on as it came"
            ),
        }
    }

    /// A browser names the origin of a form only where the policy lets it tell the site itself; other sites are told
    /// nothing either way.
    fn referrer_policy(&self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Loopback => "no-referrer",
            Self::Public(_) => "same-origin",
        })
    }
}

/// Refuses what comes from elsewhere, and adds the security headers to every answer.
pub(crate) async fn guard(
    State(expected): State<Expected>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match check(&expected, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(message) => origin_refused(Some(&message)),
    };
    let policy = content_policy(response.extensions().get::<HoldsForm>().copied());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, expected.referrer_policy());
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Tells whether a page of this hub made a request that changes something: the guard has compared the origin, if one was
/// named, and here one has to be.
pub(crate) fn is_own_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
}

/// The answer to what comes from elsewhere.
pub(crate) fn origin_refused(message: Option<&str>) -> Response {
    let message = message.unwrap_or(ORIGIN);
    refusal(StatusCode::FORBIDDEN, "ORIGIN_REFUSED", message).into_response()
}

fn content_policy(form: Option<HoldsForm>) -> HeaderValue {
    HeaderValue::from_static(match form {
        None => {
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        }
        Some(HoldsForm) => {
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        }
    })
}

fn check(expected: &Expected, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let scheme = expected.scheme();
    let host = only(headers, &header::HOST)
        .ok()
        .flatten()
        .filter(|host| expected.is_host(host))
        .ok_or_else(|| expected.refused_host())?;
    if uri
        .authority()
        .is_some_and(|authority| !scheme.same(authority.as_str(), host))
    {
        return Err(expected.refused_host());
    }
    match only(headers, &header::ORIGIN).map_err(|()| ORIGIN.to_owned())? {
        None => Ok(()),
        Some(origin) => match origin.strip_prefix(scheme.start) {
            Some(origin) if scheme.same(origin, host) => Ok(()),
            Some(_) | None => Err(ORIGIN.to_owned()),
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

/// How an origin begins, and the port that it may leave out.
struct Scheme {
    start: &'static str,
    port: &'static str,
}

impl Scheme {
    /// Compares two authorities, whose default port may be left out.
    fn same(&self, one: &str, other: &str) -> bool {
        let bare = |text: &str| {
            text.strip_suffix(self.port)
                .unwrap_or(text)
                .to_ascii_lowercase()
        };
        bare(one) == bare(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(uri: &str, pairs: &[(HeaderName, &'static str)]) -> bool {
        asked(&Expected::Loopback, uri, pairs)
    }

    fn asked(expected: &Expected, uri: &str, pairs: &[(HeaderName, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        check(expected, &uri.parse().unwrap(), &headers).is_ok()
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

    #[test]
    fn a_public_hub_answers_to_its_public_name_alone() {
        let hub = |url: &str| Expected::of(Some(&url.parse().unwrap()));
        let (plain, with_port) = (
            hub("https://hub.example.org"),
            hub("https://hub.example.org:7878"),
        );
        for (expected, host, origin) in [
            (&plain, "hub.example.org", "https://hub.example.org"),
            (&plain, "Hub.Example.org:443", "https://hub.example.org"),
            (
                &with_port,
                "hub.example.org:7878",
                "https://hub.example.org:7878",
            ),
        ] {
            assert!(asked(expected, "/", &[(header::HOST, host)]), "{host}");
            assert!(asked(
                expected,
                "/",
                &[(header::HOST, host), (header::ORIGIN, origin)]
            ));
        }
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:7878",
            "[::1]:7878",
            "evil.example",
            "hub.example.org:7879",
            "hub.example.org:80",
            "hub.example.org.evil.example",
            "evil.example@hub.example.org",
            "hub.example.org.",
            "*.example.org",
        ] {
            for expected in [&plain, &with_port] {
                assert!(!asked(expected, "/", &[(header::HOST, host)]), "{host}");
            }
        }
        for origin in [
            "",
            "null",
            "http://hub.example.org",
            "https://localhost",
            "https://other.example.org",
            "https://hub.example.org:7878",
            "https://hub.example.org.evil.example",
            "wss://hub.example.org",
        ] {
            let headers = [(header::HOST, "hub.example.org"), (header::ORIGIN, origin)];
            assert!(!asked(&plain, "/", &headers), "{origin}");
        }
    }

    #[test]
    fn what_a_proxy_says_of_the_host_is_not_believed() {
        let expected = Expected::of(Some(&"https://hub.example.org".parse().unwrap()));
        for said in ["x-forwarded-host", "forwarded"] {
            let said = HeaderName::from_static(said);
            let headers = [(header::HOST, "127.0.0.1:7878"), (said, "hub.example.org")];
            assert!(!asked(&expected, "/", &headers));
        }
    }
}
