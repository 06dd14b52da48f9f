//! Reads the board as a browser would: one plain request to a loopback address.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::CliError;

/// The most that is read of a page.
const LIMIT: u64 = 8 * 1024 * 1024;

/// How often the board may send a reader on.
const REDIRECTS: usize = 4;

/// Returns the page at `http://<address><path>`, followed to where the board sends its readers.
///
/// # Errors
/// When it can't be read or the hub refuses.
pub(super) fn page(address: &str, path: &str) -> Result<String, CliError> {
    let mut path = path.to_owned();
    for _ in 0..REDIRECTS {
        match get(address, &path)? {
            Reply::Page(body) => return Ok(body),
            Reply::Elsewhere(next) => path = next,
        }
    }
    Err(refused("sends its readers in a circle"))
}

enum Reply {
    Page(String),
    Elsewhere(String),
}

fn get(address: &str, path: &str) -> Result<Reply, CliError> {
    let failed = |error: std::io::Error| CliError::io("can't read the board", &error);
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut bytes = Vec::new();
    stream.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(refused("gives no answer"));
    };
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim())
    });
    match (head.split_whitespace().nth(1), location) {
        (Some("200"), _) => Ok(Reply::Page(body.to_owned())),
        (Some("303" | "302" | "307"), Some(next)) if next.starts_with('/') => {
            Ok(Reply::Elsewhere(next.to_owned()))
        }
        _ => {
            let status = head.lines().next().unwrap_or_default();
            Err(refused(&format!("answers {status}")))
        }
    }
}

fn refused(what: &str) -> CliError {
    CliError::refused("BOARD_REFUSED", format!("the board {what}"))
}
