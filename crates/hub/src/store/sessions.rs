//! Sessions of browsers, in SQLite: each belongs to a token and never outlives it.

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, OptionalExtension, params};

use super::commits::{instant, parsed};
use crate::error::Result;
use crate::secret::SecretHash;
use crate::token::TokenId;

/// The most sessions of one token; beyond that the oldest ends.
const MAX_PER_TOKEN: u32 = 256;

pub(super) fn begin(
    connection: &Connection,
    hash: SecretHash,
    token: &TokenId,
    at: Timestamp,
    until: Timestamp,
) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE expires_at <= ?1", [instant(at)])?;
    connection.execute(
        "INSERT INTO sessions (sha256, token_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
        params![hash.0, token.as_str(), instant(at), instant(until)],
    )?;
    connection.execute(
        "DELETE FROM sessions WHERE sha256 IN (
             SELECT sha256 FROM sessions WHERE token_id = ?1 ORDER BY created_at DESC LIMIT -1 OFFSET ?2
         )",
        params![token.as_str(), MAX_PER_TOKEN],
    )?;
    Ok(())
}

pub(super) fn project(
    connection: &Connection,
    hash: SecretHash,
    at: Timestamp,
) -> Result<Option<ProjectUuid>> {
    let found: Option<String> = connection
        .prepare_cached(
            "SELECT tokens.project_uuid FROM sessions JOIN tokens ON tokens.id = sessions.token_id
             WHERE sessions.sha256 = ?1 AND sessions.expires_at > ?2 AND tokens.revoked_at IS NULL",
        )?
        .query_row(params![hash.0, instant(at)], |row| row.get(0))
        .optional()?;
    found
        .map(|project| parsed("tokens.project_uuid", &project))
        .transpose()
}

pub(super) fn end(connection: &Connection, hash: SecretHash) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE sha256 = ?1", [hash.0])?;
    Ok(())
}

pub(super) fn end_all(connection: &Connection, token: &TokenId) -> Result<()> {
    connection.execute("DELETE FROM sessions WHERE token_id = ?1", [token.as_str()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::store::{Sqlite, Store};
    use crate::token::{self, Access, NewToken};

    struct World {
        store: Sqlite,
        token: NewToken,
        now: Timestamp,
        _dir: tempfile::TempDir,
    }

    fn world() -> World {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("hub.db")).unwrap();
        let project = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap();
        let (token, hash) = token::generate(&project, Access::ReadOnly).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        store.add_token(&token, hash, "", now).unwrap();
        World {
            store,
            token,
            now,
            _dir: dir,
        }
    }

    impl World {
        fn begin(&self, name: &str, at: i64, until: i64) -> bool {
            let hash = SecretHash::of(name);
            let (at, until) = (self.after(at), self.after(until));
            self.store
                .begin_session(hash, &self.token.id, at, until)
                .unwrap()
        }

        fn after(&self, seconds: i64) -> Timestamp {
            self.now + SignedDuration::from_secs(seconds)
        }

        fn holds(&self, name: &str, at: i64) -> bool {
            let found = self
                .store
                .session(SecretHash::of(name), self.after(at))
                .unwrap();
            assert!(found.is_none() || found.as_ref() == Some(&self.token.project));
            found.is_some()
        }
    }

    #[test]
    fn a_session_ends_in_time_by_itself_or_by_its_owner() {
        let world = world();
        assert!(world.begin("one", 0, 10) && world.begin("two", 0, 10));
        assert!(world.holds("one", 9) && !world.holds("one", 10) && !world.holds("other", 0));
        world.store.end_session(SecretHash::of("one")).unwrap();
        world.store.end_session(SecretHash::of("never")).unwrap();
        assert!(!world.holds("one", 0) && world.holds("two", 0));
        assert!(world.begin("three", 10, 20));
        assert!(!world.holds("two", 9), "what has ended is swept");
    }

    #[test]
    fn a_revoked_token_ends_its_sessions_and_begins_none() {
        let world = world();
        world.begin("one", 0, 10);
        world.store.revoke(&world.token.id, world.now).unwrap();
        assert!(!world.holds("one", 0));
        assert!(!world.begin("two", 0, 10));
        assert!(!world.holds("two", 0));
    }

    #[test]
    fn the_oldest_session_of_a_token_gives_way() {
        let world = world();
        let most = i64::from(MAX_PER_TOKEN);
        for at in 0..=most {
            world.begin(&at.to_string(), at, 100_000);
        }
        assert!(!world.holds("0", most));
        assert!(world.holds("1", most) && world.holds(&most.to_string(), most));
    }
}
