//! The slow answer to a wrong token. Right ones never wait, so nobody can lock others out by guessing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// The most wrong tokens whose answer waits.
const AT_ONCE: usize = 64;

/// Holds back the answers to wrong tokens.
#[derive(Clone)]
pub(crate) struct Slow {
    waiting: Arc<Semaphore>,
    pause: Duration,
}

/// More wrong tokens than have a place to wait: the answer is "too many", at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Slow {
    /// Holds each answer back for `pause`.
    pub(crate) fn new(pause: Duration) -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(AT_ONCE)),
            pause,
        }
    }

    /// Waits before a refusal is told.
    pub(crate) async fn refusal(&self) -> Result<(), TooMany> {
        let _place = self.waiting.try_acquire().map_err(|_| TooMany)?;
        tokio::time::sleep(self.pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bounded_number_waits_and_the_rest_is_turned_away() {
        let slow = Slow::new(Duration::from_secs(3_600));
        let waiting: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let slow = slow.clone();
                tokio::spawn(async move { slow.refusal().await })
            })
            .collect();
        while slow.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(slow.refusal().await, Err(TooMany));
        for one in waiting {
            one.abort();
            drop(one.await);
        }
        assert_eq!(slow.waiting.available_permits(), AT_ONCE);
        assert_eq!(Slow::new(Duration::ZERO).refusal().await, Ok(()));
    }
}
