//! Starting a courier that outlives the command that needs it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::place::Place;

/// What git tells its hooks about the repository at hand; a courier finds it by itself.
const GIT_ENV: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// How a courier is started.
#[derive(Debug, Clone)]
pub(crate) struct Launcher {
    program: PathBuf,
}

impl Launcher {
    /// The courier is this program, with other arguments.
    pub(crate) fn this_program() -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
        })
    }

    #[cfg(test)]
    pub(crate) fn of(program: PathBuf) -> Self {
        Self { program }
    }

    /// Starts a courier and doesn't wait for it.
    pub(crate) fn launch(&self, place: &Place) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments(place))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // It must not keep a directory busy that somebody wants to remove or unmount.
            .current_dir(root(&place.common_dir));
        for name in GIT_ENV {
            command.env_remove(name);
        }
        // It waits most of its life. One heap for all threads (glibc; nobody else knows the name) keeps it small meanwhile.
        command.env("MALLOC_ARENA_MAX", "1");
        detach(&mut command);
        let mut child = command.spawn()?;
        // A caller that lives longer than its courier must not keep it as a zombie.
        std::thread::Builder::new().spawn(move || child.wait())?;
        Ok(())
    }
}

fn arguments(place: &Place) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["sync", "run", "--background", "--repo"]
        .map(OsString::from)
        .into();
    arguments.push(place.common_dir.clone().into_os_string());
    arguments
}

fn root(path: &Path) -> &Path {
    path.ancestors().last().unwrap_or(path)
}

/// A process group of its own: the terminal's Ctrl-C is not meant for it. And no descriptor that
/// this process was given by its parent: whoever waits for the end of such a pipe would wait for
/// the courier.
#[cfg(unix)]
fn detach(command: &mut Command) {
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// A process group of its own and no console, neither ours nor a new window.
#[cfg(windows)]
fn detach(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    std::os::windows::process::CommandExt::creation_flags(
        command,
        CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW,
    );
}

#[cfg(not(any(unix, windows)))]
fn detach(_command: &mut Command) {}
