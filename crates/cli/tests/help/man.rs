//! `man`: a whole page for each visible command, which roff reads without a complaint.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use pawtrail_testkit::{Pawtrail, files_below, text};

use crate::support::{all_shown, installed, outside};

/// The requests that a page may be made of.
const REQUESTS: [&str; 13] = [
    ".ie", ".el", ".TH", ".SH", ".PP", ".TP", ".IP", ".RS", ".RE", ".br", ".nf", ".fi", ".SS",
];

/// Writes the pages; returns them by file name.
fn written(pawtrail: &Pawtrail, dir: &Path) -> BTreeMap<String, String> {
    let (status, document) = pawtrail.json_in(dir, &["man", "--dir", "made/man1"]);
    assert_eq!(status, 0, "{document:#}");
    let paths = document["data"]["pages"].as_array().unwrap();
    let told: BTreeSet<PathBuf> = paths.iter().map(text).map(PathBuf::from).collect();
    assert_eq!(told.len(), paths.len());
    let found = files_below(dir);
    assert_eq!(
        told,
        found.keys().cloned().collect(),
        "what is told is all there is"
    );
    found
        .into_iter()
        .map(|(path, page)| {
            let name = path.strip_prefix(dir.join("made/man1")).unwrap();
            let name = name.to_str().unwrap().to_owned();
            (name, String::from_utf8(page).unwrap())
        })
        .collect()
}

#[test]
fn each_visible_command_has_a_page_and_no_other() {
    let (_scratch, pawtrail, dir) = outside();
    let pages = written(&pawtrail, &dir);
    let all = all_shown(&pawtrail, &dir);
    let name = |words: &[String]| {
        let program = [String::from("pawtrail")];
        [program.as_slice(), words].concat().join("-")
    };
    let expected: BTreeSet<String> = all
        .iter()
        .map(|shown| format!("{}.1", name(&shown.words)))
        .collect();
    assert_eq!(pages.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for shown in &all {
        let name = name(&shown.words);
        let page = &pages[&format!("{name}.1")];
        let title = format!("\n.TH {name} 1 ");
        assert!(page.contains(&title), "{page}");
        for flag in &shown.flags {
            let flag = format!("\\fB{}\\fR", flag.replace('-', "\\-"));
            assert!(page.contains(&flag), "{name} lacks {flag}");
        }
        for below in &shown.below {
            let below = format!("{}\\-{below}(1)\n", name.replace('-', "\\-"));
            assert!(page.contains(&below), "{name} lacks {below}");
        }
    }
}

#[test]
fn a_page_alone_is_that_of_the_program() {
    let (_scratch, pawtrail, dir) = outside();
    let printed = pawtrail.run_in(&dir, &["man"]).expect_status(0).stdout;
    let (status, document) = pawtrail.json_in(&dir, &["man"]);
    assert_eq!(status, 0);
    assert_eq!(document["data"]["page"], printed.as_str());
    assert_eq!(files_below(&dir), BTreeMap::new());
    assert_eq!(written(&pawtrail, &dir)["pawtrail.1"], printed);
}

#[test]
fn no_text_is_taken_for_a_request_and_roff_has_no_complaint() {
    let (_scratch, pawtrail, dir) = outside();
    let pages = written(&pawtrail, &dir);
    for (name, page) in &pages {
        let heads = page.lines().filter(|line| line.starts_with(['.', '\'']));
        for line in heads {
            let request = line.split(' ').next().unwrap();
            assert!(REQUESTS.contains(&request), "{name}: {line}");
        }
        assert!(page.starts_with(".ie") && page.ends_with('\n'), "{name}");
        assert!(page.contains("\n.SH NAME\n") && page.contains("\n.SH SYNOPSIS\n"));
    }
    if !installed("groff") {
        return;
    }
    let made = dir.join("made/man1");
    let set = |name: &str| {
        let set = Command::new("groff")
            .args(["-k", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=200n"])
            .arg(made.join(name))
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let stderr = String::from_utf8(set.stderr).unwrap();
        assert!(
            set.status.success() && stderr.is_empty(),
            "{name}: {stderr}"
        );
        String::from_utf8(set.stdout).unwrap()
    };
    for name in pages.keys() {
        set(name);
    }
    // What a reader copies is what was written.
    let delegate = set("pawtrail-next-delegate.1");
    let example = "\n           pawtrail next delegate '*' --rationale \"a rehearsal\" --mission payments \
         --actor-type human --actor lead\n";
    assert!(delegate.contains(example), "{delegate}");
    let next = set("pawtrail-next.1");
    let synopsis = "\n       pawtrail next [OPTIONS]\n       pawtrail next <COMMAND>\n";
    assert!(next.contains(synopsis), "{next}");
}

#[test]
fn a_page_that_is_there_is_replaced_and_read_by_everybody() {
    let (_scratch, pawtrail, dir) = outside();
    let made = dir.join("made/man1");
    std::fs::create_dir_all(&made).unwrap();
    let page = made.join("pawtrail.1");
    std::fs::write(&page, "half a pa").unwrap();
    let said = pawtrail
        .run_in(
            dir.parent().unwrap(),
            &["-C", "plain", "man", "--dir", "made/man1"],
        )
        .expect_status(0)
        .stdout;
    let count = files_below(&made).len();
    assert!(said.contains(&format!("Wrote {count} pages.")), "{said}");
    assert!(said.contains(made.to_str().unwrap()), "{said}");
    assert!(std::fs::read_to_string(&page).unwrap().ends_with("demo\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let probe = dir.join("probe");
        std::fs::write(&probe, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&page), mode(&probe));
    }
}

/// The error of a directory that doesn't take the pages; its next command works, and nothing was left half made.
#[track_caller]
fn refused(pawtrail: &Pawtrail, dir: &Path, pages: &str, exit: i32, code: &str) -> String {
    let before = files_below(dir);
    let (status, document) = pawtrail.json_in(dir, &["man", "--dir", pages]);
    let error = &document["error"];
    assert_eq!(
        (status, &error["code"]),
        (exit, &code.into()),
        "{document:#}"
    );
    assert_eq!(files_below(dir), before);
    let step = text(&error["next_step"]);
    let words: Vec<&str> = step.split(' ').collect();
    assert_eq!(words[..2], ["pawtrail", "man"], "{step}");
    pawtrail.run_in(dir, &words[1..]).expect_status(0);
    text(&error["message"])
}

#[test]
fn a_directory_that_takes_no_pages_is_told_with_cause_and_next_command() {
    let (_scratch, pawtrail, dir) = outside();
    std::fs::write(dir.join("file"), "text").unwrap();
    let said = refused(&pawtrail, &dir, "file", 2, "INVALID_ARGUMENT");
    assert!(said.contains("file is no directory"), "{said}");
    let said = refused(&pawtrail, &dir, "file/man1", 1, "IO");
    assert!(said.contains("file"), "{said}");
    // One page can't be put in its place; those before it are whole, and nothing else was left.
    std::fs::create_dir_all(dir.join("taken/pawtrail.1/inner")).unwrap();
    let said = refused(&pawtrail, &dir, "taken", 1, "IO");
    assert!(said.contains("pawtrail.1"), "{said}");
    if cfg!(target_os = "linux") {
        // Not even root makes a file here.
        for pages in ["/proc", "/proc/man1"] {
            let said = refused(&pawtrail, &dir, pages, 1, "IO");
            assert!(said.contains("/proc"), "{said}");
        }
    }
}
