//! What must hold of any bytes: the body of a property here and of the fuzz target.

use super::pawtrail_event::sanitize::{Identity, Sanitizer};
use serde_json::Value;

/// Fails where the sanitizer panics, isn't done after one turn, or says two things of one line.
pub(crate) fn never_fails(bytes: &[u8]) {
    let rules = Sanitizer::new(&Identity {
        home: Some("/home/alice".to_owned()),
        workspaces: vec!["/srv/code/trail".to_owned()],
        host: Some("alicebox".to_owned()),
        login: Some("alice".to_owned()),
        name: Some("Alice Archer".to_owned()),
        email: Some("alice@alicebox".to_owned()),
    });
    let findings = rules.findings(bytes);
    assert!(findings.is_sorted());
    assert!(findings.iter().all(|one| one.at <= bytes.len()));
    let text = String::from_utf8_lossy(bytes);
    let once = rules.text(&text).into_owned();
    assert_eq!(rules.text(&once), once, "{text:?}");
    let Ok(line) = rules.line(&text) else {
        return;
    };
    assert_eq!(rules.line(&line).ok().as_deref(), Some(&*line), "{text:?}");
    assert_eq!(rules.findings(line.as_bytes()), []);
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert!(serde_json::from_str::<Value>(&line).is_ok(), "{text:?}");
        let written = value.to_string();
        let is_clean = rules.line(&written).is_ok_and(|same| same == written);
        assert_eq!(
            rules.sanitize(&value).value() == &value,
            is_clean,
            "{text:?}"
        );
    }
}
