//! `verify`: proves that every answer is in git.

use pawtrail_repo::decisions::{self, Proof};
use pawtrail_repo::mission;
use serde_json::{Value, json};

use crate::args::VerifyArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, short};

/// How many answers a message names.
const NAMED: usize = 5;

pub(super) fn verify(context: &Context, args: &VerifyArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let missions = match &args.mission {
        Some(handle) => vec![context.mission(&project, Some(handle))?],
        None => mission::list(&project)?.missions,
    };
    let proof = decisions::verify(&project, &missions)?;
    let data = document(&proof)?;
    if !proof.missing.is_empty() {
        let error = CliError::answer("ANSWERS_MISSING", missing(&proof), data);
        return Err(error.next("pawtrail doctor --fix"));
    }
    let headline = match proof.answers.len() {
        0 => "There are no answers yet.".to_owned(),
        1 => "The one answer is in git.".to_owned(),
        count => format!("All {count} answers are in git."),
    };
    let mut text = Text::new(&headline).field("missions", missions.len());
    for (remote, count) in &proof.remotes {
        let has = format!("has {count} of {}", proof.answers.len());
        text = text.field(&plain(remote), has);
    }
    for contested in &proof.contested {
        let answers: Vec<String> = contested.answers.iter().map(|a| plain(a)).collect();
        text = text.field(
            "contested",
            format!("{}: {}", contested.decision_id, answers.join(" / ")),
        );
    }
    if let Some(last) = proof.answers.last() {
        text = text.field("last", short(last.commit.as_str()));
    }
    Ok(Done::new(data, text.done()))
}

fn document(proof: &Proof) -> Result<Value, CliError> {
    Ok(json!({
        "verified": proof.answers.len(),
        "missing": to_json(&proof.missing)?,
        "contested": to_json(&proof.contested)?,
        "answers": to_json(&proof.answers)?,
        "remotes": to_json(&proof.remotes)?,
    }))
}

fn missing(proof: &Proof) -> String {
    let all = proof.missing.len() + proof.answers.len();
    let mut text = format!(
        "{} of {all} answers are in no commit of their ledger branch",
        proof.missing.len()
    );
    for answer in proof.missing.iter().take(NAMED) {
        text.push_str(&format!(
            "\n  {} of {}: {}",
            answer.decision_id,
            answer.mission_slug,
            plain(&answer.reason)
        ));
    }
    if proof.missing.len() > NAMED {
        text.push_str(&format!("\n  and {} more", proof.missing.len() - NAMED));
    }
    text
}
