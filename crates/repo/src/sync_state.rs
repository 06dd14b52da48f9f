//! Placeholder.
use crate::error::Result;
use crate::project::Project;
use gix::ObjectId;
use pawtrail_event::CommitHash;
pub fn first_sight(_: &Project) -> Result<()> {
    Ok(())
}
pub fn record(_: &Project) -> Result<()> {
    Ok(())
}
pub fn record_commit(_: &Project, _: &str, _: Option<ObjectId>, _: ObjectId) -> Result<()> {
    Ok(())
}
pub fn is_acknowledged(_: &Project, _: &CommitHash) -> Result<bool> {
    Ok(false)
}
