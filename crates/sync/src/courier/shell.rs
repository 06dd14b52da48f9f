//! The thin shell around a session: feeds it what happens and does what it says.

mod house;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pawtrail_event::frame::Outgoing;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::consent::{self, Consent, Verdict};
use crate::courier::End;
use crate::courier::address::Address;
use crate::courier::lifetime::Lock;
use crate::courier::link::{Event, Link};
use crate::courier::listen::Asked;
use crate::courier::log::Diary;
use crate::courier::progress::Progress;
use crate::courier::signals::Signals;
use crate::courier::uploads::Uploader;
use crate::courier::wire::{Op, Reply};
use crate::courier::worker::{News, Order, Worker};
use crate::egress::{DoorError, Incoming};
use crate::error::SyncError;
use crate::place::Place;
use crate::session::{Action, Connection, Input, Session};

/// The most that has come in and is taken up together.
const MOST_EVENTS: usize = 128;
/// One courier at work.
pub(crate) struct Shell {
    place: Place,
    /// What makes this the clone's only courier.
    lock: Arc<Lock>,
    session: Session,
    link: Link,
    worker: Worker,
    uploader: Uploader,
    diary: Diary,
    asked: mpsc::Receiver<Asked>,
    progress: Progress,
    /// The consent as it was at the last look.
    consent: Option<Consent>,
    started: Instant,
    deadline: Option<Instant>,
    /// `None`: never idle.
    idle_limit: Option<Duration>,
    /// When something was delivered, or somebody asked for it.
    active_at: Instant,
    /// When the house was looked after.
    looked_at: Instant,
    /// When something was heard of it that wasn't looked at yet.
    heard_at: Option<Instant>,
    shown: Option<Connection>,
    end: Option<End>,
}

impl Shell {
    pub(crate) fn new(
        place: Place,
        (lock, link): (Arc<Lock>, Link),
        session: Session,
        (worker, uploader): (Worker, Uploader),
        asked: mpsc::Receiver<Asked>,
        diary: Diary,
        idle_limit: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        Self {
            link,
            place,
            lock,
            session,
            worker,
            uploader,
            diary,
            asked,
            progress: Progress::default(),
            consent: None,
            started: now,
            deadline: None,
            idle_limit,
            active_at: now,
            looked_at: now,
            heard_at: None,
            shown: None,
            end: None,
        }
    }

    /// Works until there is a reason to end. `ear` is the task that accepts the callers.
    pub(crate) async fn run(mut self, mut signals: Signals, ear: JoinHandle<()>) -> End {
        self.look_after_house().await;
        self.feed(Input::Tick).await;
        let end = loop {
            if let Some(end) = self.end.take() {
                break end;
            }
            let timer = self.next_timer();
            let house = self.next_look();
            tokio::select! {
                () = signals.recv() => self.end = Some(End::Signal),
                Some((request, reply)) = self.asked.recv() => {
                    self.request(request.op, request.deadline_ms, reply).await;
                }
                Some(news) = self.worker.news.recv() => self.news(news).await,
                Some(uploads) = self.uploader.news.recv() => {
                    if self.progress.uploaded(uploads) {
                        self.active_at = Instant::now();
                    }
                }
                event = self.link.event() => self.link_event(event).await,
                () = tokio::time::sleep_until(timer.into()) => self.feed(Input::Tick).await,
                () = tokio::time::sleep_until(house.into()) => self.look_after_house().await,
            }
            self.progress.answer_due(&self.session);
            self.show();
        };
        self.close(end, ear).await
    }

    /// The end. Callers are turned away first, so that they start a new courier and don't rely on
    /// this one; then nothing new is sent, and what was acknowledged is noted.
    async fn close(mut self, end: End, ear: JoinHandle<()>) -> End {
        self.diary.write(&format!("ended: {end}"));
        ear.abort();
        // It was aborted: there is no result, only the certainty that its socket is closed.
        let _ = ear.await;
        self.asked.close();
        while self.asked.try_recv().is_ok() {}
        if self.lock.is_ours() {
            Address::of(&self.place).clear(&self.place);
        }
        self.feed(Input::Stop).await;
        self.progress.answer_all(&self.session);
        self.link.close().await;
        let (worker, uploader) = (self.worker, self.uploader);
        let finish = move || {
            uploader.finish();
            worker.finish();
        };
        if tokio::task::spawn_blocking(finish).await.is_err() {
            self.diary.write("the last answers may not have been noted");
        }
        end
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn next_timer(&self) -> Instant {
        // A day is as good as never, and no overflow.
        let never = Instant::now() + Duration::from_secs(86_400);
        [self.deadline, self.progress.patience_ends()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(never)
    }

    /// Feeds the session, and again with what comes of it. What it sends leaves together.
    async fn feed(&mut self, input: Input) {
        self.feed_all(VecDeque::from([input])).await;
    }

    async fn feed_all(&mut self, mut inputs: VecDeque<Input>) {
        let mut frames = Vec::new();
        while let Some(input) = inputs.pop_front() {
            let now = self.now_ms();
            for action in self.session.step(input, now) {
                inputs.extend(self.act(action, &mut frames).await);
            }
            if inputs.is_empty() {
                inputs.extend(self.send(&mut frames).await);
            }
        }
    }

    async fn send(&mut self, frames: &mut Vec<Outgoing>) -> Option<Input> {
        if frames.is_empty() {
            return None;
        }
        let result = self.link.send(&std::mem::take(frames)).await;
        self.failed(result)
    }

    /// Does what the session says; frames are put behind those that are to leave.
    async fn act(&mut self, action: Action, frames: &mut Vec<Outgoing>) -> Option<Input> {
        match action {
            Action::Connect => {
                self.link.dial();
                None
            }
            Action::Close => {
                let lost = self.send(frames).await;
                self.link.cut();
                lost
            }
            Action::Send(frame) if self.link.bars(&frame) => barred(&frame),
            Action::Send(frame) => {
                frames.push(frame);
                None
            }
            Action::Probe => {
                let result = self.link.probe().await;
                self.failed(result)
            }
            Action::Refresh(said) => {
                let serial = self.progress.order_fresh();
                self.worker.order(Order::Refresh(serial, Some(said)));
                None
            }
            Action::Acknowledged(commits) => {
                self.active_at = Instant::now();
                self.progress.noting(commits.len());
                self.worker.order(Order::Acknowledge(commits));
                None
            }
            Action::SetAside {
                git_hash,
                code,
                message,
            } => {
                self.diary
                    .write(&format!("set aside {git_hash}: {code}: {message}"));
                self.progress.noting(0);
                self.worker.order(Order::SetAside {
                    git_hash,
                    code,
                    message,
                });
                None
            }
            Action::SleepUntil(time) => {
                self.deadline = self.started.checked_add(Duration::from_millis(time));
                None
            }
        }
    }

    /// Says what a failure at the door means for the session.
    fn failed(&mut self, result: Result<(), DoorError>) -> Option<Input> {
        let error = result.err()?;
        self.link.cut();
        Some(match error {
            DoorError::Denied(SyncError::EgressDenied(_)) => {
                if !matches!(consent::settled(&self.place), Verdict::Granted(_)) {
                    self.end = Some(End::NoConsent);
                }
                Input::Closed(error.to_string())
            }
            DoorError::Followed => {
                self.end = Some(End::StateGone);
                Input::Closed(error.to_string())
            }
            DoorError::Refused(reason) => {
                self.progress.refused();
                Input::Refused(reason)
            }
            DoorError::Denied(_)
            | DoorError::Changed
            | DoorError::OtherProject
            | DoorError::Lost(_) => Input::Closed(error.to_string()),
        })
    }

    async fn link_event(&mut self, event: Event) {
        let mut events = vec![event];
        // Answers come in groups, and each makes room for a frame.
        events.extend(self.link.more(MOST_EVENTS));
        let inputs = events.into_iter().filter_map(|event| match event {
            Event::Dialed(Ok(())) => Some(Input::Connected),
            Event::Dialed(Err(error)) => self.failed(Err(error)),
            Event::Incoming(Incoming::Text(text)) => Some(Input::Text(text)),
            Event::Incoming(Incoming::Other) => Some(Input::Alive),
            Event::Incoming(Incoming::Closed(reason)) => Some(Input::Closed(reason)),
        });
        let inputs = inputs.collect();
        self.feed_all(inputs).await;
    }

    async fn news(&mut self, news: News) {
        match news {
            News::Pending(serial, mut commits) => {
                let fresh = self.progress.was_read(serial);
                // A commit of this clone is of this project, also where the checkout at hand
                // doesn't say which that is.
                for commit in &mut commits {
                    commit.belong_to(self.place.project_uuid.as_ref());
                }
                self.feed(Input::Pending { commits, fresh }).await;
            }
            News::Noted(orders, result) => {
                if let Err(reason) = &result {
                    self.diary
                        .write(&format!("an answer was not noted: {reason}"));
                }
                self.progress.noted(orders, result);
            }
            News::Trouble(serial, reason) => {
                self.diary
                    .write(&format!("the outbox can't be read: {reason}"));
                self.progress.was_unreadable(serial, reason);
            }
            News::Moved => {
                self.uploader.wake();
            }
            News::House => {
                self.heard_at.get_or_insert_with(Instant::now);
            }
            News::Polling(reason) => {
                match &reason {
                    Some(reason) => self.diary.write(&format!(
                        "the system can't tell of changes, so the refs are looked at each second: {reason}"
                    )),
                    None => self.diary.write("the system tells of changes again"),
                }
                self.progress.polls(reason);
            }
            News::Gone => self.end = Some(End::RepositoryGone),
        }
    }

    async fn request(&mut self, op: Op, deadline_ms: Option<u64>, reply: oneshot::Sender<Reply>) {
        let mut waiter = self.progress.waiter(reply, deadline_ms);
        match op {
            Op::Status => self.progress.answer(waiter, &self.session),
            Op::Wake => {
                self.active_at = Instant::now();
                self.progress.answer(waiter, &self.session);
                self.refresh();
                self.uploader.wake();
                self.look_after_house().await;
            }
            Op::Now => {
                self.active_at = Instant::now();
                self.refresh();
                waiter.wants_uploads(self.uploader.now());
                self.progress.wait(waiter);
                self.feed(Input::Wake).await;
            }
            Op::Stop => {
                self.end = Some(End::Stopped);
                self.progress.answer(waiter, &self.session);
            }
        }
    }

    fn refresh(&mut self) {
        let serial = self.progress.order();
        self.worker.order(Order::Refresh(serial, None));
    }

    /// Notes each change of the connection in the diary.
    fn show(&mut self) {
        let connection = self.session.connection();
        if self.shown == Some(connection) {
            return;
        }
        self.shown = Some(connection);
        let state = match connection {
            Connection::Off => "off",
            Connection::NoCourier => "ended",
            Connection::Connecting => "connecting",
            Connection::Live => "live",
            Connection::Backoff => "waiting to connect again",
            Connection::Refused => "refused",
        };
        match self.session.last_error() {
            Some(reason) => self.diary.write(&format!("{state}: {reason}")),
            None => self.diary.write(state),
        }
    }
}

fn barred(frame: &Outgoing) -> Option<Input> {
    if let Outgoing::Commit(commit) = frame {
        Some(Input::Barred {
            git_hash: commit.git_hash.clone(),
            code: "OTHER_PROJECT".to_owned(),
            message: "it is not of the project that consent was given for".to_owned(),
        })
    } else {
        None
    }
}
