//! The server: the tools listed, and each call answered with what its command says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, MetaObject, PaginatedRequestParams, ServerCapabilities, ServerConfig,
    ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};

use super::call::{Answer, Caller};
use super::tool::Tool;
use crate::error::CliError;

/// What an agent is told before it calls anything.
const INSTRUCTIONS: &str = "\
Pawtrail keeps what a team and its agents decide in git: a question, its answer, and each move of a work package is a \
commit before the call returns, on the mission's own branch, while your own files and index stay as they are. Use it instead \
of asking in passing or editing files below kitty-specs/ by hand.

Usual order: `where` (or `mission_list`) to see what there is; `decision_list` with `open` before you ask, then \
`decision_request` for what you must not decide alone, and `decision_answer` once the answer is there; `wp_move` as your \
work goes from lane to lane; `verify` before you say that you are done. Where a mission has a template, `next` tells what \
to do and `next_report` how it went.

Pass `dir`, the absolute path of your own worktree, where you work in more than one or the server was not started in yours. \
Pass an `idempotency_key` with each write that takes one: the same key again writes nothing twice. Name yourself in \
`actor`; say `actor_type` human only for what a person has told you, in their name.

Each answer is one JSON document. `ok` false means that it was not done: `error.code` says why, `error.next_step` what to run \
next. A `receipt` with `committed` false (exit code 3) is safe on disk, and the next write commits it. An answer that \
differs from the one a decision has is refused: read it with `decision_show`, don't insist. Nothing is sent to a hub unless \
a person has allowed it by `pawtrail sync enable`, which no tool does.";

/// The tools of a program, and where they work.
#[derive(Debug)]
pub(super) struct Server {
    tools: BTreeMap<&'static str, Tool>,
    listed: Vec<rmcp::model::Tool>,
    caller: Caller,
    here: PathBuf,
}

impl Server {
    /// Prepares tools that work in `here` where a call says nothing else.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(tools: Vec<Tool>, here: PathBuf) -> Result<Self, CliError> {
        Ok(Self {
            listed: tools.iter().map(listed).collect(),
            tools: tools
                .into_iter()
                .map(|tool| (tool.offer.name, tool))
                .collect(),
            caller: Caller::new()?,
            here,
        })
    }

    /// Waits until no command runs.
    pub(super) async fn finish(&self) {
        self.caller.finish().await;
    }

    async fn answer(
        &self,
        tool: &Tool,
        input: &Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Answer, CliError> {
        let words = tool.words(input, &self.here)?;
        self.caller.call(tool, words, context.ct.cancelled()).await
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let about =
            Implementation::new("pawtrail", env!("CARGO_PKG_VERSION")).with_title("Pawtrail");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(about)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.listed.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.get(request.name.as_ref()) else {
            return Err(ErrorData::invalid_params("there is no such tool", None));
        };
        let input = request.arguments.unwrap_or_default();
        let answer = match self.answer(tool, &input, &context).await {
            Ok(answer) => answer,
            Err(error) => Answer::refusal(&error)
                .map_err(|error| ErrorData::internal_error(error.message, None))?,
        };
        Ok(CallToolResponse::Complete(result(answer)))
    }
}

/// A tool as clients see it.
pub(super) fn listed(tool: &Tool) -> rmcp::model::Tool {
    let [reads, destroys, repeats, opens] = tool.hints();
    let hints = ToolAnnotations::from_raw(
        None,
        Some(reads),
        Some(destroys),
        Some(repeats),
        Some(opens),
    );
    rmcp::model::Tool::new(tool.offer.name, tool.description.clone(), tool.schema())
        .with_title(tool.command_line())
        .with_annotations(hints)
}

/// A command's document as the result of a call: structured, as text, and with its exit code.
fn result(answer: Answer) -> CallToolResult {
    let failed = answer.is_failure();
    let mut meta = Map::new();
    meta.insert("exit_code".to_owned(), json!(answer.exit));
    let mut result = CallToolResult::success(vec![ContentBlock::text(answer.text)]);
    result.structured_content = Some(answer.document);
    result.is_error = Some(failed);
    result.meta = Some(MetaObject(meta));
    result
}
