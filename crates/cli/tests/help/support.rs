//! What the help shows: every visible command with what stands below it and its flags.

use std::path::Path;

use pawtrail_testkit::{Pawtrail, Scratch};

/// A command as its help shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    /// `decision`, `answer`; none for the program.
    pub(crate) words: Vec<String>,
    /// The commands below it.
    pub(crate) below: Vec<String>,
    /// `-v`, `--verbose`.
    pub(crate) flags: Vec<String>,
}

/// A scratch area with an empty directory, which is no repository.
pub(crate) fn outside() -> (Scratch, Pawtrail, std::path::PathBuf) {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let dir = scratch.path().join("plain");
    std::fs::create_dir(&dir).unwrap();
    (scratch, pawtrail, dir)
}

/// Every command that the help leads to, the program first.
pub(crate) fn all_shown(pawtrail: &Pawtrail, dir: &Path) -> Vec<Shown> {
    let mut all = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let shown = shown(pawtrail, dir, words);
        for name in &shown.below {
            open.push([shown.words.as_slice(), std::slice::from_ref(name)].concat());
        }
        all.push(shown);
    }
    let names: Vec<String> = all.iter().map(|one| one.words.join(" ")).collect();
    assert!(names.iter().any(|name| name == "hub token create"));
    assert!(names.iter().all(|name| name != "merge-events"), "hidden");
    all
}

fn shown(pawtrail: &Pawtrail, dir: &Path, words: Vec<String>) -> Shown {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push("-h");
    let help = pawtrail.run_in(dir, &args).expect_status(0).stdout;
    let mut below = Vec::new();
    let mut flags = Vec::new();
    let mut among_commands = false;
    for line in help.lines() {
        if !line.starts_with(' ') {
            among_commands = line == "Commands:";
        }
        let words = line.split_whitespace();
        if among_commands && line.starts_with("  ") && !line.starts_with("   ") {
            below.extend(words.take(1).map(str::to_owned));
        } else if line.trim_start().starts_with('-') {
            let named = words.take_while(|word| word.starts_with('-'));
            flags.extend(named.map(|word| word.trim_matches(['.', ',']).to_owned()));
        }
    }
    assert!(flags.iter().any(|flag| flag == "--json"), "{help}");
    Shown {
        words,
        below,
        flags,
    }
}

/// Says whether a program is installed; aloud where it isn't.
#[allow(clippy::print_stderr)]
pub(crate) fn installed(program: &str) -> bool {
    let tried = std::process::Command::new(program)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    if tried.is_err() {
        eprintln!("SKIPPED: {program} is not installed");
    }
    tried.is_ok()
}
