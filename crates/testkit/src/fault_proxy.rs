//! A TCP proxy that is a bad network, by seed: it delays, cuts in the middle of a frame, resets, and falls silent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::dice::Dice;

/// What happens to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Each piece comes late, by up to so many milliseconds, and in small pieces.
    Delay(u64),
    /// After so many bytes both sides see an end.
    Cut(u64),
    /// After so many bytes both sides see a reset.
    Reset(u64),
    /// After so many bytes nothing passes, and neither side is told.
    HalfOpen(u64),
}

/// How often each fault was met.
#[derive(Debug, Default)]
pub struct Met {
    /// Connections that were delayed.
    pub delays: AtomicU64,
    /// Connections that ended in the middle.
    pub cuts: AtomicU64,
    /// Connections that were reset.
    pub resets: AtomicU64,
    /// Connections that fell silent.
    pub silences: AtomicU64,
}

/// One connection through the proxy.
#[derive(Debug)]
struct Line {
    fault: Option<Fault>,
    /// The bytes of both directions together.
    passed: AtomicU64,
    reset: AtomicBool,
}

#[derive(Debug)]
struct Inside {
    target: SocketAddr,
    dice: Mutex<Dice>,
    calm: AtomicBool,
    lines: Mutex<Vec<Weak<TcpStream>>>,
    met: Met,
}

/// A running proxy. Its threads end with their connections, or with the test's process.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    inside: Arc<Inside>,
}

impl FaultProxy {
    /// Starts a proxy before `target`, which may come and go.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(target: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new(Inside {
            target,
            dice: Mutex::new(Dice::new(seed)),
            calm: AtomicBool::new(false),
            lines: Mutex::default(),
            met: Met::default(),
        });
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                shared.connect(near);
            }
        });
        Self { port, inside }
    }

    /// Returns its address for `sync enable`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on all passes. Lines that are faulty end, unless silent ones are to be left to those who use them.
    pub fn calm(&self, end_lines: bool) {
        self.inside.calm.store(true, Ordering::SeqCst);
        if end_lines {
            for line in lock(&self.inside.lines).drain(..) {
                // One that has ended needs no end.
                if let Some(line) = line.upgrade() {
                    let _ = line.shutdown(Shutdown::Both);
                }
            }
        }
    }

    /// Returns what it did so far.
    pub fn met(&self) -> &Met {
        &self.inside.met
    }
}

impl Inside {
    fn connect(self: &Arc<Self>, near: TcpStream) {
        let Ok(far) = TcpStream::connect(self.target) else {
            // No hub: the peer is told by the end.
            return;
        };
        let fault = self.fault();
        for line in [&near, &far] {
            // Delays are made here and not by the system.
            line.set_nodelay(true).expect("no delay");
        }
        let (near, far) = (Arc::new(near), Arc::new(far));
        lock(&self.lines).extend([Arc::downgrade(&near), Arc::downgrade(&far)]);
        let line = Arc::new(Line {
            fault,
            passed: AtomicU64::new(0),
            reset: AtomicBool::new(false),
        });
        for (from, to) in [(Arc::clone(&near), Arc::clone(&far)), (far, near)] {
            let (inside, line) = (Arc::clone(self), Arc::clone(&line));
            thread::spawn(move || {
                inside.pass(&from, &to, &line);
                // Either direction has ended: both do. For a reset there must be no orderly end before it.
                let how = if line.reset.load(Ordering::SeqCst) {
                    Shutdown::Read
                } else {
                    Shutdown::Both
                };
                let _ = from.shutdown(how);
                let _ = to.shutdown(how);
            });
        }
    }

    /// The greeting and the request have about 600 bytes together, a frame about as many.
    fn fault(&self) -> Option<Fault> {
        if self.calm.load(Ordering::SeqCst) {
            return None;
        }
        let mut dice = lock(&self.dice);
        let after = dice.below(6_000);
        match dice.below(10) {
            0..=2 => Some(Fault::Cut(after)),
            3 | 4 => Some(Fault::Reset(after)),
            5 | 6 => Some(Fault::HalfOpen(after)),
            7 | 8 => Some(Fault::Delay(dice.below(40))),
            _ => None,
        }
    }

    /// Passes one direction on until its end.
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, line: &Line) {
        let fault = line.fault;
        let mut piece = [0; 512];
        if matches!(fault, Some(Fault::Delay(_))) {
            self.met.delays.fetch_add(1, Ordering::Relaxed);
        }
        while let Ok(count @ 1..) = from.read(&mut piece) {
            let before = line.passed.fetch_add(count as u64, Ordering::SeqCst);
            let limit = match fault {
                Some(Fault::Cut(limit) | Fault::Reset(limit) | Fault::HalfOpen(limit)) => limit,
                Some(Fault::Delay(most)) => {
                    let wait = lock(&self.dice).below(most + 1);
                    thread::sleep(Duration::from_millis(wait));
                    u64::MAX
                }
                None => u64::MAX,
            };
            // The part before the fault passes, so that a frame is cut where the number falls.
            let room = limit.saturating_sub(before).min(count as u64);
            let room = usize::try_from(room).unwrap_or(count);
            if to.write_all(&piece[..room]).is_err() {
                break;
            }
            if room == count {
                continue;
            }
            match fault {
                Some(Fault::Cut(_)) => {
                    self.met.cuts.fetch_add(1, Ordering::Relaxed);
                }
                Some(Fault::Reset(_)) => {
                    self.met.resets.fetch_add(1, Ordering::Relaxed);
                    line.reset.store(true, Ordering::SeqCst);
                    for socket in [from, to] {
                        // Closed at once, whatever is under way: the system sends a reset instead of an end.
                        let socket = socket2::SockRef::from(socket);
                        socket.set_linger(Some(Duration::ZERO)).expect("linger");
                    }
                }
                Some(Fault::HalfOpen(_)) => {
                    self.met.silences.fetch_add(1, Ordering::Relaxed);
                    // Read and thrown away until somebody gives up.
                    while let Ok(1..) = from.read(&mut piece) {}
                }
                Some(Fault::Delay(_)) | None => {}
            }
            break;
        }
    }
}

fn lock<T>(inside: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a lot through the proxy to a server that sends it back; returns what came back before the end.
    fn echoed(proxy: &FaultProxy, limit: Duration) -> Result<usize, std::io::ErrorKind> {
        let mut line = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        line.set_read_timeout(Some(limit)).unwrap();
        let (mut came, mut piece) = (0, [0; 100]);
        for _ in 0..30 {
            line.write_all(&[7; 100]).map_err(|error| error.kind())?;
            match line.read(&mut piece) {
                Ok(0) => return Ok(came),
                Ok(count) => came += count,
                Err(error) => return Err(error.kind()),
            }
        }
        Ok(came)
    }

    #[test]
    fn each_fault_is_met_and_a_calm_network_passes_all() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        thread::spawn(move || {
            for line in server.incoming().flatten() {
                thread::spawn(move || std::io::copy(&mut &line, &mut &line));
            }
        });
        let proxy = FaultProxy::start(address, 3);
        let (mut ends, mut resets, mut silences) = (0, 0, 0);
        for _ in 0..30 {
            match echoed(&proxy, Duration::from_secs(1)) {
                Ok(3_000) => {}
                Ok(_) => ends += 1,
                Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => silences += 1,
                Err(_) => resets += 1,
            }
        }
        assert!(
            ends > 0 && resets > 0 && silences > 0,
            "{ends} {resets} {silences}"
        );
        let met = proxy.met();
        for count in [&met.delays, &met.cuts, &met.resets, &met.silences] {
            assert!(count.load(Ordering::SeqCst) > 0, "{met:?}");
        }
        proxy.calm(true);
        for _ in 0..20 {
            assert_eq!(echoed(&proxy, Duration::from_secs(30)), Ok(3_000));
        }
    }
}
