//! Absolute paths as they stand in text: their separators, where they begin and where a component ends.

use super::super::chars::{after, before, byte, folded_end, follows_escape, follows_marker};
use super::super::chars::{run, run_back};

/// How far to the left the beginning of a path is looked for, in bytes.
const REACH: usize = 256;

/// First components of a file system below which homes are too: `/var/home`, `/mnt/c/Users`.
const HOLD_HOMES: &[&str] = &[
    "cygdrive",
    "data",
    "export",
    "media",
    "mnt",
    "net",
    "nfs",
    "opt",
    "private",
    "srv",
    "usr",
    "var",
    "volumes",
    "wsl$",
    "wsl.localhost",
];
/// How many components may stand before `/home` there.
const MOST_ABOVE: usize = 2;
/// The other first components of a file system.
const OF_FILES: &[&str] = &[
    "etc", "home", "proc", "run", "scratch", "system", "tmp", "users",
];

/// Returns the end of a run of separators: `/`, `\` (doubled where it was escaped), or `%2F` and `%5C` in a URL.
pub(in super::super) fn separators(text: &str, at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        end = match byte(text, end) {
            Some(b'/' | b'\\') => end + 1,
            Some(b'%') if is_escaped_separator(text, end) => end + 3,
            Some(_) | None => break,
        };
    }
    (end > at).then_some(end)
}

/// Returns the beginning of the run of separators that ends at a place.
pub(super) fn separators_back(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    loop {
        start = match start.checked_sub(1).and_then(|last| byte(text, last)) {
            Some(b'/' | b'\\') => start - 1,
            Some(_) if start >= 3 && is_escaped_separator(text, start - 3) => start - 3,
            Some(_) | None => break,
        };
    }
    (start < at).then_some(start)
}

fn is_escaped_separator(text: &str, at: usize) -> bool {
    text.as_bytes().get(at..at + 3).is_some_and(|three| {
        three.eq_ignore_ascii_case(b"%2f") || three.eq_ignore_ascii_case(b"%5c")
    })
}

/// Whether a character can stand inside a component of a path. Spaces can too, and are dealt with elsewhere.
fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '~' | '@' | '$' | '%' | '}')
}

/// Whether a component ends at a place: a dot or a dash that ends a sentence is no part of it.
pub(super) fn component_ends(text: &str, at: usize) -> bool {
    let end = run(text, at, |b| {
        matches!(b, b'.' | b'-' | b'+' | b'~' | b'@' | b'$' | b'}')
    });
    match after(text, end) {
        None => true,
        Some('%') => is_escaped_separator(text, end),
        Some(c) if c.is_alphanumeric() || c == '_' => false,
        // `proj-/x` is another name than `proj`; `proj. /x` isn't.
        Some('/' | '\\') => end == at,
        Some(_) => true,
    }
}

/// Returns where the absolute path begins whose first separators begin at a place: there, or at its drive or its
/// `file://`. `None` where it is the rest of a longer path.
pub(super) fn root(text: &str, at: usize) -> Option<usize> {
    // In text that was escaped twice, `\n/home` is a line break and a path.
    let Some(c) = before(text, at) else {
        return Some(at);
    };
    if c == ':' {
        if let Some(drive) = drive(text, at) {
            return Some(drive);
        }
        // `file:` and its slashes; `https://home/x` is a host.
        let scheme = run_back(text, at - 1, |b| b.is_ascii_alphanumeric());
        let is_url = byte(text, at) == Some(b'/') && byte(text, at + 1) == Some(b'/');
        return match text.get(scheme..at - 1) {
            Some("file") if is_url => Some(scheme),
            Some(_) | None if is_url => None,
            Some(_) | None => Some(at),
        };
    }
    let inside = (is_inside(c) && !follows_escape(text, at)) || follows_marker(text, at);
    (!inside).then_some(at)
}

/// Returns where the drive before a place begins: `C:`.
fn drive(text: &str, at: usize) -> Option<usize> {
    let letter = at.checked_sub(2)?;
    let is_drive = byte(text, letter)?.is_ascii_alphabetic()
        && byte(text, letter + 1) == Some(b':')
        && before(text, letter)
            .is_none_or(|c| !c.is_alphanumeric() || follows_escape(text, letter));
    is_drive.then_some(letter)
}

/// Returns the components of the absolute path of files that goes on at a place; `None` where it is the rest of a
/// relative one, or a page of a web site.
pub(super) fn above(text: &str, at: usize) -> Option<Vec<String>> {
    let mut from = at.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let near = text.get(from..at)?;
    let is_path = |c: char| is_inside(c) || matches!(c, '/' | '\\' | ':');
    let path = near
        .rfind(|c| !is_path(c))
        .and_then(|last| near.get(last..))
        .map_or(near, |tail| tail.trim_start_matches(|c| !is_path(c)));
    let components = |path: &str| {
        let parts = path.split(['/', '\\']).filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    if let Some((scheme, rest)) = path.rsplit_once("://") {
        // `ssh://box/home/alice` is a path of files behind a host; `https://example.com/home/alice` is a page.
        let scheme = scheme.to_ascii_lowercase();
        let is_web = ["http", "https", "ws", "wss"]
            .iter()
            .any(|web| scheme.ends_with(web));
        let path = rest
            .find('/')
            .and_then(|host| rest.get(host..))
            .unwrap_or_default();
        return (!is_web).then(|| components(path));
    }
    let path = path.rsplit(':').next()?;
    path.starts_with(['/', '\\']).then(|| components(path))
}

/// Whether `/home` and `/Users` below a directory are what they are below the root.
pub(super) fn holds_homes(above: &[String]) -> bool {
    let is_known = above.first().is_none_or(|first| {
        let is_drive = first.len() == 1 && first.bytes().all(|b| b.is_ascii_alphabetic());
        is_drive || HOLD_HOMES.contains(&first.as_str())
    });
    let is_mac = above
        .iter()
        .map(String::as_str)
        .eq(["system", "volumes", "data"]);
    let is_scratch = above.iter().any(|part| part == "tmp");
    is_mac || (is_known && above.len() <= MOST_ABOVE && !is_scratch)
}

/// Whether a directory is one of a file system, and no route of a web site.
pub(super) fn is_of_files(above: &[String]) -> bool {
    above.first().is_some_and(|first| {
        HOLD_HOMES.contains(&first.as_str()) || OF_FILES.contains(&first.as_str())
    })
}

/// A known directory: its components, and how they are compared.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Directory {
    drive: Option<u8>,
    components: Vec<String>,
}

/// A place in a text that names a known directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Place {
    pub(in super::super) start: usize,
    pub(in super::super) end: usize,
}

impl Directory {
    /// Reads an absolute path. The root of a file system is no directory that could be told apart.
    pub(in super::super) fn new(path: &str) -> Option<Self> {
        let plain = path.strip_prefix(r"\\?\").unwrap_or(path);
        let (drive, rest) = match plain.as_bytes() {
            [letter, b':', ..] if letter.is_ascii_alphabetic() => {
                (Some(letter.to_ascii_lowercase()), plain.get(2..)?)
            }
            [_, ..] | [] => (None, plain),
        };
        let separates: &[char] = if drive.is_some() || rest.starts_with('\\') {
            &['/', '\\']
        } else {
            &['/']
        };
        if !rest.starts_with(separates) {
            return None;
        }
        let components: Vec<String> = rest
            .split(separates)
            .filter(|part| !part.is_empty())
            .map(|part| {
                if drive.is_some() {
                    part.to_lowercase()
                } else {
                    part.to_owned()
                }
            })
            .collect();
        (!components.is_empty()).then_some(Self { drive, components })
    }

    /// Returns how many components it has.
    pub(in super::super) fn depth(&self) -> usize {
        self.components.len()
    }

    /// Returns the component that a text is searched for, and whether it stands in any case.
    pub(in super::super) fn anchor(&self) -> (&str, bool) {
        let first = self.components.first().map_or("", String::as_str);
        (first, self.drive.is_some())
    }

    /// Returns where the directory is named whose first component begins at a place.
    pub(in super::super) fn at(&self, text: &str, anchor: usize) -> Option<Place> {
        let slashes = separators_back(text, anchor)?;
        let start = match self.drive {
            None => root(text, slashes)?,
            Some(letter) => self.drive_start(text, slashes, letter)?,
        };
        let mut end = anchor;
        for (at, component) in self.components.iter().enumerate() {
            if at > 0 {
                end = separators(text, end)?;
            }
            end = if self.drive.is_some() {
                folded_end(text, end, component)?
            } else {
                text.get(end..)?
                    .starts_with(component.as_str())
                    .then_some(end + component.len())?
            };
        }
        component_ends(text, end).then_some(Place { start, end })
    }

    /// `C:\x`, `/c/x` and `/mnt/c/x` are one place.
    fn drive_start(&self, text: &str, slashes: usize, letter: u8) -> Option<usize> {
        let last = slashes.checked_sub(1)?;
        if let Some(drive) = drive(text, slashes) {
            let same = byte(text, drive)?.eq_ignore_ascii_case(&letter);
            return same.then_some(drive);
        }
        if !byte(text, last)?.eq_ignore_ascii_case(&letter) {
            return None;
        }
        let mount = separators_back(text, last)?;
        let head = text.get(..mount)?;
        ["/mnt", "/cygdrive", ""]
            .iter()
            .filter_map(|prefix| head.strip_suffix(prefix))
            .find_map(|head| root(text, head.len()))
    }
}
