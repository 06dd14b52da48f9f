//! `GET /api/v1/health`: whether the hub works, what it speaks, and its limits.

use axum::Json;
use pawtrail_event::frame::{MAX_FRAME_BYTES, PROTOCOL};
use schemars::JsonSchema;
use serde::Serialize;

/// The most events that one batch holds.
pub(crate) const MAX_EVENTS_PER_BATCH: usize = 1_000;
/// The most bytes that one batch has, unpacked.
pub(crate) const MAX_BYTES_PER_BATCH: usize = 512 * 1024;

/// Whether the hub works, what it speaks, and its limits.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    /// The versions of the wire that it speaks.
    protocol: [u32; 1],
    /// What it takes at most.
    limits: Limits,
}

/// What a hub takes at most.
#[derive(Serialize, JsonSchema)]
struct Limits {
    /// Events of one batch.
    max_events_per_batch: usize,
    /// Bytes of one batch, unpacked.
    max_bytes_per_batch: usize,
    /// Bytes of one frame.
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
