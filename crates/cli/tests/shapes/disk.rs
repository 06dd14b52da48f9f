//! Disks that are really full, and files that may really not be written: a clear error, what is recorded is kept,
//! nothing is left half-written, and once there is room again the next command completes it.

#![cfg(unix)]
#![allow(
    clippy::print_stderr,
    reason = "what can't be tried here is said aloud"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pawtrail_testkit::{Project, Scratch, rows, text};
use serde_json::Value;

use super::BINARY;

/// How programs are run on the disk of a test.
enum Way {
    /// In the mount namespace of this process, where a small disk of memory is mounted.
    Mounted(Child),
    /// As this user, without the rights of root.
    Unprivileged,
    Plain,
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Self::Mounted(holder) = self {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

struct Disk<'a> {
    scratch: &'a Scratch,
    way: Way,
    root: PathBuf,
    path: String,
    ledger: String,
}

const NOBODY: &str = "65534";

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output().unwrap();
    said.stdout.trim_ascii() == b"0"
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

impl<'a> Disk<'a> {
    /// A repository of its own on a disk of a few MiB; `None` where nothing can be mounted here.
    fn small(scratch: &'a Scratch) -> Option<Self> {
        let root = scratch.path().join("disk");
        std::fs::create_dir(&root).unwrap();
        let rights = if is_root() { "--mount" } else { "-rm" };
        let script = "mount -t tmpfs -o size=6m none \"$1\" && echo ready && exec sleep 600";
        let holder = scratch
            .env()
            .command("unshare")
            .args([rights, "sh", "-c", script, "sh"])
            .arg(&root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut holder) = holder else {
            eprintln!("NOT RUN on a full disk: there is no `unshare`");
            return None;
        };
        let mut line = String::new();
        let mut reader = std::io::BufReader::new(holder.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
        if line.trim() != "ready" {
            let _ = holder.kill();
            let _ = holder.wait();
            eprintln!(
                "NOT RUN on a full disk: nothing can be mounted here, not even in a namespace"
            );
            return None;
        }
        let mut disk = Self {
            scratch,
            way: Way::Mounted(holder),
            root,
            path: String::new(),
            ledger: String::new(),
        };
        disk.begin();
        Some(disk)
    }

    /// The repository and mission of a test.
    fn begin(&mut self) {
        for args in [
            &["init", "-q", "-b", "work"][..],
            &["commit", "-q", "--allow-empty", "-m", "Start"],
        ] {
            self.git(args);
        }
        self.pawtrail(&["init"]);
        let (_, made) = self.json(&["mission", "create", "payments"]);
        self.path = format!("{}/decisions.events.jsonl", text(&made["data"]["dir"]));
        self.ledger = text(&made["data"]["ledger_ref"]);
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let env = self.scratch.env();
        let mut command = match &self.way {
            Way::Mounted(holder) => {
                let mut command = env.command("nsenter");
                command.args(["--target", &holder.id().to_string(), "--mount"]);
                if !is_root() {
                    command.args(["--user", "--preserve-credentials"]);
                }
                // A directory of the namespace can only be entered from within.
                let enter = "cd \"$1\" && shift && exec \"$@\"";
                command
                    .args(["--", "sh", "-c", enter, "sh"])
                    .arg(&self.root);
                command.arg(program);
                command
            }
            Way::Unprivileged if is_root() => {
                let mut command = env.command("setpriv");
                command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]);
                command.arg(program).current_dir(&self.root);
                command
            }
            Way::Unprivileged | Way::Plain => {
                let mut command = env.command(program);
                command.current_dir(&self.root);
                command
            }
        };
        command.args(args);
        command
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let output = self.command("git", args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[track_caller]
    fn pawtrail(&self, args: &[&str]) {
        let (status, document) = self.json(args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let args = [&["--json"], args].concat();
        document(&self.command(BINARY, &args).output().unwrap())
    }

    #[track_caller]
    fn request(&self, question: &str) -> String {
        let (status, document) = self.json(&["decision", "request", "--question", question]);
        assert_eq!(status, 0, "{document:#}");
        text(&document["data"]["decision_id"])
    }

    /// The answers of a decision that are on the ledger branch.
    fn committed(&self, id: &str) -> usize {
        let path = format!("{}:{}", self.ledger, self.path);
        let file = self.command("git", &["show", &path]).output().unwrap();
        rows(&String::from_utf8(file.stdout).unwrap())
            .iter()
            .filter(|row| {
                row["event_type"] == "DecisionInputAnswered" && row["payload"]["decision_id"] == id
            })
            .count()
    }

    /// What an answer came to while something was wrong; `word` is the cause that a user must get to see.
    #[track_caller]
    fn outcome(&self, (status, document): &(i32, Value), word: &str, what: &str) -> bool {
        let code = document["error"]["code"].as_str();
        match (status, code) {
            (0, None) => true,
            // It is recorded, or nothing was begun.
            (3, Some("NOT_COMMITTED_YET"))
            | (1, Some("IO_FAILED" | "GIT_FAILED" | "COMMIT_REFUSED")) => {
                let words = document["error"]["message"].to_string().to_lowercase();
                // In a git directory that is closed as a whole, the checkout takes the line.
                let sandboxed =
                    word == "denied" && words.contains("the git directory can't be written");
                assert!(sandboxed || words.contains(word), "{what}: {document:#}");
                *status == 3
            }
            other => panic!("{what}: {other:?}: {document:#}"),
        }
    }

    /// No line of the checked-out file is half-written.
    #[track_caller]
    fn whole(&self) {
        let file = self.command("cat", &[&self.path]).output().unwrap().stdout;
        rows(&String::from_utf8(file).unwrap());
    }

    /// Nothing is left half-written, and the next command completes what was recorded.
    #[track_caller]
    fn mends(&self, id: &str, answer: &str, kept: bool, what: &str) {
        self.request("Is there room again?");
        assert_eq!(self.committed(id), usize::from(kept), "{what}");
        // Again, or for the first time: it is there once.
        let (status, document) = self.json(&["decision", "answer", id, answer]);
        assert_eq!(status, 0, "{what}: {document:#}");
        assert_eq!(self.committed(id), 1, "{what}");
        self.pawtrail(&["verify"]);
        let fsck = self.git(&["fsck", "--full", "--strict", "--no-dangling"]);
        assert_eq!(fsck, "", "{what}");
        let git_dir = self.root.join(".git");
        let mut left = self.command(
            "find",
            &[
                &git_dir.to_string_lossy(),
                "-name",
                "*.lock",
                "-not",
                "-path",
                "*/pawtrail/locks/*",
            ],
        );
        let left = left.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&left.stdout), "", "{what}");
        self.whole();
    }
}

#[track_caller]
fn document(output: &Output) -> (i32, Value) {
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {}", said(output)));
    (output.status.code().unwrap(), document)
}

#[test]
fn a_disk_that_is_really_full_keeps_what_is_recorded() {
    let scratch = Scratch::new();
    let Some(disk) = Disk::small(&scratch) else {
        return;
    };
    let (mut refused, mut spooled) = (0, 0);
    // Longer than a page, so that it can't be in the one that the spool has already.
    let answer = "y".repeat(6_000);
    // So many pages are left, from none to more than an answer takes.
    for pages in (0..24).chain([40]) {
        let what = format!("{pages} pages left");
        let id = disk.request("Is there room?");
        let fill =
            "dd if=/dev/zero of=filler bs=4096 2>/dev/null; truncate -s -$(($1 * 4096)) filler";
        let filled = disk
            .command("sh", &["-c", fill, "sh", &pages.to_string()])
            .status();
        assert!(filled.unwrap().success());
        let answered = disk.json(&["decision", "answer", &id, &answer]);
        disk.whole();
        let kept = disk.outcome(&answered, "space", &what);
        refused += usize::from(answered.0 == 1);
        spooled += usize::from(answered.0 == 3);
        assert!(disk.command("rm", &["filler"]).status().unwrap().success());
        disk.mends(&id, &answer, kept, &what);
        disk.git(&["gc", "-q", "--prune=now"]);
    }
    assert!(
        refused > 0 && spooled > 0,
        "{refused} refused, {spooled} spooled"
    );
}

#[test]
fn a_limit_on_the_size_of_files_keeps_what_is_recorded() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.repo.many_files(60);
    let disk = Disk {
        scratch: &scratch,
        way: Way::Plain,
        root: project.repo.path().to_owned(),
        path: project.path.clone(),
        ledger: project.ledger.clone(),
    };
    let (mut refused, mut spooled) = (0, 0);
    for blocks in [0, 1, 2, 4, 8, 16, 64] {
        let what = format!("files of {blocks} blocks");
        let id = disk.request("Is there room?");
        // Without the signal that comes first, a write beyond the limit fails like one to a full disk.
        let limited = "trap '' XFSZ; ulimit -f $1; shift; \"$@\" | cat";
        let binary = BINARY.to_owned();
        let blocks = blocks.to_string();
        let args = [
            "-c", limited, "sh", &blocks, &binary, "--json", "decision", "answer", &id, "yes",
        ];
        let output = disk.command("sh", &args).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{what}: {error}: {}", said(&output)));
        let status = match document["error"]["code"].as_str() {
            None => 0,
            Some("NOT_COMMITTED_YET") => 3,
            Some(_) => 1,
        };
        disk.whole();
        let kept = disk.outcome(&(status, document), "too large", &what);
        refused += usize::from(status == 1);
        spooled += usize::from(status == 3);
        disk.mends(&id, "yes", kept, &what);
    }
    assert!(
        refused > 0 && spooled > 0,
        "{refused} refused, {spooled} spooled"
    );
}

#[test]
fn what_may_not_be_written_keeps_what_is_recorded() {
    let scratch = Scratch::new();
    if is_root() && Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!(
            "NOT RUN: root may write everything, and there is no `setpriv` to be somebody else"
        );
        return;
    }
    // Root's scratch area is closed to others.
    let area = scratch.path().to_owned();
    let binary_for_all = area.join("pawtrail");
    std::fs::copy(BINARY, &binary_for_all).unwrap();
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program).args(args).status().unwrap();
        assert!(done.success(), "{program} {args:?}");
    };
    let root = area.join("repository");
    std::fs::create_dir(&root).unwrap();
    if is_root() {
        run(
            "chown",
            &["-R", &format!("{NOBODY}:{NOBODY}"), &area.to_string_lossy()],
        );
        run("chmod", &["0755", &area.to_string_lossy()]);
    }
    let mut disk = Disk {
        scratch: &scratch,
        way: Way::Unprivileged,
        root: root.clone(),
        path: String::new(),
        ledger: String::new(),
    };
    let closed = disk
        .command(
            "sh",
            &[
                "-c",
                "mkdir p && chmod 555 p && ! mkdir p/q 2>/dev/null && rmdir p",
            ],
        )
        .status();
    assert!(closed.unwrap().success(), "a closed directory is open");
    disk.begin();
    let mission = Path::new(&disk.path)
        .parent()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut statuses = Vec::new();
    for place in [
        ".git/pawtrail/spool",
        ".git/pawtrail/held",
        ".git/pawtrail/locks",
        ".git/objects",
        ".git/refs/heads",
        ".git/logs",
        ".git",
        ".kittify",
        &mission,
    ] {
        let id = disk.request("May it?");
        let shown = root.join(place).to_string_lossy().into_owned();
        run("chmod", &["-R", "a-w", &shown]);
        let answered = disk.json(&["decision", "answer", &id, "yes"]);
        run("chmod", &["-R", "u+w", &shown]);
        disk.whole();
        let kept = disk.outcome(&answered, "denied", place);
        statuses.push((place, answered.0));
        disk.mends(&id, "yes", kept, place);
    }
    assert!(
        statuses.iter().any(|(_, status)| *status == 3),
        "{statuses:?}"
    );
}
