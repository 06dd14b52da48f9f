//! The templates that come with the program.

/// A template that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its key, which is the type of mission that it is for.
    pub key: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All of them, in the order in which they are listed.
pub const ALL: &[Builtin] = &[];

/// Returns the template of this key.
pub fn get(key: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|builtin| builtin.key == key)
}
