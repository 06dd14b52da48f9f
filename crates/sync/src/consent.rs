//! Consent: which hub this project may be sent to, kept outside git, and off until somebody said
//! yes.

#[cfg(test)]
mod tests;

use std::fs::File;

use pawtrail_event::{CommitHash, ProjectUuid};
use pawtrail_repo::Project;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SyncError;
use crate::outbox::{Outbox, ProjectOutbox};
use crate::place::Place;
use crate::private_file;
use crate::queue::{self, Queue};
use crate::token::Token;
use crate::url::HubUrl;

/// The variable of the environment that can forbid, and never allow.
pub const ENV: &str = "PAWTRAIL_SYNC";
/// The code under which `--from-now` sets commits and events aside.
pub const FROM_NOW: &str = "FROM_NOW";

const VERSION: u32 = 2;
const FILE: &str = "consent.json";
const TOKEN_FILE: &str = "token";
const LOCK: &str = "consent.lock";
const MAX_FILE: u64 = 8 * 1024;
/// What a person can do about a record that can't be relied on.
const AGAIN: &str = "; enable sync again";

/// A yes: this project, to this hub, with this token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The hub.
    pub url: HubUrl,
    /// The project.
    pub project_uuid: ProjectUuid,
    /// The token that the hub gave to the project.
    pub token: Token,
    /// When somebody said yes, RFC 3339 in UTC.
    pub enabled_at: String,
}

/// What is known about consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Granted(Box<Consent>),
    /// Nobody said yes, or somebody took it back.
    Never,
    /// The environment forbids.
    Forbidden,
    /// There is a record that can't be relied on, which means no; with the reason.
    Unusable(String),
}

/// What `enable` shall do beyond recording the yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnableOptions {
    /// Sets aside what waits now: only later commits are sent.
    pub from_now: bool,
}

/// What `enable` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enabled {
    /// The hub.
    pub url: String,
    /// The project.
    pub project_uuid: ProjectUuid,
    /// How many commits wait and are covered by this consent.
    pub pending: usize,
    /// How many events wait and are covered by this consent.
    pub queued: usize,
    /// How many commits and events were set aside.
    pub set_aside: usize,
    /// How many local commits a hub has acknowledged before: they are covered too, and go to a hub that doesn't have them.
    pub acknowledged: usize,
}

/// The record on disk. The token has a file of its own, so that showing this one shows no secret.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    url: String,
    project_uuid: ProjectUuid,
    enabled_at: String,
    clone: Clone,
}

/// Which clone somebody said yes in: a copy of the record, or of all the clone, is another one, and nobody was asked
/// there.
#[derive(Serialize, Deserialize)]
struct Clone {
    /// The SHA-256 of its git directory's path: the path itself would name whose machine it is.
    path_sha256: String,
    /// The file system's number of that, where it has one: it stays when the directory is moved.
    #[serde(default)]
    inode: Option<u64>,
}

impl Clone {
    fn of(place: &Place) -> Self {
        Self {
            path_sha256: digest(&place.common_dir),
            inode: inode(&place.common_dir),
        }
    }

    /// Moved, mounted elsewhere, or restored in its place, a clone is still itself.
    fn is(&self, other: &Self) -> bool {
        self.path_sha256 == other.path_sha256 || (self.inode.is_some() && self.inode == other.inode)
    }
}

fn digest(dir: &std::path::Path) -> String {
    Sha256::digest(dir.to_string_lossy().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(unix)]
fn inode(dir: &std::path::Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(dir).ok().map(|dir| dir.ino())
}

/// Windows tells such a number to privileged callers and in its own ways; there the path alone counts.
#[cfg(not(unix))]
fn inode(_dir: &std::path::Path) -> Option<u64> {
    None
}

/// Says yes for this project and this hub. Doesn't contact the hub. Without a token the stored one
/// is kept, if it belongs to the same hub.
///
/// # Errors
/// When the address is refused, there is no token, the project has no identity, or a file can't be
/// read or written. Then there is no consent that was not there before.
pub fn enable(
    project: &Project,
    url: &str,
    token: Option<Token>,
    options: EnableOptions,
) -> Result<Enabled, SyncError> {
    let place = Place::of(project)?;
    let outbox = ProjectOutbox::new(project);
    if place.project_uuid.is_some() {
        // What a crash kept from the queue waits as well, and is covered, or set aside.
        queue::catch_up_all(project)?;
    }
    let now = project.now().to_string();
    if options.from_now {
        // What a crash kept from the queue happened before, too.
        queue::catch_up_all(project)?;
        queue::offer_project(project)?;
    }
    enable_at(&place, &outbox, url, token, options, now)
}

/// Returns the consent, if there is one that holds.
///
/// # Errors
/// When the project's identity can't be read.
pub fn load(project: &Project) -> Result<Option<Consent>, SyncError> {
    // Most clones have none, and then the identity needn't be read.
    if !is_recorded(&project.state_dir()) {
        return Ok(None);
    }
    Ok(match check(&Place::of(project)?) {
        Verdict::Granted(consent) => Some(*consent),
        Verdict::Never | Verdict::Forbidden | Verdict::Unusable(_) => None,
    })
}

/// Looks whether something may leave, and says why not. Whatever is doubtful means no.
pub fn check(place: &Place) -> Verdict {
    check_with(place, std::env::var_os(ENV).as_deref())
}

/// The same, where a no has consequences: a record that is being replaced is waited for, since it is
/// away for a moment.
pub(crate) fn settled(place: &Place) -> Verdict {
    let first = check(place);
    if matches!(first, Verdict::Granted(_) | Verdict::Forbidden) {
        return first;
    }
    // No lock file, no change under way. It is opened, never made: a reader writes nothing.
    match File::open(place.lock_file(LOCK)) {
        Ok(file) => match file.lock_shared() {
            Ok(()) => check(place),
            Err(_) => first,
        },
        Err(_) => first,
    }
}

/// Tells whether there is a record at all: the cheap question that most commands end with.
pub(crate) fn is_recorded(state_dir: &std::path::Path) -> bool {
    state_dir.join("sync").join(FILE).exists()
}

impl Verdict {
    /// Returns the consent.
    ///
    /// # Errors
    /// When it is no.
    pub(crate) fn granted(self) -> Result<Consent, SyncError> {
        let reason = match self {
            Self::Granted(consent) => return Ok(*consent),
            Self::Never => "no consent is recorded for this project".to_owned(),
            Self::Forbidden => format!("`{ENV}` forbids it"),
            Self::Unusable(reason) => reason,
        };
        Err(SyncError::EgressDenied(reason))
    }
}

fn check_with(place: &Place, env: Option<&std::ffi::OsStr>) -> Verdict {
    if env.is_some_and(forbids) {
        return Verdict::Forbidden;
    }
    match read(place) {
        Ok(Some(consent)) => Verdict::Granted(Box::new(consent)),
        Ok(None) => Verdict::Never,
        Err(reason) => Verdict::Unusable(reason),
    }
}

/// Only a plain yes is no prohibition; what is misspelt forbids.
fn forbids(value: &std::ffi::OsStr) -> bool {
    !value.to_str().is_some_and(|value| {
        matches!(
            value.trim().to_ascii_lowercase().as_str(),
            "" | "on" | "1" | "true" | "yes"
        )
    })
}

fn read(place: &Place) -> Result<Option<Consent>, String> {
    read_pausing(place, || {})
}

/// Reads the record, and the token after a pause, which a test fills.
fn read_pausing(place: &Place, pause: impl FnOnce()) -> Result<Option<Consent>, String> {
    let damaged = |what: &str| format!("the record of consent is {what}{AGAIN}");
    let record_text = || {
        private_file::read_own(&place.sync_file(FILE), MAX_FILE)
            .map_err(|error| damaged(&format!("unreadable ({error})")))
    };
    let Some(text) = record_text()? else {
        return Ok(None);
    };
    let record: Record = serde_json::from_str(&text).map_err(|_| damaged("malformed"))?;
    if record.version != VERSION {
        return Err(damaged("of another version"));
    }
    // The checkout at hand may be of a branch without the project's file: the clone's own record
    // stands then, and the door still compares each commit with it.
    let other = |uuid: &ProjectUuid| *uuid != record.project_uuid;
    if place.project_uuid.as_ref().is_some_and(other) {
        return Err(damaged("for another project"));
    }
    if !record.clone.is(&Clone::of(place)) {
        return Err(damaged("of another clone"));
    }
    let url = record
        .url
        .parse()
        .map_err(|_| damaged("for an address that is not allowed"))?;
    pause();
    let token = private_file::read_own(&place.sync_file(TOKEN_FILE), MAX_FILE)
        .map_err(|error| damaged(&format!("without a token that can be relied on ({error})")))?
        .ok_or_else(|| damaged("without a token"))?
        .parse()
        .map_err(|_| damaged("without a valid token"))?;
    // The token may have been exchanged since the record was read, and be for another hub.
    if record_text()?.as_deref() != Some(&*text) {
        return Err("the record of consent is being replaced".to_owned());
    }
    Ok(Some(Consent {
        url,
        project_uuid: record.project_uuid,
        token,
        enabled_at: record.enabled_at,
    }))
}

pub(crate) fn enable_at(
    place: &Place,
    outbox: &dyn Outbox,
    url: &str,
    token: Option<Token>,
    options: EnableOptions,
    now: String,
) -> Result<Enabled, SyncError> {
    let url: HubUrl = url.parse()?;
    let project_uuid = place.project()?.clone();
    let _lock = lock(place)?;
    let token = match (token, read(place)) {
        (Some(token), _) => token,
        (None, Ok(Some(old))) if old.url == url => old.token,
        (None, _) => return Err(SyncError::TokenMissing(url.to_string())),
    };
    let mut events = Queue::open_existing(&place.state_dir)?;
    let mut queued = match &events {
        Some(queue) => usize::try_from(queue.counts()?.queued).unwrap_or(usize::MAX),
        None => 0,
    };
    // Set aside before the yes counts: a courier that runs must not send them first.
    let waiting = outbox.pending()?;
    let mut set_aside = 0;
    if options.from_now {
        let message = "it was committed before sync was enabled with `--from-now`";
        let commits: Vec<CommitHash> = waiting.iter().map(|one| one.git_hash.clone()).collect();
        outbox.set_all_aside(&commits, FROM_NOW, message)?;
        outbox.keep_back()?;
        set_aside += commits.len();
        if let Some(queue) = &mut events {
            let message = "it happened before sync was enabled with `--from-now`";
            set_aside += queue.set_all_aside(FROM_NOW, message)?;
            queue.keep_back()?;
            queued = 0;
        }
    }
    let record = Record {
        version: VERSION,
        url: url.to_string(),
        project_uuid: project_uuid.clone(),
        enabled_at: now,
        clone: Clone::of(place),
    };
    // The old record goes first: a token must never stand beside the address of another hub.
    let file = place.sync_file(FILE);
    let token_file = place.sync_file(TOKEN_FILE);
    private_file::remove(&file).map_err(SyncError::file("remove", &file))?;
    private_file::replace(&token_file, token.secret().as_bytes())
        .map_err(SyncError::file("write", &token_file))?;
    let text = serde_json::to_vec(&record)
        .map_err(|error| SyncError::file("write", &file)(error.into()))?;
    private_file::replace(&file, &text).map_err(SyncError::file("write", &file))?;
    if let Err(reason) = read(place) {
        // As where the file system shows all files to everybody: what the door would refuse is no yes.
        forget(place)?;
        let reason = reason.trim_end_matches(AGAIN).to_owned();
        return Err(SyncError::ConsentNotKept(reason));
    }
    Ok(Enabled {
        url: url.to_string(),
        project_uuid,
        pending: if options.from_now { 0 } else { waiting.len() },
        queued,
        set_aside,
        acknowledged: outbox.acknowledged()?,
    })
}

/// Takes a yes back: the record first, then the token. Returns whether there was one.
pub(crate) fn disable_at(place: &Place) -> Result<bool, SyncError> {
    let file = place.sync_file(FILE);
    if !place.state_dir.join("sync").exists() {
        return Ok(false);
    }
    let _lock = lock(place)?;
    let was = file.exists();
    forget(place)?;
    Ok(was)
}

/// Removes the record, and then the token.
fn forget(place: &Place) -> Result<(), SyncError> {
    for path in [place.sync_file(FILE), place.sync_file(TOKEN_FILE)] {
        private_file::remove(&path).map_err(SyncError::file("remove", &path))?;
    }
    Ok(())
}

/// Held while the two files are changed. The file itself stays.
fn lock(place: &Place) -> Result<File, SyncError> {
    let path = place.lock_file(LOCK);
    let file = private_file::append_new(&path).map_err(SyncError::file("open", &path))?;
    file.lock().map_err(SyncError::file("lock", &path))?;
    Ok(file)
}
