//! The courier's ear: accepts local connections, one request and one reply each.

use std::io;
use std::time::Duration;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener, Stream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};

use crate::courier::address::Address;
use crate::courier::wire::{self, Heard, MAX_LINE, Op, Reply, Request};
use crate::place::Place;

/// How long a caller may take to say what it wants.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// A request with the way back.
pub(crate) type Asked = (Request, oneshot::Sender<Reply>);

/// Starts to listen, where the first place serves that can. Only the holder of the courier's lock may: it takes the place
/// of whatever a dead courier left.
pub(crate) fn listen(place: &Place) -> io::Result<Listener> {
    let mut trouble = None;
    for address in Address::candidates(place) {
        match listen_at(&address, place) {
            Ok(listener) => return Ok(listener),
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    Err(trouble.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
}

fn listen_at(address: &Address, place: &Place) -> io::Result<Listener> {
    address.prepare(place)?;
    // The courier removes the file itself, and only while it is its own: a successor's must stay.
    let options = ListenerOptions::new()
        .name(address.name()?)
        .reclaim_name(false);
    #[cfg(target_os = "linux")]
    let options = interprocess::os::unix::local_socket::ListenerOptionsExt::mode(options, 0o600);
    let listener = options.create_tokio()?;
    #[cfg(unix)]
    if let Address::Path(path) = address {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    address.tell(place)?;
    Ok(listener)
}

/// Takes connections until the receiver is gone.
pub(crate) async fn serve(listener: Listener, asked: mpsc::Sender<Asked>) {
    loop {
        let Ok(stream) = listener.accept().await else {
            // Out of descriptors, for instance: wait for better times.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        tokio::spawn(answer(stream, asked.clone()));
    }
}

/// One request, one reply. Whoever says nothing sensible gets no answer: it is no command of ours.
/// A command of another version hears which version this is, and may end it.
async fn answer(stream: Stream, asked: mpsc::Sender<Asked>) {
    let mut line = String::new();
    let mut reader = BufReader::new((&stream).take(MAX_LINE));
    let read = tokio::time::timeout(ASK_TIMEOUT, reader.read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(1..))) {
        return;
    }
    let request = match wire::parse::<Request>(&line) {
        Heard::Message(request) => request,
        Heard::Foreign { stop: true, .. } => Request::new(Op::Stop, None),
        // What it wants is not known; how it stands is told without doing anything.
        Heard::Foreign { stop: false, .. } => Request::new(Op::Status, None),
        Heard::Nonsense => return,
    };
    let (sender, receiver) = oneshot::channel();
    if asked.send((request, sender)).await.is_err() {
        return;
    }
    let Ok(reply) = receiver.await else { return };
    if let Ok(line) = wire::line(&reply) {
        // The caller may have lost its patience and gone.
        let _ = (&stream).write_all(&line).await;
    }
}
