//! Times of one command over all rounds.

use std::time::Instant;

use crate::Result;

/// The times of one command, in milliseconds.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    times: Vec<f64>,
}

impl Column {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            times: Vec::new(),
        }
    }

    /// Runs the command and keeps its time where it `counts`.
    pub(crate) fn time(&mut self, counts: bool, run: impl FnOnce() -> Result<()>) -> Result<()> {
        let start = Instant::now();
        run()?;
        if counts {
            self.times.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(())
    }

    /// Keeps a time that was taken elsewhere where it `counts`.
    pub(crate) fn add(&mut self, counts: bool, milliseconds: f64) {
        if counts {
            self.times.push(milliseconds);
        }
    }

    /// Takes over another one's times.
    pub(crate) fn take_over(&mut self, other: Self) {
        self.times.extend(other.times);
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Returns the time that this share of the rounds stays at or under.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let at = (last as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }
}
