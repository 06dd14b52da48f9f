//! What a command works with: settings resolved from flag and environment, and the project.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use pawtrail_repo::mission::{self, Mission};
use pawtrail_repo::{Project, Seeded, Source, System};
use tracing_subscriber::prelude::*;

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::output::Output;

/// Makes identifiers reproducible: an unsigned number.
const SEED: &str = "PAWTRAIL_SEED";
/// Makes times reproducible, together with the seed: RFC 3339.
const CLOCK: &str = "PAWTRAIL_CLOCK";

/// The resolved settings of one command.
pub(crate) struct Context {
    /// The directory that the command works in.
    pub(crate) dir: PathBuf,
    /// How it prints.
    pub(crate) output: Output,
    /// How much it says on standard error.
    pub(crate) verbose: u8,
    source: Arc<dyn Source>,
}

impl Context {
    /// Resolves the settings.
    ///
    /// # Errors
    /// When the directory isn't there, or a variable holds what it can't.
    pub(crate) fn new(global: &GlobalArgs, output: Output) -> Result<Self, CliError> {
        let current = std::env::current_dir()
            .map_err(|error| CliError::io("can't find the current directory", &error))?;
        let dir = match &global.dir {
            Some(dir) => current.join(dir),
            None => current,
        };
        if !dir.is_dir() {
            let message = format!("{} is no directory", dir.display());
            return Err(CliError::bad_argument("-C", message));
        }
        let context = Self {
            dir,
            output,
            verbose: global.verbose,
            source: source(variable(SEED)?, variable(CLOCK)?)?,
        };
        context.start_log(false);
        Ok(context)
    }

    /// Finds the project around the directory.
    ///
    /// # Errors
    /// When there is no repository, or it can't be read.
    pub(crate) fn project(&self) -> Result<Project, CliError> {
        Ok(Project::discover(&self.dir, Arc::clone(&self.source))?)
    }

    /// Finds the project around another directory.
    ///
    /// # Errors
    /// As [`Context::project`].
    pub(crate) fn project_at(&self, dir: &Path) -> Result<Project, CliError> {
        Ok(Project::discover(dir, Arc::clone(&self.source))?)
    }

    /// Finds the mission that a handle means, or the one that is meant from here.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(crate) fn mission(
        &self,
        project: &Project,
        handle: Option<&str>,
    ) -> Result<Mission, CliError> {
        Ok(mission::resolve(project, handle, &self.dir)?)
    }

    /// Sends what the crates below report to standard error: with `-v`, or where a command runs
    /// long enough that somebody watches (`by_default`, warnings only).
    pub(crate) fn start_log(&self, by_default: bool) {
        let level = match self.verbose {
            0 if by_default && !self.output.json() => tracing_subscriber::filter::LevelFilter::WARN,
            0 => return,
            1 => tracing_subscriber::filter::LevelFilter::DEBUG,
            _ => tracing_subscriber::filter::LevelFilter::TRACE,
        };
        // Libraries below may write down whole requests, tokens included: of them only warnings.
        let ours = tracing_subscriber::filter::Targets::new()
            .with_default(level.min(tracing_subscriber::filter::LevelFilter::WARN))
            .with_target("pawtrail", level);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false);
        // A second start changes nothing, and that is what is wanted.
        let _ = tracing_subscriber::registry()
            .with(lines)
            .with(ours)
            .try_init();
    }
}

fn variable(name: &'static str) -> Result<Option<String>, CliError> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(CliError::bad_argument(name, "it isn't Unicode"))
        }
    }
}

fn source(seed: Option<String>, clock: Option<String>) -> Result<Arc<dyn Source>, CliError> {
    let (seed, clock) = match (seed, clock) {
        (None, None) => return Ok(Arc::new(System)),
        (Some(seed), Some(clock)) => (seed, clock),
        (Some(_), None) => return Err(CliError::bad_argument(SEED, format!("{CLOCK} is missing"))),
        (None, Some(_)) => return Err(CliError::bad_argument(CLOCK, format!("{SEED} is missing"))),
    };
    let seed = seed
        .parse()
        .map_err(|error| CliError::bad_argument(SEED, format!("`{seed}`: {error}")))?;
    let clock: Timestamp = clock
        .parse()
        .map_err(|error| CliError::bad_argument(CLOCK, format!("`{clock}`: {error}")))?;
    Ok(Arc::new(Seeded::new(seed, clock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_clock_go_together() {
        let text = |text: &str| Some(text.to_owned());
        let one = source(text("7"), text("2026-06-01T08:00:00Z"))
            .ok()
            .unwrap();
        let other = source(text("7"), text("2026-06-01T08:00:00Z"))
            .ok()
            .unwrap();
        assert_eq!(one.ulid(), other.ulid());
        assert_eq!(source(text("7"), None).err().unwrap().exit, 2);
        assert_eq!(source(None, text("x")).err().unwrap().exit, 2);
        assert_eq!(
            source(text("x"), text("2026-06-01T08:00:00Z"))
                .err()
                .unwrap()
                .exit,
            2
        );
        assert_eq!(source(text("1"), text("noon")).err().unwrap().exit, 2);
    }
}
