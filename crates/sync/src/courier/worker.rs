//! The thread that reads and writes the repository, so that the conversation never waits for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::courier::ears::{Ears, Sound};
use crate::courier::watch::Watch;
use crate::error::SyncError;
use crate::outbox::Outbox;

/// How often they are looked at where the system tells of nothing.
const DEAF_LOOK: Duration = Duration::from_secs(1);
/// A look waits until nothing has changed for so long,
const CALM: Duration = Duration::from_millis(10);
/// but no longer than this.
const STORM: Duration = Duration::from_millis(250);
/// How often directories that are new are looked at once more, before the next look.
const MAX_LOOKS: usize = 3;
/// How often the outbox is read though nothing seems to have changed.
const AGAIN: Duration = Duration::from_secs(120);

/// Opens the outbox in the worker's own thread.
pub(crate) type OpenOutbox = Box<dyn FnOnce() -> Result<Box<dyn Outbox>, SyncError> + Send>;

/// What the worker is to do.
pub(crate) enum Order {
    /// Read the outbox now; the list that comes says which order it answers. Before that, take what a hub says that
    /// it has.
    Refresh(u64, Option<Snapshot>),
    /// Note that the hub has these.
    Acknowledge(Vec<LocalCommitAck>),
    /// Note that this one is not to be sent.
    SetAside {
        git_hash: CommitHash,
        code: String,
        message: String,
    },
    /// Look: the system told of a change.
    Look,
}

/// What the worker tells.
#[derive(Debug)]
pub(crate) enum News {
    /// What waits, and the last refresh that this answers.
    Pending(u64, Vec<Announcement>),
    /// What so many orders asked to note was noted, or that was tried; with the trouble.
    Noted(usize, Result<(), String>),
    /// The repository can't be read, and the last refresh that this answers.
    Trouble(u64, String),
    /// Refs moved, and with them maybe journals.
    Moved,
    /// Consent or the private state may have changed.
    House,
    /// Why the refs are looked at from time to time, if the system can't tell of changes.
    Polling(Option<String>),
    /// The repository is gone.
    Gone,
}

/// The worker, as the conversation sees it.
pub(crate) struct Worker {
    /// The ears hold it only while they tell: where it is dropped, the thread ends.
    orders: Option<Arc<Sender<Order>>>,
    pub(crate) news: UnboundedReceiver<News>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread for the repository and its private state. `quiet_look` says how often it looks at the refs
    /// though it heard of nothing.
    pub(crate) fn start(
        (common_dir, state_dir): (PathBuf, PathBuf),
        open: OpenOutbox,
        quiet_look: Duration,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let orders = Arc::new(orders);
        let (tell, news) = unbounded_channel();
        let bell = Bell {
            orders: Arc::downgrade(&orders),
            rung: Arc::default(),
        };
        let thread = std::thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || match open() {
                Ok(outbox) => {
                    let rung = Arc::clone(&bell.rung);
                    let house = tell.clone();
                    let ears = Ears::new(&state_dir, move |sound| match sound {
                        Sound::Refs => bell.ring(),
                        // The conversation may have ended.
                        Sound::House => drop(house.send(News::House)),
                    });
                    let looks = (Watch::new(&common_dir), quiet_look);
                    Loop::new(common_dir, outbox, looks, (ears, rung), tell).run(&inbox);
                }
                Err(error) => {
                    // The conversation that would listen may have ended.
                    let _ = tell.send(News::Trouble(u64::MAX, error.to_string()));
                    let _ = tell.send(News::Gone);
                }
            })?;
        Ok(Self {
            orders: Some(orders),
            news,
            thread: Some(thread),
        })
    }

    /// Gives an order. A worker that has ended has said so.
    pub(crate) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    /// Waits until all orders are done.
    pub(crate) fn finish(mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Orders a look, unless one is ordered already.
struct Bell {
    orders: Weak<Sender<Order>>,
    rung: Arc<AtomicBool>,
}

impl Bell {
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst)
            && let Some(orders) = self.orders.upgrade()
        {
            let _ = orders.send(Order::Look);
        }
    }
}

struct Loop {
    common_dir: PathBuf,
    outbox: Box<dyn Outbox>,
    tell: UnboundedSender<News>,
    watch: Watch,
    quiet_look: Duration,
    ears: Ears,
    /// Whether a look is ordered that wasn't made yet.
    rung: Arc<AtomicBool>,
    heard: bool,
    /// Why the refs are looked at from time to time, as it was told last.
    polling: Option<String>,
    answered: u64,
    /// What a hub said that it has, until it was compared.
    said: Option<Snapshot>,
    read_at: Option<Instant>,
}

impl Loop {
    fn new(
        common_dir: PathBuf,
        outbox: Box<dyn Outbox>,
        (watch, quiet_look): (Watch, Duration),
        (ears, rung): (Ears, Arc<AtomicBool>),
        tell: UnboundedSender<News>,
    ) -> Self {
        Self {
            watch,
            quiet_look,
            common_dir,
            outbox,
            tell,
            ears,
            rung,
            heard: false,
            polling: None,
            answered: 0,
            said: None,
            read_at: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let mut asked = self.read_at.is_none();
            let wait = if asked {
                Duration::ZERO
            } else {
                self.until_next_look()
            };
            match inbox.recv_timeout(wait) {
                // Many commands at once need one look, not one each.
                Ok(order) => asked |= self.obey_all(order, inbox),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.heard && !asked {
                match self.calm(inbox) {
                    Some(also) => asked = also,
                    None => return,
                }
            }
            if self.is_gone() {
                self.tell(News::Gone);
                return;
            }
            // Looked at in any case: a change before this read is covered by it.
            let changed = self.look(asked);
            let old = self.read_at.is_none_or(|at| at.elapsed() >= AGAIN);
            if asked || changed || old {
                self.read();
            }
        }
    }

    fn until_next_look(&self) -> Duration {
        let usual = match self.ears.trouble() {
            Some(_) => DEAF_LOOK,
            None => self.quiet_look,
        };
        self.watch.unsettled().map_or(usual, |soon| soon.min(usual))
    }

    /// Waits for the end of a storm of changes, and does meanwhile what is ordered. Returns whether the outbox is to be
    /// read at once; nothing where nobody will order any more.
    fn calm(&mut self, inbox: &Receiver<Order>) -> Option<bool> {
        let end = Instant::now() + STORM;
        loop {
            self.rung.store(false, Ordering::SeqCst);
            let left = end.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(CALM.min(left)) {
                Ok(order) => {
                    if self.obey_all(order, inbox) {
                        return Some(true);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Some(false),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Looks whether refs may have changed, and listens to all their directories from then on.
    fn look(&mut self, asked: bool) -> bool {
        // What comes from here on rings again.
        self.rung.store(false, Ordering::SeqCst);
        let heard = std::mem::take(&mut self.heard);
        let expected = heard || asked || self.watch.unsettled().is_some();
        let changed = self.watch.changed();
        // A directory that took the place of another may look the same: it is listened to anew, and what happened in it
        // before was not heard of.
        if !(changed || heard && self.ears.listen(self.watch.dirs())) {
            return false;
        }
        if heard || !expected {
            self.tell(News::Moved);
        }
        if !expected {
            self.ears.forget();
        }
        for _ in 0..MAX_LOOKS {
            if !self.ears.listen(self.watch.dirs()) {
                break;
            }
            // Between the look and the listening something may have happened that nobody heard.
            self.watch.changed();
        }
        let polling = self.ears.trouble().map(str::to_owned);
        if polling != self.polling {
            self.polling.clone_from(&polling);
            self.tell(News::Polling(polling));
        }
        true
    }

    /// Does this order and all that wait behind it. Returns whether the outbox is to be read.
    fn obey_all(&mut self, first: Order, inbox: &Receiver<Order>) -> bool {
        let mut asked = false;
        let mut next = Some(first);
        while let Some(mut order) = next {
            let mut orders = 1;
            next = inbox.try_recv().ok();
            // Answers that came while others were noted are noted together: each note writes the whole file anew.
            while let (Order::Acknowledge(commits), Some(Order::Acknowledge(more))) =
                (&mut order, &mut next)
            {
                commits.append(more);
                orders += 1;
                next = inbox.try_recv().ok();
            }
            asked |= self.obey(order, orders);
        }
        asked
    }

    /// Does what is ordered, by so many orders at once. Returns whether the outbox is to be read.
    fn obey(&mut self, order: Order, orders: usize) -> bool {
        let noted = match order {
            Order::Refresh(serial, said) => {
                self.answered = serial;
                self.said = said.or_else(|| self.said.take());
                return true;
            }
            Order::Look => {
                self.heard = true;
                return false;
            }
            // Nothing is written where a repository was.
            Order::Acknowledge(_) | Order::SetAside { .. } if self.is_gone() => {
                self.tell(News::Noted(
                    orders,
                    Err("the repository is gone".to_owned()),
                ));
                return false;
            }
            Order::Acknowledge(commits) => self.outbox.acknowledge(&commits),
            Order::SetAside {
                git_hash,
                code,
                message,
            } => self.outbox.set_aside(&git_hash, &code, &message),
        };
        self.tell(News::Noted(
            orders,
            noted.map_err(|error| error.to_string()),
        ));
        false
    }

    fn is_gone(&self) -> bool {
        !self.common_dir.join("HEAD").exists()
    }

    fn read(&mut self) {
        self.read_at = Some(Instant::now());
        // Before that was compared nothing is fresh.
        if let Some(said) = &self.said
            && let Err(error) = self.outbox.reconcile(said)
        {
            self.tell(News::Trouble(self.answered, error.to_string()));
            return;
        }
        self.said = None;
        let news = match self.outbox.pending() {
            Ok(commits) => News::Pending(self.answered, commits),
            Err(error) => News::Trouble(self.answered, error.to_string()),
        };
        self.tell(news);
    }

    fn tell(&self, news: News) {
        // The conversation may have ended; then nobody needs to know.
        let _ = self.tell.send(news);
    }
}
