//! How much hangs on an audit: six dimensions, the band that their sum falls into, and what forces the highest.
//!
//! Source: spec-kitty's `significance` models (names and shapes of the payload).

use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The highest score of one dimension.
pub const MAX_SCORE: u8 = 3;

/// What a change can affect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// How the system is built.
    ArchitecturalSystemImpact,
    /// How many teams notice.
    CrossTeamBlastRadius,
    /// Data, security, compliance.
    DataSecurityComplianceImpact,
    /// Money and contracts.
    FinancialCommercialImpact,
    /// Whether it keeps running.
    OperationalReliabilityImpact,
    /// Those who use it.
    UserCustomerImpact,
}

impl Dimension {
    /// All six, in the order in which they are written: by name.
    pub const ALL: [Self; 6] = [
        Self::ArchitecturalSystemImpact,
        Self::CrossTeamBlastRadius,
        Self::DataSecurityComplianceImpact,
        Self::FinancialCommercialImpact,
        Self::OperationalReliabilityImpact,
        Self::UserCustomerImpact,
    ];

    /// Returns the name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ArchitecturalSystemImpact => "architectural_system_impact",
            Self::CrossTeamBlastRadius => "cross_team_blast_radius",
            Self::DataSecurityComplianceImpact => "data_security_compliance_impact",
            Self::FinancialCommercialImpact => "financial_commercial_impact",
            Self::OperationalReliabilityImpact => "operational_reliability_impact",
            Self::UserCustomerImpact => "user_customer_impact",
        }
    }

    /// Returns the dimension of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// What forces the highest band, whatever the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HardTrigger {
    /// Data of production can be lost.
    ProductionDataDestructive,
    /// Security, privacy, access.
    SecurityPrivacyAccessControl,
    /// Law and regulation.
    LegalComplianceRegulatory,
    /// Money is committed.
    BillingFinancialCommitment,
    /// What everything else stands on.
    ArchitectureFoundation,
}

impl HardTrigger {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::ProductionDataDestructive,
        Self::SecurityPrivacyAccessControl,
        Self::LegalComplianceRegulatory,
        Self::BillingFinancialCommitment,
        Self::ArchitectureFoundation,
    ];

    /// Returns the name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProductionDataDestructive => "production_data_destructive",
            Self::SecurityPrivacyAccessControl => "security_privacy_access_control",
            Self::LegalComplianceRegulatory => "legal_compliance_regulatory",
            Self::BillingFinancialCommitment => "billing_financial_commitment",
            Self::ArchitectureFoundation => "architecture_foundation",
        }
    }

    /// Returns what it is about, for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::ProductionDataDestructive => "Data of production may be lost or change its shape",
            Self::SecurityPrivacyAccessControl => "It touches security, privacy or who has access",
            Self::LegalComplianceRegulatory => "Laws or regulations apply",
            Self::BillingFinancialCommitment => "It bills somebody or commits money",
            Self::ArchitectureFoundation => {
                "It changes what everything stands on: language, framework, data store, infrastructure"
            }
        }
    }

    /// Returns the trigger of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// How an audit is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    /// It passes by itself.
    Low,
    /// The owner decides alone, calls a meeting, or puts it off.
    Medium,
    /// The owner approves or rejects.
    High,
}

impl Band {
    /// All three, from low to high.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Returns the band that a sum of scores falls into.
    pub fn of(composite: u8) -> Self {
        match composite {
            0..=6 => Self::Low,
            7..=11 => Self::Medium,
            12..=u8::MAX => Self::High,
        }
    }

    /// Returns the smallest and the largest sum of the band.
    pub fn range(self) -> (u8, u8) {
        match self {
            Self::Low => (0, 6),
            Self::Medium => (7, 11),
            Self::High => (12, 18),
        }
    }

    /// Returns the name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    fn to_value(self) -> Value {
        let (min, max) = self.range();
        json!({"name": self.as_str(), "min_score": min, "max_score": max})
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What hangs on an audit. The band follows from the scores and the triggers, so that no other can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    scores: [u8; 6],
    triggers: Vec<HardTrigger>,
}

impl Score {
    /// Makes the score of these dimensions, in the order of [`Dimension::ALL`]. None where one is above [`MAX_SCORE`].
    pub fn new(scores: [u8; 6], triggers: Vec<HardTrigger>) -> Option<Self> {
        let sound = scores.iter().all(|score| *score <= MAX_SCORE);
        sound.then_some(Self { scores, triggers })
    }

    /// Returns the score of each dimension.
    pub fn dimensions(&self) -> impl Iterator<Item = (Dimension, u8)> + '_ {
        Dimension::ALL.into_iter().zip(self.scores)
    }

    /// Returns what forces the highest band.
    pub fn triggers(&self) -> &[HardTrigger] {
        &self.triggers
    }

    /// Returns the sum of the dimensions.
    pub fn composite(&self) -> u8 {
        self.scores.iter().sum()
    }

    /// Returns the band of the sum alone.
    pub fn band(&self) -> Band {
        Band::of(self.composite())
    }

    /// Returns the band that counts.
    pub fn effective_band(&self) -> Band {
        if self.triggers.is_empty() {
            self.band()
        } else {
            Band::High
        }
    }

    /// Returns the score as it is written.
    pub fn to_value(&self) -> Value {
        let dimensions: Vec<Value> = self
            .dimensions()
            .map(|(name, score)| json!({"name": name.as_str(), "score": score, "description": ""}))
            .collect();
        let triggers: Vec<Value> = self
            .triggers
            .iter()
            .map(|one| json!({"class_id": one.as_str(), "description": one.description()}))
            .collect();
        json!({
            "dimensions": dimensions,
            "composite": self.composite(),
            "band": self.band().to_value(),
            "hard_trigger_classes": triggers,
            "effective_band": self.effective_band().to_value(),
        })
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            dimensions: Vec<One>,
            #[serde(default)]
            hard_trigger_classes: Vec<Class>,
        }
        #[derive(Deserialize)]
        struct One {
            name: Dimension,
            score: u8,
        }
        #[derive(Deserialize)]
        struct Class {
            class_id: HardTrigger,
        }
        let written = Written::deserialize(deserializer)?;
        let mut scores = [None; 6];
        for one in &written.dimensions {
            let places = Dimension::ALL.iter().zip(&mut scores);
            for (_, place) in places.filter(|(name, _)| **name == one.name) {
                if place.replace(one.score).is_some() {
                    return Err(de::Error::custom("a dimension stands twice"));
                }
            }
        }
        let mut sound = [0; 6];
        for (to, from) in sound.iter_mut().zip(scores) {
            *to = from.ok_or_else(|| de::Error::custom("a dimension is missing"))?;
        }
        let triggers = written.hard_trigger_classes;
        let triggers = triggers.into_iter().map(|class| class.class_id).collect();
        Self::new(sound, triggers).ok_or_else(|| de::Error::custom("a score is above 3"))
    }
}
