//! Tokens and the projects they belong to, in SQLite.

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Grant;
use super::commits::{instant, parsed};
use crate::error::Result;
use crate::secret::SecretHash;
use crate::token::{NewToken, Token, TokenId};

pub(super) fn add(
    connection: &Connection,
    token: &NewToken,
    hash: SecretHash,
    label: &str,
    at: Timestamp,
) -> Result<()> {
    let at = instant(at);
    connection.execute(
        "INSERT INTO projects (project_uuid, created_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![token.project.as_str(), at],
    )?;
    connection.execute(
        "INSERT INTO tokens (id, project_uuid, sha256, label, created_at, access) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            token.id.as_str(),
            token.project.as_str(),
            hash.0,
            label,
            at,
            token.access.as_str()
        ],
    )?;
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Token>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, project_uuid, label, created_at, revoked_at, access FROM tokens ORDER BY created_at, id",
    )?;
    let mut rows = statement.query([])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        tokens.push(token(row)?);
    }
    Ok(tokens)
}

fn token(row: &Row<'_>) -> Result<Token> {
    let revoked_at: Option<String> = row.get(4)?;
    Ok(Token {
        id: parsed("tokens.id", &row.get::<_, String>(0)?)?,
        project: parsed("tokens.project_uuid", &row.get::<_, String>(1)?)?,
        access: parsed("tokens.access", &row.get::<_, String>(5)?)?,
        label: row.get(2)?,
        created_at: parsed("tokens.created_at", &row.get::<_, String>(3)?)?,
        revoked_at: revoked_at
            .map(|at| parsed("tokens.revoked_at", &at))
            .transpose()?,
    })
}

pub(super) fn revoke(connection: &Connection, id: &TokenId, at: Timestamp) -> Result<bool> {
    let found = connection.execute(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1",
        params![id.as_str(), instant(at)],
    )?;
    Ok(found > 0)
}

pub(super) fn authorize(connection: &Connection, hash: SecretHash) -> Result<Option<Grant>> {
    let found: Option<(String, String, String)> = connection
        .prepare_cached(
            "SELECT id, project_uuid, access FROM tokens WHERE sha256 = ?1 AND revoked_at IS NULL",
        )?
        .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    found
        .map(|(token, project, access)| {
            Ok(Grant {
                token: parsed("tokens.id", &token)?,
                project: parsed("tokens.project_uuid", &project)?,
                access: parsed("tokens.access", &access)?,
            })
        })
        .transpose()
}

pub(super) fn is_active(connection: &Connection, id: &TokenId) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM tokens WHERE id = ?1 AND revoked_at IS NULL")?
        .exists([id.as_str()])?)
}

pub(super) fn project_exists(connection: &Connection, project: &ProjectUuid) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM projects WHERE project_uuid = ?1")?
        .exists([project.as_str()])?)
}
