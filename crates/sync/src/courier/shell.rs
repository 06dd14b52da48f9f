//! The thin shell around a session: feeds it what happens and does what it says.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::consent::{self, Consent, Verdict};
use crate::courier::End;
use crate::courier::listen::Asked;
use crate::courier::log::Diary;
use crate::courier::signals::Signals;
use crate::courier::wire::{Op, Reply, VERSION};
use crate::courier::worker::{News, Order, Worker};
use crate::egress::{Door, DoorError, Incoming, Line};
use crate::error::SyncError;
use crate::place::Place;
use crate::session::{Action, Connection, Input, Session};

/// How often consent and idleness are looked at, beside each frame's own look.
const HOUSEKEEPING: Duration = Duration::from_millis(500);
/// The longest that a caller is kept waiting.
const LONGEST_WAIT_MS: u64 = 3_600_000;

type Dialing = Pin<Box<dyn Future<Output = Result<Line, DoorError>>>>;

/// Somebody who waits until all is delivered.
struct Waiter {
    reply: oneshot::Sender<Reply>,
    since: Instant,
    until: Instant,
    /// The refresh of the outbox that must have been answered.
    serial: u64,
    acknowledged_before: u64,
    /// How often a hub had refused this client when the wait began.
    refusals_before: u64,
}

/// One courier at work.
pub(crate) struct Shell {
    place: Place,
    session: Session,
    door: Rc<Door>,
    line: Option<Line>,
    dialing: Option<Dialing>,
    worker: Worker,
    diary: Diary,
    asked: mpsc::Receiver<Asked>,
    waiters: Vec<Waiter>,
    /// The consent as it was at the last look.
    consent: Option<Consent>,
    started: Instant,
    deadline: Option<Instant>,
    /// `None`: never idle.
    idle_limit: Option<Duration>,
    active_at: Instant,
    /// Refreshes that were ordered and answered.
    ordered: u64,
    answered: u64,
    /// Notes that were ordered and not confirmed.
    unnoted: usize,
    acknowledged: u64,
    refusals: u64,
    trouble: Option<String>,
    shown: Option<Connection>,
    end: Option<End>,
}

impl Shell {
    pub(crate) fn new(
        place: Place,
        session: Session,
        worker: Worker,
        asked: mpsc::Receiver<Asked>,
        diary: Diary,
        idle_limit: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        Self {
            door: Rc::new(Door::new(place.clone())),
            place,
            session,
            line: None,
            dialing: None,
            worker,
            diary,
            asked,
            waiters: Vec::new(),
            consent: None,
            started: now,
            deadline: None,
            idle_limit,
            active_at: now,
            ordered: 0,
            answered: 0,
            unnoted: 0,
            acknowledged: 0,
            refusals: 0,
            trouble: None,
            shown: None,
            end: None,
        }
    }

    /// Works until there is a reason to end. `ear` is the task that accepts the callers.
    pub(crate) async fn run(mut self, mut signals: Signals, ear: JoinHandle<()>) -> End {
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING);
        self.look_after_house().await;
        self.feed(Input::Tick).await;
        let end = loop {
            if let Some(end) = self.end.take() {
                break end;
            }
            let timer = self.next_timer();
            tokio::select! {
                () = signals.recv() => self.end = Some(End::Signal),
                Some((request, reply)) = self.asked.recv() => {
                    self.request(request.op, request.deadline_ms, reply).await;
                }
                Some(news) = self.worker.news.recv() => self.news(news).await,
                dialed = dial(&mut self.dialing) => self.dialed(dialed).await,
                incoming = hear(&mut self.line) => self.incoming(incoming).await,
                () = tokio::time::sleep_until(timer.into()) => self.feed(Input::Tick).await,
                _ = housekeeping.tick() => self.look_after_house().await,
            }
            self.answer_waiters();
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
        self.feed(Input::Stop).await;
        for waiter in std::mem::take(&mut self.waiters) {
            self.answer(waiter);
        }
        if let Some(line) = self.line.take() {
            line.close().await;
        }
        let worker = self.worker;
        if tokio::task::spawn_blocking(move || worker.finish())
            .await
            .is_err()
        {
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
        let waiter = self.waiters.iter().map(|waiter| waiter.until).min();
        [self.deadline, waiter]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(never)
    }

    /// Feeds the session, and again with what comes of it.
    async fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.now_ms();
            for action in self.session.step(input, now) {
                if let Some(next) = self.act(action).await {
                    inputs.push_back(next);
                }
            }
        }
    }

    async fn act(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Connect => {
                let door = Rc::clone(&self.door);
                self.dialing = Some(Box::pin(async move { door.connect().await }));
                None
            }
            Action::Close => {
                self.dialing = None;
                self.line = None;
                None
            }
            Action::Send(frame) => {
                // After a failure in the same step the rest of it has nowhere to go; the session
                // hears of the failure next and plans anew.
                let line = self.line.as_mut()?;
                let result = self.door.send(line, &frame).await;
                match result {
                    Err(DoorError::OtherProject) => barred(&frame),
                    result => self.failed(result),
                }
            }
            Action::Probe => {
                let line = self.line.as_mut()?;
                let result = self.door.probe(line).await;
                self.failed(result)
            }
            Action::Acknowledged(commits) => {
                self.acknowledged += commits.len() as u64;
                self.active_at = Instant::now();
                self.unnoted += 1;
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
                self.unnoted += 1;
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
        self.line = None;
        self.dialing = None;
        Some(match error {
            DoorError::Denied(SyncError::EgressDenied(_)) => {
                self.end = Some(End::NoConsent);
                Input::Closed(error.to_string())
            }
            DoorError::Refused(reason) => {
                self.refusals += 1;
                Input::Refused(reason)
            }
            DoorError::Denied(_)
            | DoorError::Changed
            | DoorError::OtherProject
            | DoorError::Lost(_) => Input::Closed(error.to_string()),
        })
    }

    async fn dialed(&mut self, dialed: Result<Line, DoorError>) {
        self.dialing = None;
        match dialed {
            Ok(line) => {
                self.line = Some(line);
                self.feed(Input::Connected).await;
            }
            Err(error) => {
                if let Some(input) = self.failed(Err(error)) {
                    self.feed(input).await;
                }
            }
        }
    }

    async fn incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Text(text) => self.feed(Input::Text(text)).await,
            Incoming::Other => self.feed(Input::Alive).await,
            Incoming::Closed(reason) => {
                self.line = None;
                self.feed(Input::Closed(reason)).await;
            }
        }
    }

    async fn news(&mut self, news: News) {
        match news {
            News::Pending(serial, mut commits) => {
                self.answered = self.answered.max(serial);
                self.trouble = None;
                if !commits.is_empty() {
                    self.active_at = Instant::now();
                }
                // A commit of this clone is of this project, also where the checkout at hand
                // doesn't say which that is.
                for commit in &mut commits {
                    if commit.project_uuid.is_none() {
                        commit.project_uuid.clone_from(&self.place.project_uuid);
                    }
                }
                self.feed(Input::Pending(commits)).await;
            }
            News::Noted(result) => {
                self.unnoted = self.unnoted.saturating_sub(1);
                if let Err(reason) = result {
                    self.diary
                        .write(&format!("an answer was not noted: {reason}"));
                    self.trouble = Some(reason);
                }
            }
            News::Trouble(serial, reason) => {
                self.answered = self.answered.max(serial);
                self.diary
                    .write(&format!("the outbox can't be read: {reason}"));
                self.trouble = Some(reason);
            }
            News::Gone => self.end = Some(End::RepositoryGone),
        }
    }

    async fn request(&mut self, op: Op, deadline_ms: Option<u64>, reply: oneshot::Sender<Reply>) {
        let wait_ms = deadline_ms.unwrap_or(0).min(LONGEST_WAIT_MS);
        let waiter = Waiter {
            reply,
            since: Instant::now(),
            until: Instant::now() + Duration::from_millis(wait_ms),
            serial: self.ordered + 1,
            acknowledged_before: self.acknowledged,
            refusals_before: self.refusals,
        };
        match op {
            Op::Status => self.answer(waiter),
            Op::Wake => {
                self.active_at = Instant::now();
                self.answer(waiter);
                self.refresh();
                self.look_after_house().await;
            }
            Op::Now => {
                self.active_at = Instant::now();
                self.refresh();
                self.waiters.push(waiter);
                self.feed(Input::Wake).await;
            }
            Op::Stop => {
                self.end = Some(End::Stopped);
                self.answer(waiter);
            }
        }
    }

    fn refresh(&mut self) {
        self.ordered += 1;
        self.worker.order(Order::Refresh(self.ordered));
    }

    /// Looks at what may have changed beside the conversation: consent, and whether work is left.
    async fn look_after_house(&mut self) {
        let granted = match consent::check(&self.place) {
            Verdict::Granted(consent) => *consent,
            Verdict::Never | Verdict::Forbidden | Verdict::Unusable(_) => {
                self.end = Some(End::NoConsent);
                return;
            }
        };
        if self.consent.as_ref().is_some_and(|old| *old != granted) {
            self.diary.write("consent was given anew");
            self.line = None;
            self.dialing = None;
            self.feed(Input::Closed("consent was given anew".to_owned()))
                .await;
            self.feed(Input::Wake).await;
        }
        self.consent = Some(granted);
        let idle = self
            .idle_limit
            .is_some_and(|limit| self.active_at.elapsed() >= limit);
        if idle && self.session.pending() == 0 && self.waiters.is_empty() {
            self.end = Some(End::Idle);
        }
    }

    /// Answers those who waited long enough, or for nothing more.
    fn answer_waiters(&mut self) {
        let now = Instant::now();
        let clear = self.session.pending() == 0 && self.unnoted == 0 && self.trouble.is_none();
        let refused = self.session.connection() == Connection::Refused;
        for waiter in std::mem::take(&mut self.waiters) {
            let done = clear && self.answered >= waiter.serial;
            let hopeless = refused && self.refusals > waiter.refusals_before;
            if done || hopeless || now >= waiter.until {
                self.answer(waiter);
            } else {
                self.waiters.push(waiter);
            }
        }
    }

    fn answer(&self, waiter: Waiter) {
        let elapsed = waiter.since.elapsed().as_millis();
        let reply = Reply {
            v: VERSION,
            connection: self.session.connection(),
            pending: self.session.pending() as u64,
            acknowledged: self.acknowledged - waiter.acknowledged_before,
            elapsed_ms: u64::try_from(elapsed).unwrap_or(u64::MAX),
            last_error: self
                .trouble
                .clone()
                .or_else(|| self.session.last_error().map(str::to_owned)),
        };
        // Who lost patience doesn't hear it.
        let _ = waiter.reply.send(reply);
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

fn barred(frame: &pawtrail_event::frame::Frame) -> Option<Input> {
    if let pawtrail_event::frame::Frame::LocalCommit(commit) = frame {
        Some(Input::Barred {
            git_hash: commit.git_hash.clone(),
            code: "OTHER_PROJECT".to_owned(),
            message: "it is not of the project that consent was given for".to_owned(),
        })
    } else {
        None
    }
}

/// Waits for the attempt to connect; for ever, if there is none.
async fn dial(dialing: &mut Option<Dialing>) -> Result<Line, DoorError> {
    match dialing {
        Some(dialing) => dialing.await,
        None => std::future::pending().await,
    }
}

/// Waits for the hub; for ever, if there is no connection.
async fn hear(line: &mut Option<Line>) -> Incoming {
    match line {
        Some(line) => line.next().await,
        None => std::future::pending().await,
    }
}
