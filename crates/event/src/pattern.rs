//! What our validators ask of texts, as regular expressions for JSON Schemas. No code of ours runs them; each stands for
//! the function that it names, and a test holds the two together.
//!
//! They keep to what all dialects have in common: no look-around, no classes but those that are spelled out. Lengths
//! count characters, where the functions count bytes: a text that a pattern refuses is refused by its function, too.

/// One ULID (`id::is_ulid`).
macro_rules! ulid {
    () => {
        "[0-7][0-9A-HJKMNP-TV-Z]{25}"
    };
}
/// One UUID in its usual spelling (`id::is_uuid`).
macro_rules! uuid {
    () => {
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    };
}
/// One UUID with or without hyphens, in letters of either case (`envelope::id::hyphenated`).
macro_rules! any_uuid {
    () => {
        "(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})"
    };
}
/// What Unicode calls white space, beyond ASCII's.
macro_rules! wide_space {
    () => {
        "\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
    };
}
/// What Unicode calls white space.
macro_rules! space {
    () => {
        concat!("\\u0009-\\u000d\\u0020", wide_space!())
    };
}
/// One character that is neither white space nor a control character.
macro_rules! plain {
    () => {
        concat!("[^\\u0000-\\u0020\\u007f-\\u009f", wide_space!(), "]")
    };
}
/// One part of a path: not empty, not `.` and not `..` (`frame::LocalCommit::validate`).
macro_rules! part {
    () => {
        "(?:[^/.\\u0000][^/\\u0000]*|\\.[^/.\\u0000][^/\\u0000]*|\\.\\.[^/\\u0000]+)"
    };
}
/// A time of day as ISO 8601 has it, with or without colons, minutes and seconds.
macro_rules! clock {
    () => {
        "[0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,9})?)?)?"
    };
}

pub(crate) const ULID: &str = concat!("^", ulid!(), "$");
pub(crate) const UUID: &str = concat!("^", uuid!(), "$");
pub(crate) const ULID_OR_UUID: &str = concat!("^(?:", ulid!(), "|", uuid!(), ")$");
pub(crate) const SLUG: &str = "^[0-9A-Za-z][0-9A-Za-z_-]{0,199}$";
pub(crate) const NODE: &str = "^[0-9A-Za-z]{12,26}$";
pub(crate) const WORK_PACKAGE: &str = "^WP[0-9]{1,9}$";
pub(crate) const COMMIT: &str = "^(?:[0-9a-f]{40}|[0-9a-f]{64})$";
pub(crate) const DECISION: &str =
    concat!("^(?:", ulid!(), "|(?:input|audit):", plain!(), "{1,200})$");
pub(crate) const CONFLICT: &str = "^[0-9A-Za-z_.:-]{1,128}$";
pub(crate) const RUN: &str = "^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$";
pub(crate) const STEP: &str = "^[0-9A-Za-z][0-9A-Za-z_.:-]{0,127}$";
pub(crate) const KEY: &str = concat!("^", plain!(), "{1,200}$");
pub(crate) const TEMPLATE_HASH: &str = "^[0-9a-f]{64}$";

/// A ULID whose first character is any of its letters (`status::head::is_ulid`).
pub(crate) const LOOSE_ULID: &str = "^[0-9A-HJKMNP-TV-Z]{26}$";
/// [`crate::envelope::EnvelopeId`].
pub(crate) const ENVELOPE_ID: &str = concat!(
    "^(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}|",
    any_uuid!(),
    ")$"
);
/// A project's UUID in each of the spellings that an envelope may have (`envelope::id::uuid`).
pub(crate) const ENVELOPE_PROJECT: &str = concat!(
    "^(?:urn:uuid:)?(?:",
    any_uuid!(),
    "|\\{",
    any_uuid!(),
    "\\}|\\{",
    any_uuid!(),
    ")$"
);
/// A path that a frame may list (`frame::LocalCommit::validate`).
pub(crate) const CHANGED_FILE: &str = concat!("^kitty-specs(?:/", part!(), ")+$");
/// A time in UTC ([`crate::time::is_utc`]), as far as its form goes: whether there is such a day isn't asked.
pub(crate) const UTC: &str = concat!("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", clock!(), "(?:Z|\\+00:00)$");
/// A date or a time in ISO 8601 ([`crate::time::is_iso`]), as far as its form goes.
pub(crate) const ISO: &str = concat!(
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ]",
    clock!(),
    "(?:[Zz]|[+-]",
    clock!(),
    ")?)?$"
);
/// An address (`contract::is_url`).
pub(crate) const URL: &str = concat!(
    "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\u0000-\\u0020\\u007f-\\u009f",
    wide_space!(),
    "]",
    plain!(),
    "*$"
);
/// A text that isn't blank: it has a character that is no white space.
pub const SAID: &str = concat!("[^", space!(), "]");
/// A text that is trimmed and has no capital letter of ASCII's: what else is one, Unicode says.
pub const SURFACE: &str = concat!("^[^A-Z", space!(), "](?:[^A-Z]*[^A-Z", space!(), "])?$");
/// An integer as text, with blanks around it.
pub(crate) const INTEGER: &str = concat!("^[", space!(), "]*[+-]?[0-9]+[", space!(), "]*$");
/// A mission's number as text, or blank (`status::MissionIdentity`).
pub const MISSION_NUMBER: &str = concat!("^[", space!(), "]*[0-9]*[", space!(), "]*$");
