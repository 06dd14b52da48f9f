//! Missions of a board: its commits, put together by mission.

use pawtrail_event::{MissionId, MissionSlug};

use crate::store::StoredCommit;

/// The commits of one mission.
pub(super) struct Mission<'a> {
    pub(super) id: &'a MissionId,
    /// From the newest commit that names it.
    pub(super) slug: Option<&'a MissionSlug>,
    /// Newest first.
    pub(super) commits: Vec<&'a StoredCommit>,
}

/// Groups commits, newest first, by mission; the mission heard of last comes first.
pub(super) fn by_mission(commits: &[StoredCommit]) -> Vec<Mission<'_>> {
    let mut missions: Vec<Mission<'_>> = Vec::new();
    for commit in commits {
        let id = &commit.frame.mission_id;
        let slug = commit.frame.mission_slug.as_ref();
        match missions.iter_mut().find(|mission| mission.id == id) {
            Some(mission) => {
                mission.slug = mission.slug.or(slug);
                mission.commits.push(commit);
            }
            None => missions.push(Mission {
                id,
                slug,
                commits: vec![commit],
            }),
        }
    }
    missions
}
