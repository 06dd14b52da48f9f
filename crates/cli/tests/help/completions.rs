//! `completions`: each script knows every visible command with its flags, and that of bash really completes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::{Shown, all_shown, installed, outside};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// How a script begins what it knows of one command.
fn mark(shell: &str, shown: &Shown) -> String {
    let joined = |separator: &str| {
        let words = std::iter::once("pawtrail").chain(shown.words.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(separator)
    };
    match (shell, shown.words.last()) {
        ("bash", _) => format!("\n        {})\n", joined("__subcmd__")),
        ("zsh", _) => format!("_{}_commands() {{", joined("__subcmd__")),
        ("powershell", _) => format!("'{}' {{", joined(";")),
        ("elvish", _) => format!("&'{}'= {{", joined(";")),
        ("fish", Some(last)) => format!(" -a \"{last}\" -d '"),
        ("fish", None) => "complete -c pawtrail ".to_owned(),
        (other, _) => panic!("{other} is no shell"),
    }
}

/// What a script knows of the command of a mark, where that stands in one place.
fn known<'s>(shell: &str, script: &'s str, mark: &str) -> &'s str {
    if !matches!(shell, "powershell" | "elvish") {
        return script;
    }
    let (_, behind) = script.split_once(mark).unwrap();
    behind.split("'pawtrail;").next().unwrap_or(behind)
}

#[test]
fn each_script_names_every_visible_command_and_its_flags() {
    let (_scratch, pawtrail, dir) = outside();
    let all = all_shown(&pawtrail, &dir);
    for shell in SHELLS {
        let script = pawtrail
            .run_in(&dir, &["completions", shell])
            .expect_status(0)
            .stdout;
        for shown in &all {
            let mark = mark(shell, shown);
            assert!(script.contains(&mark), "{shell} lacks {mark}");
            // Its generator leaves out the options of commands below commands below commands.
            if shell == "fish" && shown.words.len() > 2 {
                continue;
            }
            let known = known(shell, &script, &mark);
            for flag in &shown.flags {
                let written = match (shell, flag.trim_start_matches('-')) {
                    ("fish", name) if name.len() == 1 => format!(" -s {name} "),
                    ("fish", name) => format!(" -l {name} "),
                    (_, _) => flag.clone(),
                };
                assert!(
                    known.contains(&written),
                    "{shell} lacks {flag} of {:?}",
                    shown.words
                );
            }
        }
        for hidden in ["merge-events", "background"] {
            assert!(!script.contains(hidden), "{shell} offers {hidden}");
        }
        let (status, document) = pawtrail.json_in(&dir, &["completions", shell]);
        assert_eq!(status, 0);
        assert_eq!(document["data"]["shell"], shell);
        assert_eq!(document["data"]["script"], script.as_str());
    }
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
}

/// Runs bash on its script, and says what it offers for each line; the last word is the one to complete.
#[cfg(unix)]
fn offered(script: &Path, lines: &[Vec<&str>]) -> Vec<BTreeSet<String>> {
    let mut program = String::from(
        "set -e; source \"$1\"; complete -p pawtrail | grep -q -- '-F _pawtrail'\n\
         ask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _pawtrail \"$1\" \"${!#}\" \"${@: -2:1}\" || true\n\
         echo \"${COMPREPLY[*]}\"; }\n",
    );
    for line in lines {
        let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
        program.push_str(&format!("ask pawtrail {}\n", words.join(" ")));
    }
    let ran = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", &program, "bash"])
        .arg(script)
        .output()
        .unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success() && stderr.is_empty(), "{stderr}");
    let stdout = String::from_utf8(ran.stdout).unwrap();
    let offered: Vec<_> = stdout
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    assert_eq!(offered.len(), lines.len());
    offered
}

#[cfg(unix)]
#[test]
fn bash_completes_every_command_and_flag() {
    let (scratch, pawtrail, dir) = outside();
    let script = scratch.path().join("pawtrail.bash");
    let said = pawtrail
        .run_in(&dir, &["completions", "bash"])
        .expect_status(0);
    std::fs::write(&script, said.stdout).unwrap();
    let checked = Command::new("bash")
        .arg("-n")
        .arg(&script)
        .output()
        .unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty());

    let begun = [
        vec!["deci"],
        vec!["decision", "an"],
        vec!["decision", "answer", "--actor-t"],
        vec!["decision", "answer", "--actor-type", "hu"],
        vec!["completions", ""],
        vec!["merge"],
        vec!["schema", "local-commit-"],
    ];
    let found = offered(&script, &begun);
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let expected: [BTreeSet<String>; 4] = [
        set(&["decision"]),
        set(&["answer"]),
        set(&["--actor-type"]),
        set(&["human"]),
    ];
    assert_eq!(found[..4], expected);
    assert!(SHELLS.iter().all(|shell| found[4].contains(*shell)));
    assert_eq!(found[5], BTreeSet::new());
    assert_eq!(found[6], set(&["local-commit-ack"]));

    let all = all_shown(&pawtrail, &dir);
    let lines: Vec<Vec<&str>> = all
        .iter()
        .map(|shown| {
            let words = shown.words.iter().map(String::as_str);
            words.chain(std::iter::once("")).collect()
        })
        .collect();
    for (shown, found) in all.iter().zip(offered(&script, &lines)) {
        let flags: BTreeSet<String> = shown.flags.iter().cloned().collect();
        let (found_flags, others): (BTreeSet<String>, BTreeSet<String>) =
            found.into_iter().partition(|word| word.starts_with('-'));
        assert_eq!(found_flags, flags, "{:?}", shown.words);
        if !shown.below.is_empty() {
            let below: BTreeSet<String> = shown.below.iter().cloned().collect();
            assert_eq!(others, below, "{:?}", shown.words);
        }
    }
}

#[cfg(unix)]
#[test]
fn zsh_and_fish_read_their_scripts_where_they_are_installed() {
    let (scratch, pawtrail, dir) = outside();
    for (shell, check) in [("zsh", "-n"), ("fish", "--no-execute")] {
        if !installed(shell) {
            continue;
        }
        let script = scratch.path().join(shell);
        let said = pawtrail
            .run_in(&dir, &["completions", shell])
            .expect_status(0);
        std::fs::write(&script, said.stdout).unwrap();
        let checked = Command::new(shell)
            .arg(check)
            .arg(&script)
            .output()
            .unwrap();
        let stderr = String::from_utf8(checked.stderr).unwrap();
        assert!(checked.status.success() && stderr.is_empty(), "{stderr}");
    }
}
