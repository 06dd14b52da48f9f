//! `GET /api/v1/health`: whether the hub works, what it speaks, and its limits.

use axum::Json;
use pawtrail_event::frame::{MAX_FRAME_BYTES, PROTOCOL};
use serde::Serialize;

/// The most events that one batch holds.
pub(crate) const MAX_EVENTS_PER_BATCH: usize = 1_000;
/// The most bytes that one batch has, unpacked.
pub(crate) const MAX_BYTES_PER_BATCH: usize = 512 * 1024;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    protocol: [u32; 1],
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    max_events_per_batch: usize,
    max_bytes_per_batch: usize,
    max_frame_bytes: usize,
}

/// Answers a health request; needs no token, tells nothing of a project.
pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        protocol: [PROTOCOL],
        limits: Limits {
            max_events_per_batch: MAX_EVENTS_PER_BATCH,
            max_bytes_per_batch: MAX_BYTES_PER_BATCH,
            max_frame_bytes: MAX_FRAME_BYTES,
        },
    })
}
