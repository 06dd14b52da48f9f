//! Runs the command of a call as a process of its own, so that neither its end nor its failure harms another call.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::tool::Tool;
use crate::error::CliError;
use crate::output::failure_document;
use crate::text::plain;

/// How many commands run side by side; further calls wait.
const SIDE_BY_SIDE: u32 = 8;
/// The most bytes of a command's answer.
const MAX_ANSWER: u64 = 1024 * 1024;
/// The most bytes that are kept of what a command says on standard error, where it says nothing else.
const MAX_COMPLAINT: u64 = 4 * 1024;

/// Runs commands.
#[derive(Debug)]
pub(super) struct Caller {
    program: PathBuf,
    slots: Arc<Semaphore>,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its document.
    pub(super) document: Value,
    /// The same as it was printed.
    pub(super) text: String,
    /// Its exit code.
    pub(super) exit: u8,
}

impl Answer {
    /// What is said where there was no command, or where it has said nothing.
    ///
    /// # Errors
    /// None but defects.
    pub(super) fn refusal(error: &CliError) -> Result<Self, CliError> {
        let document = failure_document(error)?;
        Ok(Self {
            text: document.to_string(),
            document,
            exit: error.exit,
        })
    }

    /// Whether it says that something was not done.
    pub(super) fn is_failure(&self) -> bool {
        self.exit != 0 || self.document.get("ok") == Some(&Value::Bool(false))
    }
}

/// A stream of a command, as far as it is kept.
struct Kept {
    bytes: Vec<u8>,
    whole: bool,
}

impl Caller {
    /// Finds the program that runs, for its commands.
    ///
    /// # Errors
    /// When the operating system doesn't say where it is.
    pub(super) fn new() -> Result<Self, CliError> {
        let program = std::env::current_exe()
            .map_err(|error| CliError::io("can't find this program's file", &error))?;
        Ok(Self {
            program,
            slots: Arc::new(Semaphore::new(SIDE_BY_SIDE as usize)),
        })
    }

    /// Waits until no command runs; none is started afterwards.
    pub(super) async fn finish(&self) {
        // An error says that another one has waited for the same already.
        let _all = self.slots.acquire_many(SIDE_BY_SIDE).await;
        self.slots.close();
    }

    /// Runs a command to its end, or to `cancelled`, which ends it. Killing it is safe: what a command has reported is on
    /// disk, and what it has begun the next one finishes.
    ///
    /// # Errors
    /// When it can't be run, is ended, or its answer is too long or none.
    pub(super) async fn call(
        &self,
        tool: &Tool,
        words: Vec<OsString>,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Answer, CliError> {
        let command = tool.command_line();
        tokio::pin!(cancelled);
        let slot = tokio::select! {
            biased;
            () = &mut cancelled => return Err(ended(&command)),
            slot = self.slots.acquire() => slot.map_err(|_| ended(&command))?,
        };
        let failed = |error: &io::Error| CliError::io(&format!("can't run `{command}`"), error);
        let mut child = Command::new(&self.program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // For the case that this process is told to end before the command has.
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let finished = tokio::select! {
            biased;
            () = &mut cancelled => None,
            finished = async { tokio::try_join!(child.wait(), kept(out, MAX_ANSWER), kept(err, MAX_COMPLAINT)) } => {
                Some(finished.map_err(|error| failed(&error))?)
            }
        };
        let Some((status, out, err)) = finished else {
            // An error says that it has ended by itself.
            let _ = child.kill().await;
            return Err(ended(&command));
        };
        drop(slot);
        answer(&command, status, out, &err)
    }
}

/// Reads a stream to its end, and keeps the beginning.
async fn kept(stream: Option<impl AsyncRead + Unpin>, most: u64) -> io::Result<Kept> {
    let mut bytes = Vec::new();
    let Some(mut stream) = stream else {
        return Ok(Kept { bytes, whole: true });
    };
    (&mut stream).take(most).read_to_end(&mut bytes).await?;
    let rest = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(Kept {
        bytes,
        whole: rest == 0,
    })
}

fn answer(command: &str, status: ExitStatus, out: Kept, err: &Kept) -> Result<Answer, CliError> {
    let exit = status.code().and_then(|code| u8::try_from(code).ok());
    if !out.whole {
        let message = format!(
            "`{command}` has answered with more than {MAX_ANSWER} bytes; ask for less, or run it in a shell"
        );
        let details = json!({ "exit_code": exit, "limit": MAX_ANSWER });
        return Err(CliError {
            details,
            ..CliError::refused("ANSWER_TOO_LARGE", message).next(format!("{command} --help"))
        });
    }
    let text = String::from_utf8(out.bytes).unwrap_or_default();
    let document = serde_json::from_str(&text).unwrap_or_default();
    if let (Some(exit), Value::Object(_)) = (exit, &document) {
        return Ok(Answer {
            text: text.trim_end().to_owned(),
            document,
            exit,
        });
    }
    let said = String::from_utf8_lossy(&err.bytes);
    let said = plain(said.trim());
    Err(CliError {
        details: json!({ "exit_code": exit, "standard_error": said }),
        ..CliError::refused(
            "NO_ANSWER",
            format!("`{command}` ended without an answer ({status})"),
        )
        .next("pawtrail doctor")
    })
}

fn ended(command: &str) -> CliError {
    CliError::refused(
        "CANCELLED",
        format!("`{command}` was cancelled before it was done"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tools;

    /// What comes of a call that another program answers.
    fn called(program: &str, words: &[&str], cancelled: bool) -> Result<Answer, CliError> {
        let caller = Caller {
            program: program.into(),
            slots: Arc::new(Semaphore::new(SIDE_BY_SIDE as usize)),
        };
        let tool = tools()?.remove(0);
        let words = words.iter().map(OsString::from).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let answer = match cancelled {
                true => caller.call(&tool, words, std::future::ready(())).await,
                false => caller.call(&tool, words, std::future::pending()).await,
            };
            caller.finish().await;
            let late = caller.call(&tool, Vec::new(), std::future::pending());
            assert_eq!(late.await.unwrap_err().code, "CANCELLED");
            answer
        })
    }

    #[test]
    fn a_command_that_says_nothing_or_no_json_is_told_with_what_it_says_elsewhere() {
        let error = called("git", &["no-such-command"], false).unwrap_err();
        assert_eq!((error.code.as_ref(), error.exit), ("NO_ANSWER", 1));
        assert_eq!(error.details["exit_code"], 1);
        let said = error.details["standard_error"].as_str().unwrap();
        assert!(said.contains("no-such-command"), "{said}");
        let error = called("git", &["--version"], false).unwrap_err();
        assert_eq!(error.code, "NO_ANSWER");
    }

    #[test]
    fn what_can_not_be_run_or_is_cancelled_before_is_told() {
        let error = called("/no/such/program", &[], false).unwrap_err();
        assert_eq!(error.code, "IO");
        assert!(
            error.message.contains("pawtrail where"),
            "{}",
            error.message
        );
        assert_eq!(
            called("git", &["--version"], true).unwrap_err().code,
            "CANCELLED"
        );
    }
}
