//! How far a mission's work packages are: the `progress` of `next`.
//!
//! Source: spec-kitty's `next` and its lane weights.

use pawtrail_repo::mission::Mission;
use pawtrail_repo::{Project, status};
use serde::Serialize;

use crate::error::Result;

/// How many work packages are how far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// All.
    pub total_wps: usize,
    /// Those that are done.
    pub done_wps: usize,
    /// Approved.
    pub approved_wps: usize,
    /// Claimed or at work.
    pub in_progress_wps: usize,
    /// Planned.
    pub planned_wps: usize,
    /// Waiting for a review, or in one.
    pub for_review_wps: usize,
    /// How far all of them are together, in percent, to one decimal.
    pub weighted_percentage: f64,
}

/// Counts a mission's work packages; none where it has none.
pub(crate) fn of(project: &Project, mission: &Mission) -> Result<Option<Progress>> {
    let reading = status::list(project, mission)?;
    if reading.packages.is_empty() {
        return Ok(None);
    }
    let mut progress = Progress {
        total_wps: reading.packages.len(),
        done_wps: 0,
        approved_wps: 0,
        in_progress_wps: 0,
        planned_wps: 0,
        for_review_wps: 0,
        weighted_percentage: 0.0,
    };
    let mut weights = 0.0;
    let mut weighed = 0_u32;
    for package in &reading.packages {
        let (bucket, weight) = match package.lane {
            "planned" => (Some(&mut progress.planned_wps), 0.0),
            "claimed" => (Some(&mut progress.in_progress_wps), 0.05),
            "in_progress" => (Some(&mut progress.in_progress_wps), 0.3),
            "for_review" => (Some(&mut progress.for_review_wps), 0.6),
            "in_review" => (Some(&mut progress.for_review_wps), 0.7),
            "approved" => (Some(&mut progress.approved_wps), 0.8),
            "done" => (Some(&mut progress.done_wps), 1.0),
            _ => (None, 0.0),
        };
        if let Some(bucket) = bucket {
            *bucket += 1;
        }
        // What has no row yet isn't part of the board.
        if package.lane != "genesis" {
            weighed += 1;
            weights += weight;
        }
    }
    if weighed > 0 {
        progress.weighted_percentage = (weights / f64::from(weighed) * 1000.0).round() / 10.0;
    }
    Ok(Some(progress))
}
