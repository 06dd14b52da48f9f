//! What would leave now, byte for byte, and what is held back. It asks no network, sends nothing and writes nothing.

use std::sync::Arc;

use pawtrail_event::frame::Announcement;
use pawtrail_event::{CommitHash, ProjectUuid};
use pawtrail_repo::{Project, System, sync_state};
use serde::Serialize;

use crate::consent::{self, Verdict};
use crate::courier;
use crate::error::SyncError;
use crate::place::Place;
use crate::queue::{self, Queue, State};
use crate::session::sendable;
use crate::upload;

/// What an upload and a connection would bring, if they began now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Whether anything may leave.
    pub allowed: bool,
    /// Why nothing may.
    pub reason: Option<String>,
    /// The hub that it would go to.
    pub url: Option<String>,
    /// The frames, in the order in which they would be sent.
    pub frames: Vec<Frame>,
    /// The frames that a hub acknowledged before, and that would go to one that doesn't have them; in their order.
    pub again: Vec<Frame>,
    /// The batches of the queue, in the order in which they would be sent, to a hub of these limits.
    pub batches: Vec<Batch>,
    /// How much one batch holds.
    pub batch_limits: BatchLimits,
    /// What waits and would not go.
    pub held_back: Vec<Held>,
    /// How many events of the journals are still to be queued, which the next delivery does first.
    pub unqueued: usize,
    /// How many local commits touch `kitty-specs/` for no mission that can be named: they have no frame.
    pub unattributed: usize,
}

/// A frame as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// The commit that it announces.
    pub git_hash: CommitHash,
    /// Its size in bytes.
    pub bytes: usize,
    /// Its text.
    pub text: String,
}

/// The body of a batch before it is packed with gzip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// How many events it holds.
    pub events: usize,
    /// Its size in bytes.
    pub bytes: usize,
    /// Its text.
    pub text: String,
}

/// How much one batch holds at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BatchLimits {
    /// Events.
    pub events: usize,
    /// Bytes of the events before they are packed.
    pub bytes: usize,
    /// Whether the hub has said so. It is asked with the first upload, and may take less than this program sends.
    pub told: bool,
}

/// What kind of thing is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A commit, which would be a frame.
    Commit,
    /// An event of the queue.
    Event,
}

/// Something that waits and would not go now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// What it is.
    pub kind: Kind,
    /// The commit, or the event's id.
    pub id: String,
    /// Why, as a stable code.
    pub code: String,
    /// Why, for a person.
    pub reason: String,
}

/// Shows what would leave this clone now, whether it may or not.
///
/// # Errors
/// When the repository or the queue can't be read.
pub fn preview(project: &Project) -> Result<Preview, SyncError> {
    // Looked at from where a courier looks: a linked worktree may be of another build.
    let project = Project::discover(project.common_dir(), Arc::new(System))?;
    let place = Place::of(&project)?;
    let mut preview = Preview::default();
    let mut owner = place.project_uuid.clone();
    match consent::check(&place) {
        Verdict::Granted(consent) => {
            preview.allowed = true;
            preview.url = Some(consent.url.to_string());
            owner = Some(consent.project_uuid);
        }
        Verdict::Never => {
            preview.reason = Some("no consent is recorded for this project".to_owned());
        }
        Verdict::Forbidden => preview.reason = Some(format!("`{}` forbids it", consent::ENV)),
        Verdict::Unusable(reason) => preview.reason = Some(reason),
    }
    add_commits(&project, owner.as_ref(), &mut preview)?;
    if let Some(owner) = &owner {
        add_events(&project, &place, owner, &mut preview)?;
        preview.unqueued = queue::uncaught(&project)?;
    }
    Ok(preview)
}

impl Preview {
    /// Finds out how much the hub takes at once, as far as it is known without asking.
    fn limits(&mut self, place: &Place) -> upload::Limits {
        let url = self.url.as_deref().and_then(|url| url.parse().ok());
        let told = url.and_then(|url| upload::Limits::known(place, &url));
        let limits = told.unwrap_or_default();
        self.batch_limits = BatchLimits {
            events: limits.events,
            bytes: limits.bytes,
            told: told.is_some(),
        };
        limits
    }
}

fn add_commits(
    project: &Project,
    owner: Option<&ProjectUuid>,
    preview: &mut Preview,
) -> Result<(), SyncError> {
    let state = sync_state::state(project)?;
    preview.unattributed = state.unattributed;
    for commit in state.pending {
        match frame(commit, owner) {
            Ok(frame) => preview.frames.push(frame),
            Err(held) => preview.held_back.push(held),
        }
    }
    for commit in sync_state::acknowledged(project)? {
        match frame(commit, owner) {
            Ok(frame) => preview.again.push(frame),
            Err(held) => preview.held_back.push(held),
        }
    }
    for aside in state.set_aside {
        let held = held(Kind::Commit, &aside.git_hash, &aside.code, &aside.message);
        preview.held_back.push(held);
    }
    Ok(())
}

/// Makes the frame of a commit, or says why it has none.
fn frame(mut commit: Announcement, owner: Option<&ProjectUuid>) -> Result<Frame, Held> {
    commit.belong_to(owner);
    if owner.is_none() || commit.project_uuid.as_ref() != owner {
        let reason = "it is not of the project that consent is given for";
        return Err(held(
            Kind::Commit,
            &commit.git_hash,
            "OTHER_PROJECT",
            reason,
        ));
    }
    let unfit = |reason: &str| held(Kind::Commit, &commit.git_hash, "INVALID_FRAME", reason);
    let frame = sendable(&commit).map_err(|(_, reason)| unfit(&reason))?;
    let text = frame.to_text().map_err(|error| unfit(&error.to_string()))?;
    Ok(Frame {
        git_hash: commit.git_hash.clone(),
        bytes: text.len(),
        text,
    })
}

fn add_events(
    project: &Project,
    place: &Place,
    owner: &ProjectUuid,
    preview: &mut Preview,
) -> Result<(), SyncError> {
    let now_ms = project.now().as_millisecond();
    let limits = preview.limits(place);
    let is_running = courier::is_running(place);
    let seen = Queue::look(&place.state_dir, |queue| {
        let plan = upload::plan(queue, owner, now_ms, is_running, limits)?;
        Ok((plan, queue.list(Some(State::SetAside), u32::MAX)?))
    })?;
    let Some((plan, aside)) = seen else {
        return Ok(());
    };
    preview.batches = plan
        .bodies
        .into_iter()
        .map(|body| Batch {
            events: body.events,
            bytes: body.text.len(),
            text: body.text,
        })
        .collect();
    let event = |id: &str, code: &str, reason: &str| held(Kind::Event, &id, code, reason);
    let mut hold = Vec::new();
    for id in &plan.barred {
        let reason = "it is not of the project that consent is given for";
        hold.push(event(id, "OTHER_PROJECT", reason));
    }
    for id in &plan.under_way {
        hold.push(event(
            id,
            "IN_FLIGHT",
            "it was sent, and the hub has not answered",
        ));
    }
    for (id, due_ms) in &plan.later {
        let reason = match jiff::Timestamp::from_millisecond(*due_ms) {
            Ok(due) => format!("the hub asked for it again, not before {due}"),
            Err(_) => "the hub asked for it again, later".to_owned(),
        };
        hold.push(event(id, "LATER", &reason));
    }
    for entry in aside {
        let code = entry.reason_code.as_deref().unwrap_or("SET_ASIDE");
        hold.push(event(
            &entry.event_id,
            code,
            entry.reason.as_deref().unwrap_or_default(),
        ));
    }
    preview.held_back.extend(hold);
    Ok(())
}

fn held(kind: Kind, id: &dyn std::fmt::Display, code: &str, reason: &str) -> Held {
    Held {
        kind,
        id: id.to_string(),
        code: code.to_owned(),
        reason: reason.to_owned(),
    }
}
