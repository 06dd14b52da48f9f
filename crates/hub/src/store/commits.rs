//! Commits and builds in SQLite.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use pawtrail_event::frame::LocalCommit;
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;

use super::{Build, Builds, Incoming, Outcome, ProjectSummary, StoredCommit, Written, supersede};
use crate::error::{HubError, Result};

const COLUMNS: &str = "sequence, git_hash, mission_id, build_id, changed_files, changed_files_total, committed_at, \
     mission_slug, branch, parents, supersedes, received_at, superseded_by";

/// Adds a commit unless it is there, and notes it as its build's last.
pub(super) fn add(connection: &Connection, incoming: &Incoming) -> Result<Written> {
    let frame = &incoming.frame;
    let project = &incoming.grant.project;
    let received_at = instant(incoming.received_at);
    let total = frame
        .changed_files_total
        .map(|total| i64::try_from(total).unwrap_or(i64::MAX));
    let added = connection
        .prepare_cached(
            "INSERT INTO commits (project_uuid, git_hash, sequence, mission_id, build_id, changed_files,
                 changed_files_total, committed_at, mission_slug, branch, parents, supersedes, received_at)
             VALUES (?1, ?2, (SELECT coalesce(max(sequence), 0) + 1 FROM commits), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (project_uuid, git_hash) DO NOTHING",
        )?
        .execute(params![
            project.as_str(),
            frame.git_hash.as_str(),
            frame.mission_id.as_str(),
            frame.build_id.as_str(),
            list(&frame.changed_files),
            total,
            frame.committed_at,
            frame.mission_slug.as_ref().map(|slug| slug.as_str()),
            frame.branch,
            list(&frame.parents),
            list(&frame.supersedes),
            received_at,
        ])?;
    supersede::apply(connection, project, frame)?;
    let frames: i64 = connection
        .prepare_cached(
            "INSERT INTO builds (project_uuid, build_id, last_acknowledged, last_seen, frames) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (project_uuid, build_id)
             DO UPDATE SET last_acknowledged = excluded.last_acknowledged, last_seen = excluded.last_seen, frames = frames + 1
             RETURNING frames",
        )?
        .query_row(
            params![
                project.as_str(),
                frame.build_id.as_str(),
                frame.git_hash.as_str(),
                received_at,
            ],
            |row| row.get(0),
        )?;
    let outcome = if added > 0 {
        Outcome::Accepted
    } else {
        Outcome::Duplicate
    };
    Ok(Written {
        outcome,
        frames: frames.unsigned_abs(),
    })
}

pub(super) fn all(connection: &Connection, project: &ProjectUuid) -> Result<Vec<StoredCommit>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM commits WHERE project_uuid = ?1 ORDER BY sequence"
    ))?;
    let mut rows = statement.query([project.as_str()])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        commits.push(commit(project, row)?);
    }
    Ok(commits)
}

pub(super) fn current(
    connection: &Connection,
    project: &ProjectUuid,
    limit: u32,
) -> Result<(Vec<StoredCommit>, u64)> {
    let total: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM commits WHERE project_uuid = ?1 AND superseded_by IS NULL",
        )?
        .query_row([project.as_str()], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM commits WHERE project_uuid = ?1 AND superseded_by IS NULL
         ORDER BY sequence DESC LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![project.as_str(), limit])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        commits.push(commit(project, row)?);
    }
    Ok((commits, total.unsigned_abs()))
}

pub(super) fn builds(connection: &Connection, project: &ProjectUuid, limit: u32) -> Result<Builds> {
    let store = connection
        .prepare_cached("SELECT name FROM store")?
        .query_row([], |row| row.get(0))?;
    let total: i64 = connection
        .prepare_cached("SELECT count(*) FROM builds WHERE project_uuid = ?1")?
        .query_row([project.as_str()], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(
        "SELECT build_id, last_acknowledged, frames FROM builds WHERE project_uuid = ?1
         ORDER BY last_seen DESC, build_id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![project.as_str(), limit])?;
    let mut builds = Vec::new();
    while let Some(row) = rows.next()? {
        let last: Option<String> = row.get(1)?;
        builds.push(Build {
            build_id: parsed("builds.build_id", &row.get::<_, String>(0)?)?,
            last_acknowledged: last
                .map(|hash| parsed("builds.last_acknowledged", &hash))
                .transpose()?,
            frames: row.get::<_, i64>(2)?.unsigned_abs(),
        });
    }
    Ok(Builds {
        store,
        builds,
        total: total.unsigned_abs(),
    })
}

pub(super) fn projects(connection: &Connection) -> Result<Vec<ProjectSummary>> {
    let mut statement = connection.prepare_cached(
        "SELECT p.project_uuid, count(c.git_hash), max(c.received_at) FROM projects p
         LEFT JOIN commits c ON c.project_uuid = p.project_uuid AND c.superseded_by IS NULL
         GROUP BY p.project_uuid ORDER BY 3 DESC, p.created_at DESC, 1",
    )?;
    let mut rows = statement.query([])?;
    let mut projects = Vec::new();
    while let Some(row) = rows.next()? {
        let last: Option<String> = row.get(2)?;
        projects.push(ProjectSummary {
            project: parsed("projects.project_uuid", &row.get::<_, String>(0)?)?,
            commits: row.get::<_, i64>(1)?.unsigned_abs(),
            last_received: last
                .map(|at| parsed("commits.received_at", &at))
                .transpose()?,
        });
    }
    Ok(projects)
}

fn commit(project: &ProjectUuid, row: &Row<'_>) -> Result<StoredCommit> {
    let text = |at: usize| row.get::<_, String>(at);
    let slug: Option<String> = row.get(7)?;
    let superseded_by: Option<String> = row.get(12)?;
    Ok(StoredCommit {
        sequence: row.get::<_, i64>(0)?.unsigned_abs(),
        frame: LocalCommit {
            git_hash: parsed("commits.git_hash", &text(1)?)?,
            mission_id: parsed("commits.mission_id", &text(2)?)?,
            build_id: parsed("commits.build_id", &text(3)?)?,
            changed_files: unlist("commits.changed_files", &text(4)?)?,
            committed_at: text(6)?,
            project_uuid: Some(project.clone()),
            mission_slug: slug
                .map(|slug| parsed("commits.mission_slug", &slug))
                .transpose()?,
            branch: row.get(8)?,
            parents: unlist("commits.parents", &text(9)?)?,
            supersedes: unlist("commits.supersedes", &text(10)?)?,
            changed_files_total: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
        },
        received_at: parsed("commits.received_at", &text(11)?)?,
        superseded_by: superseded_by
            .map(|hash| parsed("commits.superseded_by", &hash))
            .transpose()?,
    })
}

/// Writes a time so that text order is time order.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// Reads a stored value.
pub(super) fn parsed<T>(column: &'static str, text: &str) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse()
        .map_err(|error: T::Err| HubError::StoreDamaged {
            column,
            reason: error.to_string(),
        })
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    serde_json::Value::from_iter(items.iter().map(AsRef::as_ref)).to_string()
}

fn unlist<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<Vec<T>> {
    serde_json::from_str(text).map_err(|error| HubError::StoreDamaged {
        column,
        reason: error.to_string(),
    })
}
