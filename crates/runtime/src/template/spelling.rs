//! Whether an unknown key is a known one, misspelled.

/// Returns the known key that an unknown one most likely stands for.
pub(super) fn meant(unknown: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = |key: &str| key.to_lowercase().replace('-', "_");
    let wrong = plain(unknown);
    let allowed = if wrong.chars().count() < 6 { 1 } else { 2 };
    known
        .iter()
        .map(|key| (distance(&wrong, &plain(key)), *key))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, key)| key)
}

/// Whether two ids are so alike that one is likely a slip of the other.
pub(super) fn near(wrong: &str, known: &str) -> bool {
    known.len() >= 4 && distance(&wrong.to_lowercase(), &known.to_lowercase()) <= 1
}

/// How many letters have to be added, removed or replaced.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().take(64).enumerate() {
        let mut before = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (place, other) in row.iter_mut().skip(1).zip(&to) {
            let replaced = before + usize::from(letter != *other);
            before = *place;
            left = replaced.min(before + 1).min(left + 1);
            *place = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (from, to, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("depend_on", "depends_on", 1),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(from, to), count, "{from} {to}");
        }
    }

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
