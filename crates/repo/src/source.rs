//! Where the time and new identifiers come from, so that a test can say which.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use ulid::Ulid;

/// Gives the present time and new ULIDs.
pub trait Source: Send + Sync {
    /// Returns the present time, in UTC.
    fn now(&self) -> Timestamp;
    /// Returns a ULID that was never returned before.
    fn ulid(&self) -> Ulid;
    /// Returns the present time, in UTC, and moves no clock by asking.
    fn look(&self) -> Timestamp {
        self.now()
    }
}

/// The clock and the randomness of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Source for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn ulid(&self) -> Ulid {
        // A generator of random numbers would only be set up for the few that a command needs.
        let random = || Ok::<_, getrandom::Error>([getrandom::u64()?, getrandom::u64()?]);
        match (u64::try_from(self.now().as_millisecond()), random()) {
            (Ok(millis), Ok([high, low])) => {
                Ulid::from_parts(millis, u128::from(high) << 64 | u128::from(low))
            }
            (Err(_), _) | (_, Err(_)) => Ulid::generate(),
        }
    }
}

/// A reproducible source: each reading of the clock is one second later, and identifiers follow a seed.
#[derive(Debug)]
pub struct Seeded {
    clock: Mutex<Timestamp>,
    state: AtomicU64,
}

impl Seeded {
    /// Starts at `start` with identifiers that depend on `seed` alone.
    pub fn new(seed: u64, start: Timestamp) -> Self {
        Self {
            clock: Mutex::new(start),
            state: AtomicU64::new(seed),
        }
    }

    /// One step of the splitmix64 generator.
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self
            .state
            .fetch_add(STEP, Ordering::Relaxed)
            .wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Source for Seeded {
    fn now(&self) -> Timestamp {
        let mut clock = match self.clock.lock() {
            Ok(clock) => clock,
            Err(poisoned) => poisoned.into_inner(),
        };
        *clock += SignedDuration::from_secs(1);
        *clock
    }

    fn look(&self) -> Timestamp {
        match self.clock.lock() {
            Ok(clock) => *clock,
            Err(poisoned) => *poisoned.into_inner(),
        }
    }

    fn ulid(&self) -> Ulid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        Ulid::from_parts(millis, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_source_repeats_itself() {
        let (one, two) = (
            Seeded::new(7, Timestamp::UNIX_EPOCH),
            Seeded::new(7, Timestamp::UNIX_EPOCH),
        );
        let first: Vec<Ulid> = (0..50).map(|_| one.ulid()).collect();
        let second: Vec<Ulid> = (0..50).map(|_| two.ulid()).collect();
        assert_eq!(first, second);
        let mut unique = first;
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 50);
        assert!(one.now() > Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn the_system_source_never_repeats() {
        assert_ne!(System.ulid(), System.ulid());
        assert!(System.now().as_second() > 1_700_000_000);
    }
}
