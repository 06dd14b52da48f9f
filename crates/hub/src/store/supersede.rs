//! Supersession: which commit stands in another's place, whatever the order of their arrival.
//!
//! `supersessions` leads from an old commit to the one that replaced it, and never in a circle. The
//! column `superseded_by` of a commit that is there says the same.

use std::collections::HashSet;

use pawtrail_event::ProjectUuid;
use pawtrail_event::frame::LocalCommit;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;

/// Applies a frame that has been stored: what it supersedes, and what already supersedes it.
pub(super) fn apply(
    connection: &Connection,
    project: &ProjectUuid,
    frame: &LocalCommit,
) -> Result<()> {
    let new = frame.git_hash.as_str();
    let olds: HashSet<&str> = frame
        .supersedes
        .iter()
        .map(|hash| hash.as_str())
        .filter(|old| *old != new)
        .collect();
    // Amended and then taken back: the commit that came back names the one that had replaced it.
    if leads_to(connection, project, new, &olds)? {
        connection
            .prepare_cached("DELETE FROM supersessions WHERE project_uuid = ?1 AND old_hash = ?2")?
            .execute([project.as_str(), new])?;
    }
    for old in &olds {
        connection
            .prepare_cached(
                "INSERT INTO supersessions (project_uuid, old_hash, new_hash) VALUES (?1, ?2, ?3)
                 ON CONFLICT (project_uuid, old_hash) DO UPDATE SET new_hash = excluded.new_hash",
            )?
            .execute([project.as_str(), old, new])?;
        mark(connection, project, old)?;
    }
    mark(connection, project, new)
}

/// Copies what `supersessions` says of a commit to its row, if it has one.
fn mark(connection: &Connection, project: &ProjectUuid, hash: &str) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE commits SET superseded_by = (SELECT new_hash FROM supersessions s
                 WHERE s.project_uuid = commits.project_uuid AND s.old_hash = commits.git_hash)
             WHERE project_uuid = ?1 AND git_hash = ?2",
        )?
        .execute([project.as_str(), hash])?;
    Ok(())
}

/// Returns whether one of `goals` replaced `hash`, directly or through others.
fn leads_to(
    connection: &Connection,
    project: &ProjectUuid,
    hash: &str,
    goals: &HashSet<&str>,
) -> Result<bool> {
    if goals.is_empty() {
        return Ok(false);
    }
    let mut statement = connection.prepare_cached(
        "SELECT new_hash FROM supersessions WHERE project_uuid = ?1 AND old_hash = ?2",
    )?;
    let mut at = hash.to_owned();
    let mut seen = HashSet::new();
    while seen.insert(at.clone()) {
        let next: Option<String> = statement
            .query_row(params![project.as_str(), at], |row| row.get(0))
            .optional()?;
        match next {
            Some(next) if goals.contains(next.as_str()) => return Ok(true),
            Some(next) => at = next,
            None => return Ok(false),
        }
    }
    Ok(false)
}
