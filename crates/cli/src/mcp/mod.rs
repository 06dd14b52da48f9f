//! `mcp`: the commands as tools of coding agents, by the Model Context Protocol on standard input and output.

mod call;
mod field;
mod input;
mod lines;
mod offer;
mod server;
mod tool;

use std::io::IsTerminal as _;
use std::sync::Arc;

use clap::CommandFactory;
use rmcp::service::ServerInitializeError;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleServer, ServiceExt as _};
use serde_json::{Value, json};

use crate::args::{Cli, McpArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::interrupt::interrupted;
use crate::output::{Done, to_json};
use crate::text::{Text, table};

use lines::Patient;
use offer::{LEFT_OUT, OFFERED};
use server::{Server, listed};
use tool::Tool;

/// The most bytes of a message; a longer one is passed over, and said on standard error with `-v`.
const MAX_LINE: usize = 1024 * 1024;

/// Serves until standard input ends, or lists what would be served.
pub(crate) fn run(context: &Context, args: &McpArgs) -> Result<Done, CliError> {
    let tools = tools()?;
    if args.list {
        return list(&tools);
    }
    if context.output.json() {
        let message = "goes with --list; the protocol on standard output is JSON already";
        return Err(CliError::bad_argument("--json", message).next("pawtrail mcp --list --json"));
    }
    if std::io::stdin().is_terminal() {
        hint(context);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::io("can't start the server", &error))?;
    let served = runtime.block_on(serve(Server::new(tools, context.dir.clone())?));
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    Ok(match served {
        Ok(()) => Done::silent(),
        Err(error) => context.output.failed_late(&error),
    })
}

fn tools() -> Result<Vec<Tool>, CliError> {
    let mut program = Cli::command();
    program.build();
    let made = OFFERED.iter().map(|offer| {
        Tool::of(&program, offer)
            .ok_or_else(|| CliError::internal(&format!("there is no command {:?}", offer.command)))
    });
    made.collect()
}

async fn serve(server: Server) -> Result<(), CliError> {
    let interrupted = interrupted()?;
    tokio::pin!(interrupted);
    let server = Arc::new(server);
    let streams =
        AsyncRwTransport::<RoleServer, _, _>::new_server(tokio::io::stdin(), tokio::io::stdout());
    let lines = Patient::new(streams.with_max_line_length(MAX_LINE));
    let running = tokio::select! {
        begun = Arc::clone(&server).serve(lines) => match begun {
            Ok(running) => running,
            // Nobody has asked for anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(failed(&error)),
        },
        () = &mut interrupted => return Ok(()),
    };
    let stop = running.cancellation_token();
    let ended = running.waiting();
    tokio::pin!(ended);
    let ended = tokio::select! {
        ended = &mut ended => ended,
        () = &mut interrupted => {
            stop.cancel();
            ended.await
        }
    };
    // Calls that were still at work end their commands now.
    server.finish().await;
    ended.map(|_| ()).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> CliError {
    CliError::refused("MCP", format!("the conversation failed: {error}"))
        .next("pawtrail mcp --help")
}

/// Somebody has typed it, and sees nothing otherwise.
fn hint(context: &Context) {
    let text = Text::new("An MCP server waits for its client here; Ctrl-D ends it.")
        .field("set up", "claude mcp add pawtrail -- pawtrail mcp")
        .field(
            "others",
            r#"{"mcpServers": {"pawtrail": {"command": "pawtrail", "args": ["mcp"]}}}"#,
        )
        .next("pawtrail mcp --list");
    context.output.note(&text.done());
}

fn list(tools: &[Tool]) -> Result<Done, CliError> {
    let shown: Vec<rmcp::model::Tool> = tools.iter().map(listed).collect();
    let left_out: Vec<Value> = LEFT_OUT
        .iter()
        .map(|(command, reason)| json!({ "command": command.join(" "), "reason": reason }))
        .collect();
    let rows: Vec<Vec<String>> = tools.iter().map(row).collect();
    let left: Vec<Vec<String>> = LEFT_OUT
        .iter()
        .map(|(command, reason)| vec![command.join(" "), (*reason).to_owned()])
        .collect();
    let human = format!(
        "{}\n\n{}",
        table(&["tool", "", "what it does"], &rows),
        table(&["left out", "why"], &left)
    );
    let data = json!({ "tools": to_json(&shown)?, "left_out": left_out });
    Ok(Done::new(data, human))
}

fn row(tool: &Tool) -> Vec<String> {
    let effect = match tool.offer.effect {
        offer::Effect::Reads => "reads",
        offer::Effect::Writes | offer::Effect::WritesOnce => "writes",
        offer::Effect::Sends => "sends",
    };
    let first = tool.description.lines().next().unwrap_or_default();
    vec![
        tool.offer.name.to_owned(),
        effect.to_owned(),
        first.to_owned(),
    ]
}
