//! Work on many things side by side, on as many threads as the machine runs at once; results come in the order of the work.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

/// What more threads would do is wait for memory and the disk.
const MOST_THREADS: usize = 16;

/// Does `each` with every item. Each thread has a state of its own that begins empty, such as memory to read into.
///
/// With one item or one core no thread is started; a thread that the system refuses is done without.
pub(crate) fn side_by_side<S: Default, T: Sync, R: Send>(
    work: &[T],
    each: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    on_threads(threads(work.len()), work, each)
}

fn threads(items: usize) -> usize {
    if items < 2 {
        return 1;
    }
    thread::available_parallelism().map_or(1, |cores| cores.get().min(items).min(MOST_THREADS))
}

/// The same on so many threads: for work that waits more than it computes.
pub(crate) fn on_threads<S: Default, T: Sync, R: Send>(
    threads: usize,
    work: &[T],
    each: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    // Who is done with one takes the next: no thread waits for another's large one.
    let take_part = || {
        let mut state = S::default();
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = work.get(at) else {
                return done;
            };
            done.push((at, each(&mut state, item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads)
            .map_while(|_| Builder::new().spawn_scoped(scope, take_part).ok())
            .collect();
        let mut done = take_part();
        for helper in helpers {
            match helper.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Barrier, Mutex};
    use std::thread::current;

    use super::{MOST_THREADS, on_threads, side_by_side, threads};

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let work: Vec<u32> = (0..1_000).collect();
        for threads in [1, 2, 3, 8] {
            let counted = |seen: &mut u32, item: &u32| {
                *seen += 1;
                (*item * 2, *seen)
            };
            let results = on_threads(threads, &work, counted);
            let doubled: Vec<u32> = results.iter().map(|(doubled, _)| *doubled).collect();
            assert_eq!(
                doubled,
                work.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
            // Every thread begins with a state of its own.
            let begun = results.iter().filter(|(_, seen)| *seen == 1).count();
            assert!((1..=threads).contains(&begun), "{begun} of {threads}");
        }
        let nothing = side_by_side(&[], |_: &mut (), item: &u32| *item);
        assert!(nothing.is_empty(), "{nothing:?}");
    }

    #[test]
    fn threads_work_at_the_same_time() {
        let both = Barrier::new(2);
        let names = Mutex::new(HashSet::new());
        // Neither goes on before the other has come.
        on_threads(2, &[1, 2], |_: &mut (), _| {
            both.wait();
            names.lock().unwrap().insert(current().id());
        });
        assert_eq!(names.lock().unwrap().len(), 2);
    }

    #[test]
    fn no_thread_is_started_for_nothing() {
        assert_eq!((threads(0), threads(1)), (1, 1));
        assert!((1..=MOST_THREADS).contains(&threads(10_000)));
        let here = current().id();
        assert_eq!(side_by_side(&[()], |_: &mut (), ()| current().id()), [here]);
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_is_the_callers() {
        on_threads(2, &[1, 2, 3, 4], |_: &mut (), item| {
            assert!(*item != 3, "the third");
        });
    }
}
