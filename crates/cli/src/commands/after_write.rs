//! What follows each write: late answers are committed, and the courier is woken.

use pawtrail_repo::{Delivery, Project, Receipt, decisions};

use crate::text::{Text, branch, short};

/// Finishes what earlier commands could only record, and hands what is committed to the courier.
///
/// The write itself is done; what fails here is a warning that goes with its receipt.
pub(super) fn follow(project: &Project, _receipt: &mut Receipt, warnings: &mut Vec<String>) {
    match decisions::finish(project) {
        Ok(waiting) => warnings.extend(
            waiting
                .into_iter()
                .map(|reason| format!("an earlier answer still waits for its commit: {reason}")),
        ),
        Err(error) => warnings.push(format!("earlier answers still wait: {error}")),
    }
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
