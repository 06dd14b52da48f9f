//! The hermetic environment: what a process of a test may know of the machine it runs on.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names the scratch area in each process that is started in it, so that leftovers can be found.
pub(crate) const MARKER: &str = "PAWTRAIL_TEST_SCRATCH";

/// What is taken over from the machine: how programs are found, and where coverage is written.
const KEPT: &[&str] = &[
    "PATH",
    "LLVM_PROFILE_FILE",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "PATHEXT",
    "COMSPEC",
];

/// The variables of each process of one scratch area.
#[derive(Debug, Clone)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
}

impl Env {
    /// Lays out home, configuration and temporary directories inside `root`.
    pub(crate) fn new(root: &Path) -> Self {
        let home = root.join("home");
        let dir = |path: PathBuf| {
            std::fs::create_dir_all(&path).expect("scratch directory");
            path.into_os_string()
        };
        let mut vars: BTreeMap<OsString, OsString> = KEPT
            .iter()
            .filter_map(|name| std::env::var_os(name).map(|value| (name.into(), value)))
            .collect();
        let config = home.join("gitconfig");
        let own = [
            ("HOME", dir(home.clone())),
            ("USERPROFILE", home.clone().into_os_string()),
            ("APPDATA", dir(home.join("appdata"))),
            ("LOCALAPPDATA", dir(home.join("localappdata"))),
            ("XDG_CONFIG_HOME", dir(home.join(".config"))),
            ("XDG_DATA_HOME", dir(home.join(".local/share"))),
            ("XDG_STATE_HOME", dir(home.join(".local/state"))),
            ("XDG_CACHE_HOME", dir(home.join(".cache"))),
            ("XDG_RUNTIME_DIR", dir(root.join("run"))),
            ("TMPDIR", dir(root.join("tmp"))),
            ("TEMP", root.join("tmp").into_os_string()),
            ("TMP", root.join("tmp").into_os_string()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_GLOBAL", config.clone().into_os_string()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("LC_ALL", "C".into()),
            ("TZ", "UTC".into()),
            (MARKER, root.as_os_str().to_owned()),
        ];
        vars.extend(own.map(|(name, value)| (name.into(), value)));
        std::fs::write(&config, GIT_CONFIG).expect("git configuration");
        private(&root.join("run"));
        Self { vars }
    }

    /// Returns this environment with one more variable.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.vars
            .insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Returns this environment without a variable.
    #[must_use]
    pub fn without(mut self, name: impl AsRef<OsStr>) -> Self {
        self.vars.remove(name.as_ref());
        self
    }

    /// Returns a command with these variables and no others, and with an empty standard input.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.vars).stdin(Stdio::null());
        command
    }
}

const GIT_CONFIG: &str = "\
[user]
\tname = Robin Example
\temail = robin@example.test
[init]
\tdefaultBranch = main
[core]
\tautocrlf = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// A runtime directory that others can read is refused by some programs.
#[cfg(unix)]
fn private(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).expect("permissions");
}

/// Windows keeps a user's temporary directory private by inheritance.
#[cfg(not(unix))]
fn private(_dir: &Path) {}
