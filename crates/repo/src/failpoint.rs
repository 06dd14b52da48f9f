//! Named places where a test lets a command die or an operation fail.
//!
//! Without the feature `failpoints` nothing of this is in the program. With it, the variable `FAILPOINTS` says what
//! happens where: `ledger::flushed=return(abort)` ends the process there at once, as a kill would; `return(ENOSPC)` and
//! `return(EACCES)` make the operation there fail; the other actions are those of the crate `fail`.

use std::io;

/// The process comes by the place `name`.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
#[expect(
    clippy::inline_always,
    clippy::unnecessary_wraps,
    reason = "nothing may remain of it"
)]
pub(crate) fn reached(_name: &str) -> io::Result<()> {
    Ok(())
}

/// The process comes by the place `name`.
#[cfg(feature = "failpoints")]
pub(crate) fn reached(name: &str) -> io::Result<()> {
    set_up();
    fail::fail_point!(name, |action| match action.as_deref() {
        // No destructor runs and no buffer is written, as with a kill.
        Some("abort") => std::process::abort(),
        Some("ENOSPC") => Err(io::ErrorKind::StorageFull.into()),
        Some("EACCES") => Err(io::ErrorKind::PermissionDenied.into()),
        Some(other) => Err(io::Error::other(format!("`{other}` injected at {name}"))),
        None => Err(io::Error::other(format!("a failure injected at {name}"))),
    });
    Ok(())
}

/// Reads the variable, once.
#[cfg(feature = "failpoints")]
fn set_up() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // The settings would go when it is dropped, and they are needed until the process ends.
    ONCE.call_once(|| std::mem::forget(fail::FailScenario::setup()));
}

/// Where the place `name` is set to fail or die, half of `line` is in `file` when that happens.
#[cfg(feature = "failpoints")]
pub(crate) fn half_written(name: &str, file: &mut std::fs::File, line: &[u8]) -> io::Result<()> {
    use std::io::Write;

    set_up();
    let written = fail::list()
        .iter()
        .any(|(known, _)| known == name)
        .then(|| file.write_all(&line[..line.len() / 2]));
    written.map_or(Ok(()), |result| result.and_then(|()| reached(name)))
}

/// Where the place `name` is set to fail or die, half of `line` is in `file` when that happens.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
#[expect(
    clippy::inline_always,
    clippy::unnecessary_wraps,
    reason = "nothing may remain of it"
)]
pub(crate) fn half_written(_: &str, _: &mut std::fs::File, _: &[u8]) -> io::Result<()> {
    Ok(())
}
