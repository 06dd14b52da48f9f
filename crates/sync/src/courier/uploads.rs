//! The thread that uploads the queue, beside the conversation and independent of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::consent::{self, Consent};
use crate::egress::Door;
use crate::egress::post::Post;
use crate::error::SyncError;
use crate::place::Place;
use crate::queue::Queue;
use crate::session::Backoff;
use crate::upload::{Asking, End, LONGEST_PAUSE_MS, Pace, Upload};

/// How often the queue is looked at though nobody asked: commands ask, and whoever sees that refs moved.
const AGAIN: Duration = Duration::from_secs(300);
/// How long the end of a courier waits for an answer that is under way. Without it the events of that
/// batch go again, and the hub knows them.
const GOODBYE: Duration = Duration::from_secs(2);

/// Queues what the journals hold and the queue never had.
pub(super) type CatchUp = Box<dyn Fn() -> Result<(), SyncError> + Send>;

/// What the thread is to do.
enum Order {
    /// Look; but keep to a pause that a hub asked for.
    Wake(u64),
    /// Try at once, whatever the pause.
    Now(u64),
}

/// How uploads stand, told after each change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uploads {
    /// The last order that was carried out.
    pub(super) serial: u64,
    /// How many events wait.
    pub(super) queued: u64,
    /// How many were delivered since the start.
    pub(super) delivered: u64,
    /// Whether the hub refuses this client until a person does something.
    pub(super) refused: bool,
    /// The last trouble, if it isn't over.
    pub(super) trouble: Option<String>,
}

/// The uploader, as the shell sees it.
pub(super) struct Uploader {
    orders: Option<Sender<Order>>,
    pub(super) news: UnboundedReceiver<Uploads>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    ordered: u64,
}

impl Uploader {
    pub(super) fn start(
        place: Place,
        door: Door,
        catch_up: CatchUp,
        backoff: Backoff,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let (tell, news) = unbounded_channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = std::thread::Builder::new()
            .name("uploads".to_owned())
            .spawn(move || Loop::new((place, door), catch_up, tell, stop, backoff).run(&inbox))?;
        Ok(Self {
            orders: Some(orders),
            news,
            stopping,
            thread: Some(thread),
            ordered: 0,
        })
    }

    /// Asks for a look at the queue and returns the order's number.
    pub(super) fn wake(&mut self) -> u64 {
        self.order(Order::Wake)
    }

    /// Asks for an attempt at once and returns the order's number.
    pub(super) fn now(&mut self) -> u64 {
        self.order(Order::Now)
    }

    fn order(&mut self, kind: fn(u64) -> Order) -> u64 {
        self.ordered += 1;
        if let Some(orders) = &self.orders {
            // A thread that has ended has told so by its silence: whoever waits runs out of patience.
            let _ = orders.send(kind(self.ordered));
        }
        self.ordered
    }

    /// Ends the thread after the request that is under way, or leaves it behind.
    pub(super) fn finish(mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.orders = None;
        let begun = Instant::now();
        while let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) {
            let _ = thread.join();
        }
        while self
            .thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
            && begun.elapsed() < GOODBYE
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

struct Loop {
    place: Place,
    catch_up: CatchUp,
    post: Asking,
    pace: Pace,
    backoff: Backoff,
    tell: UnboundedSender<Uploads>,
    stopping: Arc<AtomicBool>,
    uploads: Uploads,
    /// No attempt before this, unless somebody asks for one now.
    pause_until: Option<Instant>,
    /// The consent under which the hub refused.
    refused_under: Option<Consent>,
    /// Whether what an uploader before this one left behind was taken back.
    recovered: bool,
}

impl Loop {
    fn new(
        (place, door): (Place, Door),
        catch_up: CatchUp,
        tell: UnboundedSender<Uploads>,
        stopping: Arc<AtomicBool>,
        backoff: Backoff,
    ) -> Self {
        Self {
            post: Asking::new(Post::new(door)),
            place,
            catch_up,
            pace: Pace::default(),
            backoff,
            tell,
            stopping,
            uploads: Uploads::default(),
            pause_until: None,
            refused_under: None,
            recovered: false,
        }
    }

    fn run(mut self, inbox: &Receiver<Order>) {
        self.attempt();
        loop {
            let wait = self.pause_until.map_or(AGAIN, |until| {
                until.saturating_duration_since(Instant::now()).min(AGAIN)
            });
            let mut serial = self.uploads.serial;
            let mut now = false;
            match inbox.recv_timeout(wait) {
                Ok(order) => {
                    for order in std::iter::once(order).chain(inbox.try_iter()) {
                        match order {
                            Order::Wake(number) => serial = number,
                            Order::Now(number) => (serial, now) = (number, true),
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if now {
                self.pause_until = None;
                self.refused_under = None;
            }
            if self.pause_until.is_none_or(|until| until <= Instant::now()) {
                self.attempt();
            }
            self.uploads.serial = serial;
            self.report();
        }
    }

    /// Tries once, and notes what came of it.
    fn attempt(&mut self) {
        // It is over. Left where it is, it would make the loop wait no time at all.
        self.pause_until = None;
        if !self.place.common_dir.join("HEAD").exists() {
            return;
        }
        match self.pass() {
            Ok(()) => {}
            Err(error) => self.fail(None, error.to_string()),
        }
        self.report();
    }

    fn pass(&mut self) -> Result<(), SyncError> {
        let Ok(consent) = consent::check(&self.place).granted() else {
            return Ok(());
        };
        if self.refused_under.as_ref() == Some(&consent) {
            return Ok(());
        }
        self.refused_under = None;
        // One journal that can't be read keeps nothing back that is queued.
        let behind = (self.catch_up)().err();
        let behind = behind.map(|error| format!("not all journals were read: {error}"));
        let Some(mut queue) = Queue::open_existing(&self.place.state_dir)? else {
            self.uploads.trouble = behind;
            return Ok(());
        };
        if !self.recovered {
            queue.recover()?;
            self.recovered = true;
            // What a hub asked the courier before this one holds for this one, too.
            if let Some(left_ms) = left(queue.pause(&consent.url)?) {
                self.pause(left_ms);
                self.uploads.queued = queue.counts()?.queued;
                self.uploads.trouble = queue.trouble()?;
                return Ok(());
            }
        }
        let end = {
            let tell = &self.tell;
            let (uploads, backoff) = (&mut self.uploads, &mut self.backoff);
            let stopping = &self.stopping;
            Upload {
                queue: &mut queue,
                transport: &mut self.post,
                pace: &mut self.pace,
                project: &consent.project_uuid,
                now_ms: &|| jiff::Timestamp::now().as_millisecond(),
                stopping: &|| stopping.load(Ordering::Relaxed),
                delivered: &mut |count| {
                    if count > 0 {
                        backoff.reset();
                        uploads.delivered += count;
                        // The shell may be closing.
                        let _ = tell.send(uploads.clone());
                    }
                },
            }
            .run()
        };
        if end.is_err() {
            // What was taken must not stay on its way.
            queue.recover()?;
        }
        let end = end?;
        self.uploads.queued = queue.counts()?.queued;
        let asked = match &end {
            End::Failed { retry_after_ms, .. } => retry_after_ms.and_then(until),
            End::Empty | End::Later(_) | End::Refused(_) | End::Denied(_) | End::Stopped => None,
        };
        queue.note_pause(asked.map(|at| (at.as_millisecond(), &consent.url)))?;
        match end {
            End::Empty | End::Stopped | End::Denied(_) => {
                self.uploads.refused = false;
                self.settle(&mut queue, behind)?;
            }
            End::Later(due_ms) => {
                let ms = due_ms.saturating_sub(jiff::Timestamp::now().as_millisecond());
                self.pause(u64::try_from(ms).unwrap_or(0));
                self.uploads.refused = false;
                self.settle(&mut queue, behind)?;
            }
            End::Refused(reason) => {
                self.refused_under = Some(consent);
                self.uploads.refused = true;
                self.settle(&mut queue, Some(reason))?;
            }
            End::Failed {
                retry_after_ms,
                reason,
            } => {
                let reason = match asked {
                    Some(until) => format!("{reason}; it asks for a pause until {until:.0}"),
                    None => reason,
                };
                self.fail(retry_after_ms, reason.clone());
                self.settle(&mut queue, Some(reason))?;
            }
        }
        Ok(())
    }

    fn settle(&mut self, queue: &mut Queue, trouble: Option<String>) -> Result<(), SyncError> {
        if queue.trouble()? != trouble {
            queue.note_trouble(trouble.as_deref())?;
        }
        self.uploads.trouble = trouble;
        Ok(())
    }

    fn fail(&mut self, retry_after_ms: Option<u64>, reason: String) {
        let wait = self.backoff.failed();
        self.pause(retry_after_ms.map_or(wait, |wish| wish.max(wait)));
        self.uploads.trouble = Some(reason);
    }

    fn pause(&mut self, ms: u64) {
        self.pause_until = Instant::now().checked_add(Duration::from_millis(ms));
    }

    fn report(&self) {
        // The shell may be closing; then nobody needs to know.
        let _ = self.tell.send(self.uploads.clone());
    }
}

/// The time after so many milliseconds.
fn until(ms: u64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::now()
        .checked_add(Duration::from_millis(ms))
        .ok()
}

/// How many milliseconds are left until a time that was noted; none where it is past, or further away than any hub's wish
/// is kept, as after a change of the clock.
fn left(until_ms: Option<i64>) -> Option<u64> {
    let left = until_ms?.saturating_sub(jiff::Timestamp::now().as_millisecond());
    u64::try_from(left)
        .ok()
        .filter(|left| (1..=LONGEST_PAUSE_MS).contains(left))
}
