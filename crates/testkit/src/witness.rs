//! Witnesses each process that a command starts and each socket that one of them makes (Linux).
//!
//! A small library is loaded into every process. It stands before the C library's `socket`, `socketpair` and
//! `getaddrinfo`, which Rust's standard library, tokio and our other crates call, and writes a line for each call and
//! for each start. A raw system call would pass it by, so a test should also show that it sees what it must.

use std::path::PathBuf;

use crate::pawtrail::Pawtrail;
use crate::preload;
use crate::scratch::Scratch;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void tell(const char *what) {
    const char *file = getenv("PAWTRAIL_TEST_WITNESS");
    if (!file) return;
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    char line[256];
    int size = snprintf(line, sizeof line, "%s %s\n", what, program_invocation_short_name);
    if (write(fd, line, size) != size) abort();
    close(fd);
}

__attribute__((constructor)) static void started(void) { tell("start"); }

int socket(int domain, int type, int protocol) {
    int (*next)(int, int, int) = dlsym(RTLD_NEXT, "socket");
    tell("socket");
    return next(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2]) {
    int (*next)(int, int, int, int *) = dlsym(RTLD_NEXT, "socketpair");
    tell("socketpair");
    return next(domain, type, protocol, fds);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    tell("getaddrinfo");
    return next(node, service, hints, found);
}
"#;

/// What the processes of a program did.
#[derive(Debug)]
pub struct Witness {
    notes: PathBuf,
    library: PathBuf,
}

impl Witness {
    /// Builds the library with the C compiler that links Rust programs.
    ///
    /// # Panics
    /// When there is none.
    pub fn new(scratch: &Scratch) -> Self {
        let dir = scratch.path().join("witness");
        let library = preload::library(&dir, SOURCE);
        Self {
            notes: dir.join("notes"),
            library,
        }
    }

    /// Lets this witness see each process that the program starts.
    #[must_use]
    pub fn watch(&self, pawtrail: Pawtrail) -> Pawtrail {
        pawtrail
            .with_env("LD_PRELOAD", &self.library)
            .with_env("PAWTRAIL_TEST_WITNESS", &self.notes)
    }

    /// Returns what was seen since the last call: `start pawtrail`, `socket pawtrail`.
    pub fn take(&self) -> Vec<String> {
        let notes = std::fs::read_to_string(&self.notes).unwrap_or_default();
        let _ = std::fs::remove_file(&self.notes);
        notes.lines().map(str::to_owned).collect()
    }
}
