//! Locks of what is whole after every statement.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whose data is whole after every statement, so that a panic elsewhere spoils nothing.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
