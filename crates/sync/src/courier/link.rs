//! The courier's connection to its hub: none, being made, or open.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::FutureExt;
use pawtrail_event::frame::Outgoing;

use crate::egress::{Door, DoorError, Incoming, Line};

type Dialing = Pin<Box<dyn Future<Output = Result<Line, DoorError>>>>;

enum State {
    Down,
    Dialing(Dialing),
    Open(Box<Line>),
}

/// What happened to the connection.
pub(super) enum Event {
    /// The attempt ended: it stands, or why not.
    Dialed(Result<(), DoorError>),
    /// Something came in.
    Incoming(Incoming),
}

/// The one connection of a courier.
pub(super) struct Link {
    door: Rc<Door>,
    state: State,
}

impl Link {
    pub(super) fn new(door: Door) -> Self {
        Self {
            door: Rc::new(door),
            state: State::Down,
        }
    }

    /// Begins an attempt; whatever was before is dropped.
    pub(super) fn dial(&mut self) {
        let door = Rc::clone(&self.door);
        self.state = State::Dialing(Box::pin(async move { door.connect().await }));
    }

    /// Drops the connection, or the attempt.
    pub(super) fn cut(&mut self) {
        self.state = State::Down;
    }

    /// Sends frames. Without a connection there is nowhere to send them to: the session was told
    /// of the loss, or is next, and plans anew.
    pub(super) async fn send(&mut self, frames: &[Outgoing]) -> Result<(), DoorError> {
        match &mut self.state {
            State::Open(line) => self.door.send(line, frames).await,
            State::Down | State::Dialing(_) => Ok(()),
        }
    }

    /// Says whether the connection is not for the project of this frame.
    pub(super) fn bars(&self, frame: &Outgoing) -> bool {
        match &self.state {
            State::Open(line) => self.door.bars(line, frame),
            State::Down | State::Dialing(_) => false,
        }
    }

    /// Asks for a sign of life; without a connection as [`Self::send`].
    pub(super) async fn probe(&mut self) -> Result<(), DoorError> {
        match &mut self.state {
            State::Open(line) => self.door.probe(line).await,
            State::Down | State::Dialing(_) => Ok(()),
        }
    }

    /// Waits for what happens next; for ever, if there is no connection and no attempt. May be
    /// dropped and called again at any time.
    pub(super) async fn event(&mut self) -> Event {
        match &mut self.state {
            State::Down => std::future::pending().await,
            State::Dialing(dialing) => match dialing.await {
                Ok(line) => {
                    self.state = State::Open(Box::new(line));
                    Event::Dialed(Ok(()))
                }
                Err(error) => {
                    self.state = State::Down;
                    Event::Dialed(Err(error))
                }
            },
            State::Open(line) => {
                let incoming = line.next().await;
                if matches!(incoming, Incoming::Closed(_)) {
                    self.state = State::Down;
                }
                Event::Incoming(incoming)
            }
        }
    }

    /// Returns what has come in by now, up to so many, without waiting for more.
    pub(super) fn more(&mut self, most: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < most && matches!(self.state, State::Open(_)) {
            match self.event().now_or_never() {
                Some(event) => events.push(event),
                None => break,
            }
        }
        events
    }

    /// Says goodbye where somebody listens.
    pub(super) async fn close(self) {
        match self.state {
            State::Open(line) => line.close().await,
            State::Down | State::Dialing(_) => {}
        }
    }
}
