//! Who and where the developer is, as plain data.

use std::fmt;

/// What is known of the developer and the machine. It is looked up elsewhere; `None` is not known.
///
/// It is never shown: `Debug` says only what is known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The home directory, absolute.
    pub home: Option<String>,
    /// The roots of the project's worktrees, absolute.
    pub workspaces: Vec<String>,
    /// The host name, short or with its domain.
    pub host: Option<String>,
    /// The name of the account on this machine.
    pub login: Option<String>,
    /// git's `user.name`.
    pub name: Option<String>,
    /// git's `user.email`.
    pub email: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("home", &self.home.is_some())
            .field("workspaces", &self.workspaces.len())
            .field("host", &self.host.is_some())
            .field("login", &self.login.is_some())
            .field("name", &self.name.is_some())
            .field("email", &self.email.is_some())
            .finish()
    }
}
