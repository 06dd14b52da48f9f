//! How a command talks to a courier, without an async runtime.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use interprocess::local_socket::Stream;
use interprocess::local_socket::prelude::*;

use crate::courier::address::Address;
use crate::courier::wire::{self, Heard, MAX_LINE, Reply, Request};
use crate::place::Place;

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The courier answered.
    Reply(Reply),
    /// Somebody listens and did not answer in time.
    Late,
    /// A courier of an older version listens. It ends when it is told to stop, and understands
    /// nothing else.
    Older,
    /// A courier of a newer version listens. It ends when it is told to stop, too, but it serves the clone.
    Newer,
    /// Nobody listens.
    Nobody,
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
        Ok(Ok(Heard::Foreign { newer: false, .. })) => Answer::Older,
        Ok(Ok(Heard::Foreign { newer: true, .. })) => Answer::Newer,
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
    use crate::testing::place;

    #[test]
    fn nobody_is_told_from_late() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
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
                call(&place, &wake, Duration::from_secs(30)),
                Answer::Nobody
            ));
        }
    }
}
