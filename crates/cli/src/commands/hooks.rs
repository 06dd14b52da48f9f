//! `hooks`: installs and removes our git hooks, and does what they do.

use std::io::Read;

use pawtrail_repo::hooks::{self, Hook, Installed};
use pawtrail_repo::shell::quoted;
use pawtrail_repo::sync_state::{self, Rewrite, Rewriter};
use pawtrail_repo::{Project, audit};
use pawtrail_sync::courier;
use serde_json::{Value, json};

use super::audit::{mend, message};
use crate::args::{Command, HookArg, HooksCommand};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain};

/// The most that is read of what git lists as rewritten, in bytes: about 12,000 commits.
const MAX_INPUT: u64 = 1024 * 1024;

pub(super) fn run(context: &Context, command: &HooksCommand) -> Result<Done, CliError> {
    match command {
        HooksCommand::Install(args) => install(context, args.audit),
        HooksCommand::Remove => remove(context),
        HooksCommand::Run(args) => match args.hook {
            HookArg::PreCommit => pre_commit(context),
            HookArg::PostCommit => notice(context, Hook::PostCommit, sync_state::committed),
            HookArg::PostMerge => notice(context, Hook::PostMerge, sync_state::merged),
            HookArg::PostRewrite => {
                let amend = args.rest.first().is_some_and(|word| word == "amend");
                let by = if amend {
                    Rewriter::Amend
                } else {
                    Rewriter::Rebase
                };
                let rewrites = rewrites()?;
                notice(context, Hook::PostRewrite, |project| {
                    sync_state::rewritten(project, by, &rewrites)
                })
            }
        },
    }
}

/// Says whether a command is run by git after the fact: then it must not fail, whatever happens.
pub(crate) fn is_notice(command: &Command) -> bool {
    let Command::Hooks(HooksCommand::Run(args)) = command else {
        return false;
    };
    match args.hook {
        HookArg::PreCommit => false,
        HookArg::PostCommit | HookArg::PostRewrite | HookArg::PostMerge => true,
    }
}

/// What such a command answers in place of a failure: one line, and exit code 0. Git has done its work, and the next
/// command or the courier finds in git what wasn't recorded.
pub(crate) fn unheard(error: &CliError) -> Done {
    let said = format!("this will be recorded later: {}", plain(&error.message));
    Done::new(json!({ "recorded": false }), String::new()).with_warnings(vec![said])
}

fn notice(
    context: &Context,
    hook: Hook,
    record: impl FnOnce(&Project) -> pawtrail_repo::Result<()>,
) -> Result<Done, CliError> {
    let project = project(context)?;
    record(&project)?;
    // Without consent this asks nobody and starts nothing.
    courier::wake(&project)?;
    let data = json!({ "hook": hook.name(), "recorded": true });
    Ok(Done::new(data, String::new()))
}

/// Finds the project that git is at work in: around this directory, else where git says that its own is.
fn project(context: &Context) -> Result<Project, CliError> {
    match (context.project(), std::env::var_os("GIT_DIR")) {
        (Ok(project), _) => Ok(project),
        (Err(_), Some(dir)) => context.project_at(&context.dir.join(dir)),
        (Err(error), None) => Err(error),
    }
}

/// Reads git's list from standard input: the old name, the new one, and maybe more, on each line.
fn rewrites() -> Result<Vec<Rewrite>, CliError> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT)
        .read_to_string(&mut text)
        .map_err(|error| CliError::io("can't read what git rewrote", &error))?;
    let rewrite = |line: &str| {
        let mut names = line.split_whitespace();
        let (old, new) = (names.next()?, names.next()?);
        Some(Rewrite {
            old: old.parse().ok()?,
            new: new.parse().ok()?,
        })
    };
    // A line that names no two commits is none of git's.
    Ok(text.lines().filter_map(rewrite).collect())
}

fn install(context: &Context, audit: bool) -> Result<Done, CliError> {
    let wanted: &[Hook] = if audit { &Hook::ALL } else { &Hook::NOTICES };
    let made = put(&context.project()?, wanted)?;
    let headline = match (made.iter().any(|one| one.changed), audit) {
        (true, false) => "What git commits, rewrites and merges is now recorded at once.",
        (true, true) => {
            "What git commits, rewrites and merges is now recorded at once; commits of event files are checked for private data."
        }
        (false, _) => "Our hooks are there already; nothing was changed.",
    };
    let text = fields(Text::new(headline), &made).next("pawtrail sync status");
    Ok(Done::new(json!({ "hooks": listed(&made) }), text.done()))
}

/// Installs hooks that run this program.
pub(super) fn put(project: &Project, wanted: &[Hook]) -> Result<Vec<Installed>, CliError> {
    let program = std::env::current_exe()
        .map_err(|error| CliError::io("can't find the path of this program", &error))?;
    Ok(hooks::install(project, wanted, &program)?)
}

/// Names installed hooks for a person.
pub(super) fn fields(mut text: Text, made: &[Installed]) -> Text {
    for one in made {
        text = text.field("hook", one.path.display());
        if one.chained {
            text = text.field("first", "the hook that was there runs before ours");
        }
    }
    text
}

/// Names installed hooks for a program.
pub(super) fn listed(made: &[Installed]) -> Value {
    let one = |one: &Installed| {
        json!({
            "name": one.hook.name(),
            "path": one.path.display().to_string(),
            "changed": one.changed,
            "chained": one.chained,
        })
    };
    made.iter().map(one).collect()
}

fn remove(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let mut removed = Vec::new();
    let mut lines = Vec::new();
    for hook in Hook::ALL {
        let done = hooks::remove(&project, hook)?;
        let said = match (done.changed, done.restored) {
            (true, true) => "Our hook is gone; the one from before is back.",
            (true, false) => "Our hook is gone.",
            (false, _) => "There is no hook of ours here; nothing was changed.",
        };
        let path = done.path.display().to_string();
        lines.push(Text::new(said).field("hook", &path).done());
        removed.push(json!({
            "name": hook.name(),
            "path": path,
            "changed": done.changed,
            "restored": done.restored,
        }));
    }
    Ok(Done::new(json!({ "hooks": removed }), lines.join("\n")))
}

fn pre_commit(context: &Context) -> Result<Done, CliError> {
    let project = context.project()?;
    let findings = audit::staged(&project)?;
    if findings.is_empty() {
        return Ok(Done::new(json!({ "findings": [] }), String::new()));
    }
    let mut files: Vec<&str> = findings.iter().map(|one| one.path.as_str()).collect();
    files.dedup();
    let steps: Vec<String> = files
        .iter()
        .filter_map(|path| Some(format!("{} && git add {}", mend(path)?, quoted(path))))
        .collect();
    let refused = format!("nothing was committed: {}", message(&findings));
    Err(CliError {
        next_step: steps.first().cloned(),
        details: json!({ "findings": to_json(&findings)?, "next_steps": steps }),
        ..CliError::refused("PRIVATE_DATA_STAGED", refused)
    })
}
