//! Seed files in checkouts: edited under a lock, replaced whole, never over what somebody else wrote meanwhile.

use std::path::Path;

use pawtrail_event::glossary::{Scope, Term};

use super::{edit, seed};
use crate::beyond;
use crate::checkout::Checkout;
use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
use crate::failpoint;
use crate::lock::{self, Lock};
use crate::project::Project;
use crate::sparse;

/// How often an edit begins anew because another program wrote the file.
const ATTEMPTS: usize = 20;

/// Lets terms mean what they say in the seed file of a checkout; returns whether the file changed.
///
/// `tip` is what the branch has, which a file that isn't there starts from.
pub(super) fn edit(
    project: &Project,
    checkout: &Checkout,
    scope: Scope,
    tip: Option<&[u8]>,
    terms: &[Term],
) -> Result<bool> {
    let name = seed::path(scope);
    let path = checkout.root.join(&name);
    if sparse::leaves_out(project, checkout, &name)? {
        return Ok(false);
    }
    beyond::refuse(&checkout.root, &name)?;
    // Beside the file, because a sandbox may leave nothing else open.
    let lock = checkout
        .root
        .join(".kittify")
        .join(".pawtrail-glossary.lock");
    let _lock = Lock::acquire(&lock, lock::PATIENCE)?;
    for _ in 0..ATTEMPTS {
        let before = content(&path)?;
        let after = edited(&path, scope, before.as_deref().or(tip), terms)?;
        if before.as_ref() == Some(&after) {
            return Ok(false);
        }
        failpoint::reached("glossary::edited").at("write", &path)?;
        // An editor may have saved the file since it was read.
        if content(&path)? == before {
            durable::replace(&path, &after, Access::Shared)?;
            return Ok(true);
        }
    }
    Err(Error::Damaged {
        path,
        message: "another program writes it again and again".to_owned(),
    })
}

/// Makes sure that the seed file of a checkout can take the terms; returns what the first of them means in it now.
pub(super) fn rehearse(
    checkout: &Checkout,
    scope: Scope,
    tip: Option<&[u8]>,
    terms: &[Term],
) -> Result<Option<String>> {
    let path = checkout.root.join(seed::path(scope));
    let content = content(&path)?;
    let Some(content) = content.as_deref().or(tip) else {
        return Ok(None);
    };
    edited(&path, scope, Some(content), terms)?;
    let before = seed::read(scope, content).map_err(|message| Error::Damaged { path, message })?;
    let surface = terms.first().map(|term| term.surface.as_str());
    let found = before.terms.into_iter();
    let mut found = found.filter(|term| Some(term.surface.as_str()) == surface);
    Ok(found.next().map(|term| term.definition))
}

/// Returns what a seed file will be, without writing it.
pub(super) fn edited(
    path: &Path,
    scope: Scope,
    content: Option<&[u8]>,
    terms: &[Term],
) -> Result<Vec<u8>> {
    edit::set(scope, content, terms).map_err(|message| Error::Damaged {
        path: path.to_owned(),
        message,
    })
}

/// Reads a seed file, which must be a file.
pub(super) fn content(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::symlink_metadata(path) {
        Ok(known) if known.is_file() => durable::read(path),
        Ok(_) => Err(Error::Damaged {
            path: path.to_owned(),
            message: "it is no file of its own".to_owned(),
        }),
        Err(error) if durable::is_absent(&error) => Ok(None),
        Err(error) => Err(error).at("inspect", path),
    }
}
