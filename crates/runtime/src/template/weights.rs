//! How a template says what hangs on an audit.

use pawtrail_event::run::significance::{Dimension, HardTrigger, MAX_SCORE, Score};

use super::fields::{Fields, Findings, Others, list, shown};
use super::yaml::Kind;

const SIGNIFICANCE: &[&str] = &["dimensions", "hard_triggers"];
const DIMENSIONS: &[&str] = &[
    "architectural_system_impact",
    "cross_team_blast_radius",
    "data_security_compliance_impact",
    "financial_commercial_impact",
    "operational_reliability_impact",
    "user_customer_impact",
];

/// Reads the block `significance` of an audit, where it has one.
pub(super) fn read(fields: &Fields<'_>, findings: &mut Findings) -> Option<Score> {
    let yaml = fields.get("significance")?;
    if yaml.value == Kind::Null {
        return None;
    }
    let what = format!("{}: `significance`", fields.what);
    let block = Fields::of(what, yaml, SIGNIFICANCE, Others::Refused, findings)?;
    let triggers = block.texts("hard_triggers", findings, |text| {
        let all: Vec<&str> = HardTrigger::ALL.iter().map(|one| one.as_str()).collect();
        HardTrigger::parse(text)
            .ok_or_else(|| format!("`{}` is none; there are {}", shown(text), list(&all)))
    });
    let Some(yaml) = block.get("dimensions") else {
        findings.problem(block.place, format!("{} has no `dimensions`", block.what));
        return None;
    };
    let what = format!("{}: `dimensions`", fields.what);
    let dimensions = Fields::of(what, yaml, DIMENSIONS, Others::Refused, findings)?;
    let mut scores = [0; 6];
    let mut sound = true;
    for (score, dimension) in scores.iter_mut().zip(Dimension::ALL) {
        let name = dimension.as_str();
        match dimensions.get(name).map(|yaml| (yaml.place, &yaml.value)) {
            Some((_, Kind::Int(number))) if (0..=i64::from(MAX_SCORE)).contains(number) => {
                *score = u8::try_from(*number).unwrap_or(MAX_SCORE);
            }
            Some((place, _)) => {
                sound = false;
                let message = format!(
                    "{}: `{name}` is no whole number from 0 to {MAX_SCORE}",
                    dimensions.what
                );
                findings.problem(place, message);
            }
            None => {
                sound = false;
                let message = format!("{} lacks `{name}`", dimensions.what);
                findings.problem(dimensions.place, message);
            }
        }
    }
    let triggers = triggers.into_iter().map(|(_, one)| one).collect();
    sound.then(|| Score::new(scores, triggers)).flatten()
}
