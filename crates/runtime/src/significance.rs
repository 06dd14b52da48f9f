//! How much hangs on an audit decides how it is decided.

use pawtrail_event::run::SoftGate;
use pawtrail_event::run::raci::{Binding, Raci};
use pawtrail_event::run::significance::Band;

use crate::template::Audit;

/// After how many seconds a question has waited too long.
pub const TIMEOUT_SECONDS: u32 = 600;

/// How an audit is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It passes by itself: its band is low.
    Passes,
    /// `decide_solo`, `open_stand_up` or `defer`: its band is medium.
    Soft,
    /// `approve` or `reject`: its band is high, or it has none.
    Hard,
}

impl Gate {
    /// Returns how this audit is decided.
    pub fn of(audit: &Audit) -> Self {
        match audit
            .significance
            .as_ref()
            .map(|score| score.effective_band())
        {
            Some(Band::Low) => Self::Passes,
            Some(Band::Medium) => Self::Soft,
            Some(Band::High) | None => Self::Hard,
        }
    }

    /// Says what an answer means here.
    pub fn verdict(self, answer: &str) -> Verdict {
        match (self, answer) {
            (Self::Hard, "approve") | (Self::Soft, "decide_solo") => Verdict::Passes,
            (Self::Hard, "reject") => Verdict::Rejects,
            (Self::Soft, "open_stand_up") => Verdict::PutsOff(SoftGate::OpenStandUp),
            (Self::Soft, "defer") => Verdict::PutsOff(SoftGate::Defer),
            (Self::Passes | Self::Soft | Self::Hard, _) => Verdict::None,
        }
    }

    /// Returns the answers that it proposes.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Passes => &[],
            Self::Soft => &["decide_solo", "open_stand_up", "defer"],
            Self::Hard => &["approve", "reject"],
        }
    }
}

/// What an answer means at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The audit is complete.
    Passes,
    /// The run is blocked.
    Rejects,
    /// The question stays open.
    PutsOff(SoftGate),
    /// It is no answer to the question.
    None,
}

/// Says that an answer is none, in the words of the Python tool.
pub fn not_an_answer(audit: &Audit, answer: &str) -> String {
    let answer: String = answer.chars().take(80).collect();
    match (Gate::of(audit), &audit.significance) {
        (Gate::Soft, _) => format!(
            "Medium-band decision requires one of ['decide_solo', 'defer', 'open_stand_up'], got: '{answer}'"
        ),
        (Gate::Hard | Gate::Passes, Some(_)) => {
            format!("High-band decision requires one of {{'approve', 'reject'}}, got: '{answer}'")
        }
        (Gate::Hard | Gate::Passes, None) => {
            format!("Invalid audit answer '{answer}': must be 'approve' or 'reject'")
        }
    }
}

/// Returns who is to be told that a question of this band has waited too long.
pub fn escalation(raci: &Raci, band: Band) -> Vec<Binding> {
    let mut targets = vec![raci.accountable.clone()];
    match band {
        Band::Low | Band::Medium => {}
        Band::High => targets.extend(raci.consulted.iter().cloned()),
    }
    targets
}
