//! How long to wait before the next attempt: doubled each time, with full jitter.

/// The first attempt's longest wait, in milliseconds.
const FIRST_MS: u64 = 500;
/// The longest wait of all, in milliseconds.
const LONGEST_MS: u64 = 30_000;

/// Waits that grow with each failure. Randomness is passed in.
pub(crate) struct Backoff {
    failures: u32,
    /// Returns a number between 0 and its argument, both included.
    random: Box<dyn FnMut(u64) -> u64 + Send>,
}

impl Backoff {
    pub(crate) fn new(random: Box<dyn FnMut(u64) -> u64 + Send>) -> Self {
        Self {
            failures: 0,
            random,
        }
    }

    /// Returns the wait after one more failure, in milliseconds.
    pub(crate) fn failed(&mut self) -> u64 {
        let ceiling = FIRST_MS
            .saturating_mul(1u64 << self.failures.min(16))
            .min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        (self.random)(ceiling).min(ceiling)
    }

    /// Starts again from the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_to_half_a_minute_and_start_again() {
        let mut backoff = Backoff::new(Box::new(|ceiling| ceiling));
        let waits: Vec<_> = (0..9).map(|_| backoff.failed()).collect();
        assert_eq!(
            waits,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
        backoff.reset();
        assert_eq!(backoff.failed(), 500);
    }

    #[test]
    fn the_whole_range_is_used_and_never_left() {
        let mut low = Backoff::new(Box::new(|_| 0));
        assert_eq!(low.failed(), 0);
        let mut wild = Backoff::new(Box::new(|_| u64::MAX));
        assert_eq!(wild.failed(), 500);
    }
}
