//! The demo's hub: this binary as a child on a free loopback port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::error::CliError;

/// A running hub; ended when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Kept open, so that the hub can always print.
    _stdout: BufReader<ChildStdout>,
    /// Its address.
    pub(super) url: String,
    /// The address of its board.
    pub(super) board_url: String,
}

impl Server {
    /// Starts a hub and waits until it listens.
    ///
    /// # Errors
    /// When it can't start; with its own words.
    pub(super) fn start(
        mut command: Command,
        listen: &str,
        store: &Path,
    ) -> Result<Self, CliError> {
        let start = |error| CliError::io("can't start the hub", &error);
        let mut child = command
            .args(["--json", "hub", "serve", "--listen", listen, "--store"])
            .arg(store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(start)?;
        let Some(stdout) = child.stdout.take() else {
            return Err(CliError::internal(&"the hub has no standard output"));
        };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(start)?;
        let said: Value = serde_json::from_str(&line)
            .map_err(|_| CliError::refused("HUB_SILENT", "the hub ended without a word"))?;
        let text = |name: &str| said["data"][name].as_str().map(str::to_owned);
        match (text("url"), text("board_url")) {
            (Some(url), Some(board_url)) => Ok(Self {
                child,
                _stdout: stdout,
                url,
                board_url,
            }),
            _ => {
                let message = said["error"]["message"].as_str().unwrap_or("no address");
                Err(CliError::refused(
                    "HUB_FAILED",
                    format!("the hub doesn't start: {message}"),
                ))
            }
        }
    }

    /// Host and port, to start at again.
    pub(super) fn address(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
