//! Where a courier listens, and how a command talks to it without an async runtime.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{Name, Stream};
use sha2::{Digest, Sha256};

use crate::courier::wire::{self, Heard, MAX_LINE, Reply, Request};
use crate::place::Place;

/// The longest path of a socket that every Unix takes, with a margin.
const MAX_SOCKET_PATH: usize = 100;

/// The address of a clone's courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket in the file system.
    Path(PathBuf),
    /// A name in the system's own name space (Windows).
    Name(String),
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The courier answered.
    Reply(Reply),
    /// Somebody listens and did not answer in time.
    Late,
    /// A courier of another version listens. It ends when it is told to stop, and understands
    /// nothing else.
    Foreign,
    /// Nobody listens.
    Nobody,
}

impl Address {
    pub(crate) fn of(place: &Place) -> Self {
        if cfg!(windows) {
            Self::Name(format!("pawtrail-{}", digest(&place.common_dir)))
        } else {
            let base = std::env::var_os("XDG_RUNTIME_DIR");
            Self::Path(socket_path(place, base, &user()))
        }
    }

    pub(crate) fn name(&self) -> io::Result<Name<'_>> {
        match self {
            Self::Path(path) => path
                .as_path()
                .to_fs_name::<interprocess::local_socket::GenericFilePath>(),
            Self::Name(name) => name
                .as_str()
                .to_ns_name::<interprocess::local_socket::GenericNamespaced>(),
        }
    }

    /// Removes the socket's file, when nobody listens any more.
    pub(crate) fn clear(&self) {
        match self {
            Self::Path(path) => {
                // One that stays does no harm: nobody answers there.
                let _ = std::fs::remove_file(path);
            }
            Self::Name(_) => {}
        }
    }
}

/// The state directory if the path is short enough, else a private directory of this user.
fn socket_path(place: &Place, runtime_dir: Option<OsString>, user: &str) -> PathBuf {
    let near = place.state_dir.join("courier.sock");
    if near.as_os_str().len() < MAX_SOCKET_PATH {
        return near;
    }
    let base = runtime_dir
        .filter(|dir| !dir.is_empty())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    base.join(format!("pawtrail-{user}"))
        .join(format!("{}.sock", digest(&place.common_dir)))
}

fn user() -> String {
    let name = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(16)
        .collect();
    if plain.is_empty() {
        "user".to_owned()
    } else {
        plain
    }
}

fn digest(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hash.iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// Sends a request and waits for the reply, both in at most `patience`.
pub(crate) fn call(place: &Place, request: &Request, patience: Duration) -> Answer {
    let address = Address::of(place);
    // Nothing listens without its file; the most frequent case costs one look.
    if let Address::Path(path) = &address
        && !path.exists()
    {
        return Answer::Nobody;
    }
    let Ok(line) = wire::line(request) else {
        return Answer::Nobody;
    };
    // Not every platform can time out a local socket, so a thread does the waiting. It holds
    // nothing but its socket, and ends with the process at the latest.
    let (sender, receiver) = mpsc::channel();
    let worker = std::thread::Builder::new().spawn(move || {
        let result = talk(&address, &line);
        // The receiver is gone when it lost its patience.
        let _ = sender.send(result);
    });
    if worker.is_err() {
        return Answer::Nobody;
    }
    match receiver.recv_timeout(patience) {
        Ok(Ok(Heard::Message(reply))) => Answer::Reply(reply),
        Ok(Ok(Heard::Foreign { .. })) => Answer::Foreign,
        // A courier that ends turns its callers away without a word.
        Ok(Ok(Heard::Nonsense) | Err(_)) => Answer::Nobody,
        Err(_) => Answer::Late,
    }
}

fn talk(address: &Address, line: &[u8]) -> io::Result<Heard<Reply>> {
    let mut stream = Stream::connect(address.name()?)?;
    stream.write_all(line)?;
    stream.flush()?;
    let mut answer = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut answer)?;
    Ok(wire::parse(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &str) -> Place {
        Place {
            common_dir: PathBuf::from(dir),
            state_dir: PathBuf::from(dir).join("pawtrail"),
            project_uuid: None,
        }
    }

    #[test]
    fn a_short_path_stays_with_the_repository() {
        let path = socket_path(&place("/home/me/project/.git"), None, "me");
        assert!(path.ends_with("project/.git/pawtrail/courier.sock"));
    }

    #[test]
    fn a_long_path_moves_to_the_users_own_directory() {
        let long = place(&format!("/{}/.git", "x".repeat(120)));
        let path = socket_path(&long, Some("/run/user/7".into()), "me");
        assert!(path.starts_with("/run/user/7/pawtrail-me"));
        assert!(path.as_os_str().len() < MAX_SOCKET_PATH);
        let other = place(&format!("/{}/.git", "y".repeat(120)));
        assert_ne!(path, socket_path(&other, Some("/run/user/7".into()), "me"));
        let temporary = socket_path(&long, None, "me");
        assert!(temporary.starts_with(std::env::temp_dir()));
    }

    #[test]
    fn nobody_is_told_from_late() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path().to_str().unwrap());
        let wake = Request::new(wire::Op::Wake, None);
        assert!(matches!(
            call(&place, &wake, Duration::from_millis(50)),
            Answer::Nobody
        ));
        #[cfg(unix)]
        {
            std::fs::create_dir(&place.state_dir).unwrap();
            let path = place.state_dir.join("courier.sock");
            let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
            assert!(matches!(
                call(&place, &wake, Duration::from_millis(50)),
                Answer::Late
            ));
            drop(listener);
            assert!(matches!(
                call(&place, &wake, Duration::from_secs(5)),
                Answer::Nobody
            ));
        }
    }
}
