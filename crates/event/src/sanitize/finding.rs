//! What an audit says of a line: which rules would act, and where; never on what.

use memchr::memmem;

use super::members::{Member, PRIVATE_KEYS, SESSION_END, SESSION_START};
use super::rule::Rule;
use super::{Sanitizer, line, scan};

/// That a rule would act, and where; never on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where, in bytes from the start of the line.
    pub at: usize,
    /// The rule.
    pub rule: Rule,
}

/// Returns which rules would act on a line, in order.
pub(super) fn findings(rules: &Sanitizer, bytes: &[u8]) -> Vec<Finding> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(edits) = line::edits(rules, text)
    {
        let causes = edits.iter().filter_map(|edit| edit.cause);
        let mut findings: Vec<Finding> = causes.map(|(rule, at)| Finding { at, rule }).collect();
        findings.sort_unstable();
        return findings;
    }
    let mut findings = fields(bytes);
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let found = scan::find(rules.triggers(), chunk.valid());
        findings.extend(found.iter().map(|one| Finding {
            at: at + one.start,
            rule: one.rule,
        }));
        at += chunk.valid().len() + chunk.invalid().len();
    }
    findings.sort_unstable();
    findings
}

/// Finds the keys that go, in what is no whole document: a line of a file that is written over several.
fn fields(bytes: &[u8]) -> Vec<Finding> {
    let keys = PRIVATE_KEYS.iter().chain(&[SESSION_START, SESSION_END]);
    keys.flat_map(|key| {
        let quoted = format!("\"{key}\"");
        let rule = if Member::of(key) == Member::Private {
            Rule::PrivateField
        } else {
            Rule::SessionTime
        };
        let places: Vec<usize> = memmem::find_iter(bytes, quoted.as_bytes()).collect();
        let length = quoted.len();
        places.into_iter().filter_map(move |at| {
            let rest = bytes.get(at + length..)?;
            let next = rest.iter().find(|b| !b.is_ascii_whitespace());
            (next == Some(&b':')).then_some(Finding { at, rule })
        })
    })
    .collect()
}
