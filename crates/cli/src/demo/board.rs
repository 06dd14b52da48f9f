//! Reads the board as a browser would: one plain request to a loopback address.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::CliError;

/// The most that is read of a page.
const LIMIT: u64 = 8 * 1024 * 1024;

/// Returns the page at `http://<address><path>`.
///
/// # Errors
/// When it can't be read or the hub refuses.
pub(super) fn page(address: &str, path: &str) -> Result<String, CliError> {
    let failed = |error: std::io::Error| CliError::io("can't read the board", &error);
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut bytes = Vec::new();
    stream.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        Some((head, _)) => {
            let status = head.lines().next().unwrap_or_default();
            Err(CliError::refused(
                "BOARD_REFUSED",
                format!("the board answers {status}"),
            ))
        }
        None => Err(CliError::refused(
            "BOARD_REFUSED",
            "the board gives no answer",
        )),
    }
}
