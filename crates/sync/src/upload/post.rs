//! The door as what carries batches: it asks a hub for its limits once an hour.

use std::time::{Duration, Instant};

use super::{Limits, Transport};
use crate::egress::DoorError;
use crate::egress::post::{Answer, Parcel, Post};
use crate::url::HubUrl;

/// How long a hub's word about its limits counts.
const LIMITS_TIME: Duration = Duration::from_secs(3_600);

/// The door, and what the hub behind it said.
pub(crate) struct Asking {
    post: Post,
    told: Option<Told>,
}

/// A hub's word about its limits.
struct Told {
    by: HubUrl,
    at: Instant,
    limits: Limits,
}

impl Asking {
    pub(crate) fn new(post: Post) -> Self {
        Self { post, told: None }
    }
}

impl Transport for Asking {
    fn send(&mut self, parcel: &Parcel<'_>) -> Result<Answer, DoorError> {
        self.post.send(parcel)
    }

    fn limits(&mut self) -> Result<Limits, DoorError> {
        let hub = self.post.hub()?;
        if let Some(told) = &self.told
            && told.by == hub
            && told.at.elapsed() < LIMITS_TIME
        {
            return Ok(told.limits);
        }
        let (by, answer) = self.post.health()?;
        let limits = Limits::told(&answer);
        limits.keep(self.post.place(), &by)?;
        self.told = Some(Told {
            by,
            at: Instant::now(),
            limits,
        });
        Ok(limits)
    }
}
