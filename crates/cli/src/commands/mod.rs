//! One module a noun: arguments in, a service of the crates below called, an answer out.

mod after_write;
mod audit;
mod board;
mod commit;
mod completions;
mod decision;
mod doctor;
mod generated;
mod glossary;
mod glossary_queue;
mod hooks;
mod hub;
mod init;
mod man;
mod merge_events;
mod mission;
mod next;
mod placement;
mod queue;
mod sanitize;
mod schema;
mod status;
mod sync;
mod sync_shown;
mod verify;
mod wp;

pub(crate) use hooks::{is_notice, unheard};

use crate::args::{Cli, Command, StatusCommand};
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;

/// Runs one command.
///
/// # Errors
/// Whatever the command fails with.
pub(crate) fn run(context: &Context, cli: &Cli) -> Result<Done, CliError> {
    match &cli.command {
        Command::Init(args) => init::init(context, args),
        Command::Mission(command) => mission::run(context, command),
        Command::Where { mission } => placement::place(context, mission.as_deref()),
        Command::Decision(command) => decision::run(context, command),
        Command::Next(args) => next::run(context, args),
        Command::Wp(command) => wp::run(context, command),
        Command::Board(args) => board::board(context, args),
        Command::Status(StatusCommand::Fold(args)) => status::fold(context, args),
        Command::Glossary(command) => glossary::run(context, command),
        Command::Commit(args) => commit::commit(context, args),
        Command::Verify(args) => verify::verify(context, args),
        Command::Audit(args) => audit::audit(context, args),
        Command::Sanitize(args) => sanitize::sanitize(context, args),
        Command::Hooks(command) => hooks::run(context, command),
        Command::Doctor(args) => doctor::doctor(context, args),
        Command::MergeEvents(args) => merge_events::merge_events(context, args),
        Command::Sync(command) => sync::run(context, command),
        Command::Queue(command) => queue::run(context, command),
        Command::Hub(command) => hub::run(context, command),
        Command::Mcp(args) => crate::mcp::run(context, args),
        Command::Demo(args) => crate::demo::run(context, args),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => man::man(context, args),
        Command::Schema(args) => schema::schema(context, args),
    }
}
