//! A wall clock that jumps when a test says so, while its processes run (Linux).
//!
//! A small library is loaded into every process; it stands before the C library's `clock_gettime` and adds what a file
//! says to the time of day. The clock that only runs forward stays as it is, as in a real jump.

use std::path::PathBuf;

use crate::pawtrail::Pawtrail;
use crate::preload;
use crate::scratch::Scratch;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int (*next)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    const char *file = getenv("PAWTRAIL_TEST_CLOCK");
    if (result != 0 || clock != CLOCK_REALTIME || !file) return result;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return result;
    char text[32] = {0};
    if (read(fd, text, sizeof text - 1) > 0) now->tv_sec += strtoll(text, NULL, 10);
    close(fd);
    return result;
}
"#;

/// The clock of a scratch area's programs.
#[derive(Debug)]
pub struct Clock {
    offset: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// Builds the library with the C compiler that links Rust programs.
    ///
    /// # Panics
    /// When there is none.
    pub fn new(scratch: &Scratch) -> Self {
        let dir = scratch.path().join("clock");
        let library = preload::library(&dir, SOURCE);
        let clock = Self {
            offset: dir.join("offset"),
            library,
        };
        clock.set(0);
        clock
    }

    /// Lets this clock rule each process that the program starts.
    #[must_use]
    pub fn rule(&self, pawtrail: Pawtrail) -> Pawtrail {
        pawtrail
            .with_env("LD_PRELOAD", &self.library)
            .with_env("PAWTRAIL_TEST_CLOCK", &self.offset)
    }

    /// Sets it this many seconds beside the real time.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn set(&self, seconds: i64) {
        // Replaced, so that nobody reads half a number.
        let new = self.offset.with_extension("new");
        std::fs::write(&new, seconds.to_string()).expect("offset");
        std::fs::rename(&new, &self.offset).expect("offset");
    }
}
