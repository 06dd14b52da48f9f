//! The demo, as a newcomer and as a script run it: every step true, nothing left behind.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use pawtrail_testkit::{Pawtrail, Scratch};

fn pawtrail(scratch: &Scratch) -> Pawtrail {
    Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail"))
}

const STEPS: [&str; 8] = [
    "project",
    "hub",
    "decisions",
    "board",
    "untouched",
    "offline",
    "replay",
    "memory",
];

#[test]
fn as_data_every_step_is_true_and_every_figure_measured() {
    let scratch = Scratch::new();
    let (status, document) = pawtrail(&scratch).json_in(scratch.path(), &["demo"]);
    assert_eq!(status, 0, "{document:#}");
    let steps = document["data"]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    assert_eq!(names, STEPS);
    assert!(steps.iter().all(|step| step["ok"] == true), "{document:#}");
    for figure in ["answer", "commit_to_hub", "replay"] {
        let value =
            |kind: &str| document["data"]["latency_ms"][format!("{figure}_{kind}")].as_f64();
        let (median, most) = (value("median").unwrap(), value("max").unwrap());
        assert!(0.0 < median && median <= most, "{document:#}");
    }
    assert!(document["data"]["latency_ms"]["commit_to_hub_max"].as_f64() < Some(1_000.0));
    assert_eq!(scratch.stray_files(), Vec::<std::path::PathBuf>::new());
    assert_eq!(scratch.processes(), Vec::<String>::new());
}

#[test]
fn for_people_it_shows_the_commands_and_says_what_is_true() {
    let scratch = Scratch::new();
    let output = pawtrail(&scratch).run_in(scratch.path(), &["demo"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output}");
    for part in [
        "$ pawtrail init",
        "$ pawtrail decision answer",
        "agent $ git commit -q --amend --no-edit",
        "$ pawtrail sync now",
        "Which database? sqlite",
        "measured in this run",
    ] {
        assert!(output.stdout.contains(part), "{part} is missing\n{output}");
    }
    assert_eq!(
        output.stdout.matches("  ok ").count(),
        STEPS.len(),
        "{output}"
    );
}

#[test]
fn a_machine_that_forbids_egress_gets_no_demo() {
    let scratch = Scratch::new();
    let pawtrail = pawtrail(&scratch).with_env("PAWTRAIL_SYNC", "off");
    let (status, document) = pawtrail.json_in(scratch.path(), &["demo"]);
    assert_eq!(status, 6);
    assert_eq!(document["error"]["code"], "EGRESS_DENIED");
}

#[test]
fn a_step_that_is_not_true_fails_the_demo() {
    let scratch = Scratch::new();
    // Without git there is no story to tell.
    let pawtrail = pawtrail(&scratch).with_env("PATH", scratch.path());
    let (status, document) = pawtrail.json_in(scratch.path(), &["demo"]);
    assert_eq!(status, 1, "{document:#}");
    assert_eq!(document["error"]["code"], "DEMO_FAILED");
    assert_eq!(document["error"]["details"]["steps"][0]["ok"], false);
    assert_eq!(scratch.stray_files(), Vec::<std::path::PathBuf>::new());
}

/// A Ctrl-C reaches the git command that runs at that moment too.
#[cfg(unix)]
#[test]
fn interrupted_inside_a_step_it_says_so_and_cleans_up() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new();
    let dir = scratch.path().join("bin");
    std::fs::create_dir(&dir).unwrap();
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|dir| dir.join("git"))
        .find(|path| path.is_file())
        .unwrap();
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--amend*) kill -INT $PPID; kill -KILL $$ ;; esac\n\
         exec '{}' \"$@\"\n",
        git.display()
    );
    let wrapper = dir.join("git");
    std::fs::write(&wrapper, text).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&path)));
    let pawtrail = pawtrail(&scratch).with_env("PATH", path.unwrap());

    let output = pawtrail.run_in(scratch.path(), &["demo"]);
    assert_eq!(output.status, 130, "{output}");
    assert!(output.stdout.contains("\ninterrupted\n"), "{output}");
    assert!(!output.stdout.contains("FAILED"), "{output}");
    assert!(
        output
            .stderr
            .contains("interrupted; what the demo had made is removed"),
        "{output}"
    );
    assert_eq!(scratch.processes(), Vec::<String>::new());

    let (status, document) = pawtrail.json_in(scratch.path(), &["demo"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (130, &"INTERRUPTED".into())
    );
    assert_eq!(scratch.processes(), Vec::<String>::new());
}

/// Kept until somebody presses Ctrl-C, which Windows can't send to one process alone.
#[cfg(unix)]
#[test]
fn kept_it_shows_its_board_until_it_is_interrupted() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let scratch = Scratch::new();
    let pawtrail = pawtrail(&scratch);
    let mut child = pawtrail
        .command(scratch.path(), &["--json", "demo", "--keep"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let document: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(document["ok"], true, "{document:#}");
    let board = document["data"]["board_url"].as_str().unwrap();
    let mut browser = pawtrail_testkit::Browser::start(&scratch);
    let mut page = browser.open(board);
    page.wait_for(
        "document.body.innerText.includes('payments')",
        std::time::Duration::from_secs(30),
    );
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(browser);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
    line.clear();
    assert_eq!(
        out.read_line(&mut line).unwrap(),
        0,
        "a second document: {line}"
    );
    let repository = document["data"]["repository"].as_str().unwrap();
    assert!(!std::path::Path::new(repository).exists());
}
