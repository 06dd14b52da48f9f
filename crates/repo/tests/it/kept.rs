//! What git and the user keep in index and checkout stays: line ends, marks, forms, times.

use std::fs;

use pawtrail_testkit::{Repo, Scratch};

use super::support::{calm, decide, kept_by_the_next_commit, ledger_file, open};

fn feature(scratch: &Scratch) -> Repo {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo
}

#[test]
fn line_ends_of_the_checkout_stay_out_of_the_branch() {
    for attributes in [None, Some("*.jsonl text eol=crlf\n")] {
        let scratch = Scratch::new();
        let repo = feature(&scratch);
        match attributes {
            Some(text) => drop(repo.commit_file(".gitattributes", text, "attributes")),
            None => drop(repo.git(&["config", "core.autocrlf", "true"])),
        }
        let project = open(&repo);
        let (mission, done) = calm(&repo, &project, "ends");
        let path = &done.receipt.path;
        fs::remove_file(repo.path().join(path)).unwrap();
        repo.git(&["checkout", "--", path]);
        assert!(repo.read(path).unwrap().contains("\r\n"));
        decide(&repo, &project, &mission, "Plain?");
        let other = r#"{"at":"2026-01-01T00:00:00+00:00","event_id":"01KT119YA7GD2Y0D7MZRH5JSS3","event_type":"Other","payload":{}}"#;
        let text = repo.read(path).unwrap();
        repo.write(path, format!("{text}{other}\r\n"));
        let last = decide(&repo, &project, &mission, "Of another tool?");
        let file = ledger_file(&repo, &last);
        assert!(!file.contains('\r'));
        assert_eq!(file.lines().count(), 7);
        assert_eq!(repo.status_v2(), "");
        kept_by_the_next_commit(&repo, &last);
    }
}

#[test]
fn marks_of_the_user_on_the_entry_stay() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let (mission, done) = calm(&repo, &project, "marks");
    let path = &done.receipt.path;
    repo.git(&["update-index", "--assume-unchanged", path]);
    decide(&repo, &project, &mission, "Kept?");
    let marked = repo.git(&["ls-files", "-v", path]);
    assert!(marked.starts_with("h "), "{marked}");
}

/// The extensions of the index, by name.
fn extensions(repo: &Repo) -> Vec<&'static str> {
    let index = fs::read(repo.path().join(".git/index")).unwrap();
    ["TREE", "EOIE", "IEOT"]
        .into_iter()
        .filter(|name| index.windows(4).any(|part| part == name.as_bytes()))
        .collect()
}

#[test]
fn an_index_stays_as_git_wrote_it_but_for_our_entries() {
    let eoie = [
        ("index.threads", "4"),
        ("index.recordEndOfIndexEntries", "true"),
        ("index.recordOffsetTable", "true"),
    ];
    let unchecked = [("index.skipHash", "true")];
    let none: [(&str, &str); 0] = [];
    for settings in [&none[..], &eoie, &unchecked] {
        for hash in ["sha1", "sha256"] {
            let scratch = Scratch::new();
            let repo = scratch.empty_repo("r");
            fs::remove_dir_all(repo.path().join(".git")).unwrap();
            let format = format!("--object-format={hash}");
            repo.git(&["init", "-q", &format, "-b", "feature"]);
            for (name, value) in settings {
                repo.git(&["config", name, value]);
            }
            repo.many_files(205);
            repo.commit_file(&format!("{}.txt", "long/".repeat(60)), "deep\n", "deep");
            let project = open(&repo);
            let (mission, _) = calm(&repo, &project, "plain");
            // Git writes it anew, with all that it caches, in two versions.
            repo.git(&["reset", "-q", "--hard"]);
            for version in ["2", "3"] {
                if version == "3" {
                    repo.write("named.txt", "n\n");
                    repo.git(&["add", "--intent-to-add", "named.txt"]);
                }
                let index = fs::read(repo.path().join(".git/index")).unwrap();
                assert_eq!(index[7].to_string(), version);
                let before = (extensions(&repo), known_of_others(&repo));
                let last = decide(&repo, &project, &mission, version);
                assert_eq!(
                    (extensions(&repo), known_of_others(&repo)),
                    before,
                    "{settings:?}, {hash}"
                );
                assert_eq!(
                    repo.git(&["write-tree"]),
                    repo.git(&["rev-parse", "HEAD^{tree}"])
                );
                kept_by_the_next_commit(&repo, &last);
            }
        }
    }
}

/// All that the index knows of other files than the mission's, times included.
fn known_of_others(repo: &Repo) -> Vec<String> {
    let text = repo.git(&["ls-files", "-s", "-v", "--debug"]);
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        match found.last_mut() {
            Some(entry) if line.starts_with("  ") => entry.push_str(line),
            Some(_) | None => found.push(line.to_owned()),
        }
    }
    found.retain(|entry| !entry.contains("kitty-specs/"));
    found
}

#[test]
fn a_change_that_only_the_content_shows_is_still_seen() {
    use std::time::{Duration, SystemTime};
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    // The inode's own time would give the change away.
    repo.git(&["config", "core.trustctime", "false"]);
    let project = open(&repo);
    let (mission, _) = calm(&repo, &project, "racy");
    let then = SystemTime::now() - Duration::from_secs(60);
    let at_that_time = |name: &str| {
        let path = repo.path().join(name);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(then).unwrap();
    };
    repo.write("README.md", "one\n");
    at_that_time("README.md");
    repo.git(&["add", "README.md"]);
    at_that_time(".git/index");
    // As long as before, and in the same instant.
    repo.write("README.md", "two\n");
    at_that_time("README.md");
    let status = repo.status_v2();
    assert!(status.starts_with("1 MM "), "{status}");
    decide(&repo, &project, &mission, "Seen?");
    assert_eq!(repo.status_v2(), status);
}
