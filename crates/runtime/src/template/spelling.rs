//! Whether an unknown key is a known one, misspelled.

use strsim::levenshtein;

/// Returns the known key that an unknown one most likely stands for.
pub(super) fn meant(unknown: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = |key: &str| key.to_lowercase().replace('-', "_");
    // No known key is nearly as long.
    let wrong: String = plain(unknown).chars().take(64).collect();
    let allowed = if wrong.chars().count() < 6 { 1 } else { 2 };
    known
        .iter()
        .map(|key| (levenshtein(&wrong, &plain(key)), *key))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, key)| key)
}

/// Whether two ids are so alike that one is likely a slip of the other.
pub(super) fn near(wrong: &str, known: &str) -> bool {
    let alike = known.len() >= 4 && wrong.len().abs_diff(known.len()) <= 4;
    alike && levenshtein(&wrong.to_lowercase(), &known.to_lowercase()) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_key_names_the_known_one() {
        let known = ["depends_on", "title", "id", "requires_inputs"];
        for (wrong, right) in [
            ("depend_on", Some("depends_on")),
            ("Depends-On", Some("depends_on")),
            ("require_input", Some("requires_inputs")),
            ("titel", None),
            ("tile", Some("title")),
            ("order", None),
            ("name", None),
        ] {
            assert_eq!(meant(wrong, &known), right, "{wrong}");
        }
    }
}
