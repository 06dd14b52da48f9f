//! Shows what the sanitizer takes out of a folder, one redaction a line, to be read by eye.
//!
//! `PAWTRAIL_CORPUS=FOLDER cargo run -p pawtrail-event --example redactions -- [--home X] [--workspace X] [--host X]
//! [--login X] [--name X] [--email X] [--but RULE]... [--take N]`
//!
//! A line says where, the rule, and what stands around the marker, 40 characters to either side; between `{` and `}`
//! behind the marker stands what was taken out. Files are read line by line in the order of their paths, so that two
//! runs print the same. `--but` leaves a rule out; `--take N` prints N of them, evenly apart. The last line counts.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use pawtrail_event::sanitize::{Identity, Rule, Sanitizer};

/// How much of a line is shown on either side, in characters.
const AROUND: usize = 40;

struct Options {
    identity: Identity,
    but: Vec<String>,
    take: Option<usize>,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        identity: Identity::default(),
        but: Vec::new(),
        take: None,
    };
    let identity = &mut options.identity;
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--home" => identity.home = Some(value),
            "--workspace" => identity.workspaces.push(value),
            "--host" => identity.host = Some(value),
            "--login" => identity.login = Some(value),
            "--name" => identity.name = Some(value),
            "--email" => identity.email = Some(value),
            "--but" => options.but.push(value),
            "--take" => options.take = Some(value.parse()?),
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    Ok(options)
}

/// Returns the files below a folder, in the order of their paths.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the line without what is private, as the sanitizer writes it; what isn't JSON as text.
fn cleaned(rules: &Sanitizer, line: &str) -> String {
    match rules.line(line) {
        Ok(clean) => clean.into_owned(),
        Err(_) => rules.text(line).into_owned(),
    }
}

/// One redaction of a line.
struct Redaction {
    rule: Rule,
    shown: String,
}

/// Lays the line and what became of it side by side, and shows each redaction.
fn redactions(rules: &Sanitizer, line: &str) -> Vec<Redaction> {
    let findings = rules.findings(line.as_bytes());
    if findings.is_empty() {
        return Vec::new();
    }
    let clean = cleaned(rules, line);
    let mut shown = Vec::new();
    // Up to where both were laid side by side.
    let (mut read, mut written) = (0, 0);
    for (index, finding) in findings.iter().enumerate() {
        written += finding.at - read;
        let rest = clean.get(written..).unwrap_or_default();
        let marker = finding.rule.marker();
        // The root itself is a dot; before `.git` and its like it is nothing.
        let is_root = finding.rule == Rule::Workspace
            && rest
                .strip_prefix('.')
                .is_some_and(|next| !next.starts_with(char::is_alphanumeric));
        let instead = if is_root {
            "."
        } else if rest.starts_with(&marker) {
            marker.as_str()
        } else {
            ""
        };
        written += instead.len();
        // What was taken out ends where both go on alike, up to the next redaction.
        let next = findings.get(index + 1).map_or(line.len(), |next| next.at);
        let end = (finding.at..=next)
            .find(|end| {
                let alike = line.get(*end..next);
                alike
                    .is_some_and(|alike| clean.get(written..).is_some_and(|c| c.starts_with(alike)))
            })
            .unwrap_or(next);
        let before: Vec<char> = line.get(..finding.at).unwrap_or_default().chars().collect();
        let before = before.get(before.len().saturating_sub(AROUND)..);
        let after = line.get(end..).unwrap_or_default().chars().take(AROUND);
        shown.push(Redaction {
            rule: finding.rule,
            shown: format!(
                "{}{marker}{{{}}}{}",
                before.unwrap_or_default().iter().collect::<String>(),
                line.get(finding.at..end).unwrap_or_default(),
                after.collect::<String>()
            ),
        });
        read = end;
    }
    shown
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    let folder = std::env::var_os("PAWTRAIL_CORPUS").ok_or("PAWTRAIL_CORPUS names no folder")?;
    let folder = PathBuf::from(folder);
    let rules = Sanitizer::new(&options.identity);
    let mut all = Vec::new();
    for file in files(&folder)? {
        let bytes = std::fs::read(&file)?;
        let name = file.strip_prefix(&folder)?.display().to_string();
        for (number, line) in String::from_utf8_lossy(&bytes).split('\n').enumerate() {
            for one in redactions(&rules, line) {
                if !options.but.iter().any(|rule| rule == one.rule.name()) {
                    all.push((format!("{name}:{}", number + 1), one));
                }
            }
        }
    }
    let take = options.take.unwrap_or(all.len()).min(all.len());
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, (place, one)) in all.iter().enumerate() {
        let count = counts.entry(one.rule.name()).or_default();
        count.0 += 1;
        // The places at which `index * take / all` grows lie evenly apart.
        if index * take / all.len() != (index + 1) * take / all.len() {
            count.1 += 1;
            println!("{place} {} | {}", one.rule.name(), one.shown);
        }
    }
    for (rule, (found, printed)) in counts {
        println!("{rule}: {found} found, {printed} printed");
    }
    Ok(())
}
