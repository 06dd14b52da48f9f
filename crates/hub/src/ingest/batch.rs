//! The batch endpoint: events of a clone, each judged for itself, all stored in one transaction.

use std::io::Read;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use pawtrail_event::envelope::{self, MAX_ENVELOPE_BYTES};
use pawtrail_event::sanitize::Sanitizer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use super::{authorized, query_refused, unauthorized, unavailable};
use crate::app::{App, refusal};
use crate::health::{MAX_BYTES_PER_BATCH, MAX_EVENTS_PER_BATCH};
use crate::store::{Grant, IncomingEvent, Outcome};

/// How many batches are worked on at once; each may hold its bytes and what they are read into.
pub(crate) const AT_ONCE: usize = 8;
/// How long the bytes of a batch may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Events on their way to a hub.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Batch {
    /// The events, each in its envelope.
    #[schemars(length(min = 1, max = MAX_EVENTS_PER_BATCH))]
    events: Vec<Value>,
}

impl Batch {
    /// Says why it isn't looked into, where it holds none or too many.
    pub(crate) fn refused(&self) -> Option<Unread> {
        match self.events.len() {
            0 => Some(malformed("the batch holds no event")),
            count if count > MAX_EVENTS_PER_BATCH => Some(too_large()),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct Results {
    results: Vec<Verdict>,
}

/// What became of one event.
#[derive(Serialize)]
struct Verdict {
    /// As it came, if it came as a text.
    event_id: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

/// Why a batch was not looked into.
pub(crate) struct Unread {
    status: StatusCode,
    code: &'static str,
    message: String,
}

/// Answers `POST /api/v1/events/batch/`.
pub(crate) async fn batch(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    if let Some(refused) = query_refused(query.as_deref()) {
        return refused;
    }
    let grant = match authorized(&app, &headers).await {
        Ok(grant) => grant,
        Err(refused) => return refused,
    };
    let Ok(_permit) = app.batches.clone().try_acquire_owned() else {
        return unavailable("the hub works on as many batches as it takes: try again later");
    };
    // The layer of the route limits what is read.
    let read = timeout(BODY_TIME, Bytes::from_request(request, &app));
    let body = match read.await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return too_large().into_response(),
        Err(_) => {
            let message = "the batch did not come in time";
            return refusal(StatusCode::REQUEST_TIMEOUT, "BATCH_SLOW", message).into_response();
        }
    };
    let packed = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let sorted = tokio::task::spawn_blocking({
        let grant = grant.clone();
        move || unpacked(&body, packed).and_then(|text| sorted(&grant, &text))
    });
    match sorted.await {
        Ok(Ok(sorted)) => stored(&app, grant, sorted).await,
        Ok(Err(unread)) => unread.into_response(),
        Err(_) => unavailable("the hub could not read the batch: try again later"),
    }
}

async fn stored(app: &App, grant: Grant, sorted: Sorted) -> Response {
    let Sorted { mut verdicts, good } = sorted;
    if good.is_empty() {
        for _ in &verdicts {
            app.hub.counters.refused.add();
        }
        return Json(Results { results: verdicts }).into_response();
    }
    let project = grant.project.clone();
    let (places, events): (Vec<usize>, Vec<IncomingEvent>) = good.into_iter().unzip();
    let written = app
        .hub
        .blocking(move |store| store.write_events(&grant, &events, Timestamp::now()))
        .await;
    let outcomes = match written {
        Ok(outcomes) => outcomes,
        Err(error) => {
            tracing::error!(%error, "a batch can't be stored");
            return unavailable("the hub's store failed: try again later");
        }
    };
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let status = match outcome {
            Outcome::Accepted => "success",
            Outcome::Duplicate => "duplicate",
            Outcome::Revoked => return unauthorized(),
        };
        if let Some(verdict) = verdicts.get_mut(place) {
            verdict.status = status;
        }
    }
    for verdict in &verdicts {
        match verdict.status {
            "success" => app.hub.counters.accepted.add(),
            "duplicate" => app.hub.counters.duplicates.add(),
            _ => app.hub.counters.refused.add(),
        }
    }
    if verdicts.iter().any(|verdict| verdict.status == "success") {
        app.hub.live.changed(&project);
    }
    Json(Results { results: verdicts }).into_response()
}

/// Unpacks a body, and stops where it grows beyond the limit: a small one may unpack to gigabytes.
fn unpacked(body: &[u8], packed: bool) -> Result<String, Unread> {
    let mut text = String::new();
    let limit = MAX_BYTES_PER_BATCH as u64 + 1;
    let read = if packed {
        GzDecoder::new(body).take(limit).read_to_string(&mut text)
    } else {
        body.take(limit).read_to_string(&mut text)
    };
    if text.len() > MAX_BYTES_PER_BATCH {
        return Err(too_large());
    }
    match read {
        Ok(_) => Ok(text),
        // The cut at the limit may fall into a character.
        Err(_) if read_beyond(body, packed) => Err(too_large()),
        Err(_) => Err(malformed("the body is no UTF-8 text, or no gzip")),
    }
}

fn read_beyond(body: &[u8], packed: bool) -> bool {
    let limit = MAX_BYTES_PER_BATCH as u64 + 1;
    let mut sink = std::io::sink();
    let read = if packed {
        std::io::copy(&mut GzDecoder::new(body).take(limit), &mut sink)
    } else {
        std::io::copy(&mut body.take(limit), &mut sink)
    };
    read.is_ok_and(|bytes| bytes == limit)
}

/// Events judged: a verdict for each, and those that are to be stored, with their places.
struct Sorted {
    verdicts: Vec<Verdict>,
    good: Vec<(usize, IncomingEvent)>,
}

fn sorted(grant: &Grant, text: &str) -> Result<Sorted, Unread> {
    let batch: Batch = serde_json::from_str(text)
        .map_err(|_| malformed("the body is not {\"events\":[…]} in JSON"))?;
    if let Some(refused) = batch.refused() {
        return Err(refused);
    }
    let rules = Sanitizer::general();
    let mut sorted = Sorted {
        verdicts: Vec::with_capacity(batch.events.len()),
        good: Vec::new(),
    };
    let mut others = 0;
    for (place, event) in batch.events.into_iter().enumerate() {
        let event_id = event["event_id"]
            .as_str()
            .map(|id| id.chars().take(80).collect());
        let judged = judged(grant, &rules, &event);
        let mut verdict = Verdict {
            event_id,
            status: "rejected",
            code: None,
            error_message: None,
        };
        match judged {
            Ok(addressed) => {
                let envelope = event;
                sorted.good.push((
                    place,
                    IncomingEvent {
                        addressed,
                        envelope,
                    },
                ));
            }
            Err((code, message)) => {
                others += usize::from(code == PROJECT_MISMATCH);
                verdict.code = Some(code);
                verdict.error_message = Some(message);
            }
        }
        sorted.verdicts.push(verdict);
    }
    if others == sorted.verdicts.len() {
        return Err(Unread {
            status: StatusCode::FORBIDDEN,
            code: PROJECT_MISMATCH,
            message: "the token is for another project than these events".to_owned(),
        });
    }
    Ok(sorted)
}

const PROJECT_MISMATCH: &str = "PROJECT_MISMATCH";

fn judged(
    grant: &Grant,
    rules: &Sanitizer,
    event: &Value,
) -> Result<envelope::Addressed, (&'static str, String)> {
    let addressed =
        envelope::check(event).map_err(|violation| ("EVENT_INVALID", violation.to_string()))?;
    if addressed.project_uuid != grant.project {
        let message = "the event is of another project than the token";
        return Err((PROJECT_MISMATCH, message.to_owned()));
    }
    if event.to_string().len() > MAX_ENVELOPE_BYTES {
        let message = format!("an event has at most {MAX_ENVELOPE_BYTES} bytes");
        return Err(("EVENT_TOO_LARGE", message));
    }
    if rules.sanitize(event).value() != event {
        let message = "the event holds private data: sanitize it before it is sent";
        return Err(("PRIVATE_DATA", message.to_owned()));
    }
    Ok(addressed)
}

fn malformed(message: &str) -> Unread {
    Unread {
        status: StatusCode::BAD_REQUEST,
        code: "BATCH_MALFORMED",
        message: message.to_owned(),
    }
}

fn too_large() -> Unread {
    Unread {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "BATCH_TOO_LARGE",
        message: format!(
            "a batch has at most {MAX_EVENTS_PER_BATCH} events and {MAX_BYTES_PER_BATCH} bytes, unpacked"
        ),
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        refusal(self.status, self.code, &self.message).into_response()
    }
}
