//! `verify`: proves that every answer is in git.

use pawtrail_repo::decisions::{self, Proof};
use pawtrail_repo::mission;
use serde_json::{Value, json};

use crate::args::VerifyArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, short};

const ANSWERS_MISSING: &str = "ANSWERS_MISSING";
/// How many answers a message names.
const NAMED: usize = 5;

pub(super) fn verify(context: &Context, args: &VerifyArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let (proof, missions) = match &args.mission {
        Some(handle) => {
            let mission = context.mission(&project, Some(handle))?;
            (decisions::verify(&project, &[mission])?, 1)
        }
        None => {
            let proof = decisions::verify_all(&project)?;
            (proof, mission::list(&project)?.missions.len())
        }
    };
    let data = document(&proof)?;
    if let Some(first) = proof.lost.first() {
        let code = match proof.missing.is_empty() {
            true => "LEDGER_BRANCH_GONE",
            false => ANSWERS_MISSING,
        };
        return Err(CliError::answer(code, lost(&proof), data).next(&first.restore));
    }
    if !proof.missing.is_empty() {
        let error = CliError::answer(ANSWERS_MISSING, missing(&proof), data);
        return Err(error.next("pawtrail doctor --fix"));
    }
    let headline = match proof.answers.len() {
        0 => "There are no answers yet.".to_owned(),
        1 => "The one answer is in git.".to_owned(),
        count => format!("All {count} answers are in git."),
    };
    let mut text = Text::new(&headline).field("missions", missions);
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
        "lost": to_json(&proof.lost)?,
        "contested": to_json(&proof.contested)?,
        "answers": to_json(&proof.answers)?,
        "remotes": to_json(&proof.remotes)?,
    }))
}

/// What ledger branches have lost, and the command for each; then the answers.
fn lost(proof: &Proof) -> String {
    let each: Vec<String> = proof
        .lost
        .iter()
        .map(|found| format!("{}: {}", plain(&found.reason), plain(&found.restore)))
        .collect();
    let mut text = each.join("\n");
    if !proof.missing.is_empty() {
        text.push('\n');
        text.push_str(&missing(proof));
    }
    text
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
