//! What follows each write: late answers are committed, and the courier is woken.

use pawtrail_event::MissionId;
use pawtrail_repo::status::Appended;
use pawtrail_repo::{Delivery, Project, Receipt, decisions, glossary, mission, status, sync_state};
use pawtrail_sync::{consent, courier, queue};

use crate::error::CliError;
use crate::text::{Text, branch, short};

/// Finishes what earlier commands could only record, and hands what is committed to the courier.
///
/// The write itself is done; what fails here is a warning that goes with its receipt.
pub(super) fn follow(project: &Project, receipt: &mut Receipt, warnings: &mut Vec<String>) {
    follow_any(project, Some(receipt), warnings);
}

/// The same for a write that may have no receipt.
pub(super) fn follow_any(
    project: &Project,
    receipt: Option<&mut Receipt>,
    warnings: &mut Vec<String>,
) {
    match decisions::finish(project) {
        Ok(waiting) => warnings.extend(
            waiting
                .into_iter()
                .map(|reason| format!("an earlier answer still waits for its commit: {reason}")),
        ),
        Err(error) => warnings.push(format!("earlier answers still wait: {error}")),
    }
    match status::finish(project) {
        Ok(waiting) => warnings.extend(
            waiting
                .into_iter()
                .map(|reason| format!("earlier status rows still wait for their commit: {reason}")),
        ),
        Err(error) => warnings.push(format!("earlier status rows still wait: {error}")),
    }
    match glossary::finish(project) {
        Ok(waiting) => {
            warnings.extend(waiting.into_iter().map(|reason| {
                format!("an earlier resolution still waits for its commit: {reason}")
            }));
        }
        Err(error) => warnings.push(format!("earlier resolutions still wait: {error}")),
    }
    match mission::finish(project) {
        Ok(said) => warnings.extend(said),
        Err(error) => warnings.push(format!("an interrupted creation still waits: {error}")),
    }
    if let Err(error) = deliver(project, receipt) {
        warnings.push(format!(
            "nobody tells the hub now, a later command will: {}",
            error.message
        ));
    }
}

/// Hands the rows of a mission's status to the queue. They are in git: what fails is a warning, and the
/// next command or the courier finds them there.
pub(super) fn offer(
    project: &Project,
    mission: &MissionId,
    appended: Option<&Appended>,
    warnings: &mut Vec<String>,
) {
    if let Err(error) = queue::offer_status(project, mission, appended) {
        warnings.push(format!("the queue will get it later: {error}"));
    }
}

/// Hands what of a mission's run goes to a hub to the queue. The run's log has it: what fails is a warning.
pub(super) fn offer_run(project: &Project, mission: &MissionId, warnings: &mut Vec<String>) {
    if let Err(error) = queue::offer_run(project, mission) {
        warnings.push(format!("the queue will get it later: {error}"));
    }
}

/// Says in the receipt whether the commit is on its way, and wakes the courier. Never waits for
/// the network. Without consent there is nothing to do.
fn deliver(project: &Project, receipt: Option<&mut Receipt>) -> Result<(), CliError> {
    if consent::load(project)?.is_none() {
        return Ok(());
    }
    if let Some(receipt) = receipt
        && let (Some(commit), Delivery::None) = (&receipt.commit, receipt.delivery)
    {
        let waits = sync_state::pending(project)?
            .iter()
            .any(|frame| frame.git_hash == *commit);
        if waits {
            receipt.delivery = Delivery::Pending;
        }
    }
    Ok(courier::wake(project)?)
}

/// Adds what is true now to human output.
pub(super) fn receipt_fields(text: Text, receipt: &Receipt) -> Text {
    let text = match &receipt.commit {
        Some(commit) => text.field(
            "commit",
            format!("{} on {}", short(commit.as_str()), branch(&receipt.r#ref)),
        ),
        None => text.field(
            "commit",
            format!("not yet; goes to {}", branch(&receipt.r#ref)),
        ),
    };
    match receipt.delivery {
        Delivery::None => text,
        Delivery::Pending => text.field("hub", "on its way"),
        Delivery::Acknowledged => text.field("hub", "acknowledged"),
    }
}
