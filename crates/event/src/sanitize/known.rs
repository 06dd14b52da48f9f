//! What an identity adds to the rules: which of its values can be told from ordinary text.

use super::chars::after;
use super::common::{Weight, is_everybodys, weigh};
use super::find::path::{Directory, separators};
use super::find::word::Name;
use super::find::{Found, Instead};
use super::identity::Identity;
use super::rule::Rule;

/// The fewest bytes of a full name.
const SHORTEST_NAME: usize = 5;
/// Directories of one component that programs run in everywhere: as a home they are nobody's.
const NOBODYS_HOME: &[&str] = &[
    "app",
    "bin",
    "dev",
    "etc",
    "home",
    "nonexistent",
    "opt",
    "tmp",
    "users",
    "usr",
    "var",
];

/// One value of an identity.
#[derive(Clone)]
pub(super) enum Known {
    /// A home directory that the general rule doesn't find.
    Home(Directory),
    /// The root of a worktree.
    Workspace(Directory),
    /// A login, a host or a full name.
    Name(Name),
    /// An e-mail address, in lower case.
    Email(String),
}

/// Returns what an identity says that can be told apart.
pub(super) fn of(identity: &Identity) -> Vec<Known> {
    let mut all: Vec<Known> = workspaces(identity)
        .into_iter()
        .map(Known::Workspace)
        .collect();
    all.extend(home(identity).map(Known::Home));
    all.extend(names(identity).into_iter().map(Known::Name));
    all.extend(email(identity).map(Known::Email));
    all
}

/// The roots, the longest first: a worktree inside another has its own paths.
fn workspaces(identity: &Identity) -> Vec<Directory> {
    let mut roots: Vec<Directory> = identity
        .workspaces
        .iter()
        .filter_map(|root| Directory::new(root))
        .collect();
    roots.sort_by_key(|root| std::cmp::Reverse(root.depth()));
    roots
}

fn home(identity: &Identity) -> Option<Directory> {
    let path = identity.home.as_deref()?;
    let directory = Directory::new(path)?;
    let nobodys = directory.depth() == 1
        && NOBODYS_HOME.contains(&directory.anchor().0.to_lowercase().as_str());
    (!nobodys).then_some(directory)
}

fn names(identity: &Identity) -> Vec<Name> {
    let mut names = Vec::new();
    if let Some(host) = &identity.host {
        let host = host.trim().trim_end_matches('.').to_lowercase();
        let short = host.split('.').next().unwrap_or_default();
        // A domain tells even a common host from ordinary text.
        if short.len() < host.len()
            && host.parse::<std::net::IpAddr>().is_err()
            && !is_everybodys(&host)
            && short != "localhost"
        {
            names.push(word(Rule::Host, Weight::Anywhere, &host));
        }
        names.push(word(Rule::Host, weigh(short), short));
    }
    if let Some(login) = &identity.login {
        // Windows says DOMAIN\login.
        let login = login
            .trim()
            .rsplit('\\')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        names.push(word(Rule::Login, weigh(&login), &login));
    }
    if let Some(name) = &identity.name {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        let weight = match words.as_slice() {
            [] => Weight::Never,
            [one] => weigh(one),
            [..] if words.iter().all(|word| is_everybodys(word)) => Weight::Never,
            [..] if words.concat().len() < SHORTEST_NAME => Weight::Never,
            [..] => Weight::Anywhere,
        };
        names.push(Name {
            rule: Rule::Name,
            weight,
            words,
        });
    }
    names.retain(|name| name.weight != Weight::Never);
    names
}

fn word(rule: Rule, weight: Weight, word: &str) -> Name {
    Name {
        rule,
        weight,
        words: vec![word.to_owned()],
    }
}

/// An address that the general rule may not take for one: `alice@box`.
fn email(identity: &Identity) -> Option<String> {
    let email = identity.email.as_deref()?.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then_some(email)
}

/// A path inside the workspace becomes relative: its root goes with the separator behind it, or becomes `.`.
fn workspace(directory: &Directory, text: &str, at: usize) -> Option<Found> {
    let place = directory.at(text, at)?;
    let mut found = Found::new(place.start, place.end, Rule::Workspace);
    let rest = separators(text, place.end).filter(|rest| goes_on(text, *rest));
    match rest {
        Some(rest) => {
            found.end = rest;
            found.instead = Instead::Nothing;
        }
        // `/app` by itself is a word of ordinary text.
        None if directory.depth() == 1 && text.len() > place.end - place.start => return None,
        None => found.instead = Instead::Dot,
    }
    Some(found)
}

/// Whether a path goes on at a place, behind a separator.
fn goes_on(text: &str, at: usize) -> bool {
    const ENDS: &[char] = &['"', '\'', '`', ',', ';', ':', ')', ']', '}', '>', '|'];
    after(text, at).is_some_and(|c| !c.is_whitespace() && !ENDS.contains(&c))
}

impl Known {
    /// Returns how the value begins, in lower case where any case counts, and whether it does.
    pub(super) fn beginning(&self) -> (&str, bool) {
        match self {
            Self::Home(directory) | Self::Workspace(directory) => directory.anchor(),
            Self::Name(name) => (name.words.first().map_or("", String::as_str), true),
            Self::Email(email) => (email.as_str(), true),
        }
    }

    /// Finds the value at a place, at which its beginning stands.
    pub(super) fn at(&self, text: &str, at: usize) -> Option<Found> {
        match self {
            Self::Home(directory) => {
                let place = directory.at(text, at)?;
                Some(Found::new(place.start, place.end, Rule::Home))
            }
            Self::Workspace(directory) => workspace(directory, text, at),
            Self::Name(name) => name.at(text, at),
            Self::Email(email) => word(Rule::Email, Weight::Anywhere, email).at(text, at),
        }
    }
}
