//! A clone that may deliver, the hub that it delivers to, and looks at both from outside.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;

use crate::Result;
use crate::repository::Repository;

/// How long anything here may take before the measurement fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many files of the mission are changed in turn.
const FILES: usize = 40;
/// Between two looks at what must come.
const LOOK: Duration = Duration::from_micros(200);

/// A repository that may send to a hub of its own, which runs.
pub(crate) struct Site {
    pub(crate) repository: Repository,
    /// Kept until the end.
    _hub: Process,
    store: PathBuf,
    binary: PathBuf,
}

impl Site {
    /// Makes both, with a yes to the hub. No courier runs yet.
    pub(crate) fn make(binary: &Path) -> Result<Self> {
        let repository = Repository::make(binary, 10)?;
        let store = repository.root().with_file_name("hub.sqlite");
        let shown = store.to_string_lossy().into_owned();
        let serve = [
            "--json",
            "hub",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--store",
            &shown,
        ];
        let mut hub = Process::start(repository.pawtrail().args(serve))?;
        let url = text(&hub.line()?["data"]["url"])?;
        let config =
            std::fs::read_to_string(repository.path(".kittify/config.yaml")).map_err(told)?;
        let uuid = config
            .lines()
            .find_map(|line| line.trim().strip_prefix("uuid:"))
            .ok_or("the project has no uuid")?
            .trim()
            .trim_matches(['"', '\'']);
        let create = [
            "--json",
            "hub",
            "token",
            "create",
            "--project",
            uuid,
            "--store",
            &shown,
        ];
        let token = text(&answer(repository.pawtrail().args(create))?["data"]["token"])?;
        answer(
            repository
                .pawtrail()
                .args(["--json", "sync", "enable", &url, "--token", &token]),
        )?;
        Ok(Self {
            repository,
            _hub: hub,
            store,
            binary: binary.to_owned(),
        })
    }

    /// Starts the courier as a command would, but as a child of ours.
    pub(crate) fn courier(&self) -> Result<Process> {
        let common = self.repository.path(".git");
        let mut command = self.repository.command(&self.binary);
        command
            .args(["sync", "run", "--background", "--repo"])
            .arg(common)
            .current_dir("/");
        Process::start(&mut command)
    }

    /// Ends the courier and waits for its process.
    pub(crate) fn stop(&self, mut courier: Process) -> Result<()> {
        self.repository
            .succeed(self.repository.pawtrail().args(["sync", "stop"]))?;
        courier.0.wait().map(drop).map_err(told)
    }

    /// Lets git make so many commits of the mission at once; nobody is told.
    pub(crate) fn import(&self, count: usize) -> Result<()> {
        let dir = self.mission()?;
        let mut import = self
            .repository
            .git()
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(told)?;
        let mut pipe = import.stdin.take().ok_or("no input")?;
        let now = since_1970(SystemTime::now())?;
        let (now, round) = (now.as_secs(), now.as_nanos());
        let mut stream = String::new();
        for number in 0..count {
            // As in a real mission, the files are few and change often.
            let part = number % FILES;
            let from = if number == 0 {
                "from refs/heads/work^0\n"
            } else {
                ""
            };
            stream.push_str(&format!(
                "commit refs/heads/work\ncommitter Robin Example <bench@localhost> {now} +0000\ndata 5\nPart\n\n{from}\
                 M 100644 inline {dir}/part-{part}.md\ndata 31\n{round:>20} {number:>9}\n\n"
            ));
        }
        pipe.write_all(stream.as_bytes()).map_err(told)?;
        drop(pipe);
        if !import.wait().map_err(told)?.success() {
            return Err("git fast-import failed".to_owned());
        }
        // The checkout follows, and what the import wrote is on disk before anything is timed.
        self.repository
            .succeed(self.repository.git().args(["reset", "-q", "--hard"]))?;
        self.repository.rest()
    }

    /// The mission's directory.
    pub(crate) fn mission(&self) -> Result<String> {
        let specs = self.repository.path("kitty-specs");
        let entry = std::fs::read_dir(specs).map_err(told)?.next();
        let name = entry.ok_or("no mission")?.map_err(told)?.file_name();
        Ok(format!("kitty-specs/{}", name.to_string_lossy()))
    }

    /// Opens the hub's store to look into it.
    pub(crate) fn look(&self) -> Result<Look> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(&self.store, flags).map_err(told)?;
        connection.busy_timeout(PATIENCE).map_err(told)?;
        Ok(Look { connection })
    }

    /// Waits until the clone's file says that nothing waits.
    pub(crate) fn wait_until_noted(&self) -> Result<()> {
        const NOTHING: &str = "\"pending_local_commits\": []";
        let path = self.repository.path(".kittify/sync-state.json");
        wait("the clone has noted each answer", || {
            let mut head = vec![0; 200];
            let read = std::fs::File::open(&path)
                .and_then(|mut file| std::io::Read::read(&mut file, &mut head));
            Ok(read.is_ok_and(|count| String::from_utf8_lossy(&head[..count]).contains(NOTHING)))
        })
    }

    /// Waits until the courier says that the hub listens.
    pub(crate) fn wait_until_live(&self) -> Result<()> {
        wait("the hub listens", || {
            let status = answer(
                self.repository
                    .pawtrail()
                    .args(["--json", "sync", "status"]),
            )?;
            Ok(status["data"]["connection"] == "live")
        })
    }

    /// When the courier last began to connect, as its log of what left says.
    pub(crate) fn connected_at(&self) -> Result<Duration> {
        let log = self.repository.path(".git/pawtrail/sync/egress.jsonl");
        let log = std::fs::read_to_string(log).map_err(told)?;
        let entries = log.lines().rev().map(serde_json::from_str::<Value>);
        let connect = entries
            .filter_map(std::result::Result::ok)
            .find(|entry| entry["kind"] == "connect")
            .ok_or("nobody connected")?;
        let at: jiff::Timestamp = text(&connect["at"])?.parse().map_err(told)?;
        Duration::try_from(at.duration_since(jiff::Timestamp::UNIX_EPOCH)).map_err(told)
    }
}

/// A look into the hub's store, which shows what is durable and nothing else.
pub(crate) struct Look {
    connection: Connection,
}

impl Look {
    /// Returns how many commits are stored.
    pub(crate) fn count(&self) -> Result<usize> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT coalesce(max(sequence), 0) FROM commits")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(told)?;
        usize::try_from(count).map_err(told)
    }

    /// Waits for so many commits.
    pub(crate) fn wait_for_count(&self, count: usize) -> Result<()> {
        wait("the hub has all commits", || Ok(self.count()? >= count))
    }

    /// Waits for a commit.
    pub(crate) fn wait_for(&self, commit: &str) -> Result<()> {
        wait("the hub has the commit", || {
            self.connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM commits WHERE git_hash = ?1)")
                .and_then(|mut statement| statement.query_row(params![commit], |row| row.get(0)))
                .map_err(told)
        })
    }
}

fn wait(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !holds()? {
        if begun.elapsed() > PATIENCE {
            return Err(format!("not within {PATIENCE:?}: {what}"));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Milliseconds from a moment since 1970 to now.
pub(crate) fn milliseconds_since(moment: Duration) -> Result<f64> {
    let now = since_1970(SystemTime::now())?;
    Ok((now.as_secs_f64() - moment.as_secs_f64()) * 1_000.0)
}

/// A time of a file or a log, since 1970.
pub(crate) fn since_1970(time: SystemTime) -> Result<Duration> {
    time.duration_since(UNIX_EPOCH).map_err(told)
}

/// A process that is ended with this.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        child.map(Self).map_err(told)
    }

    /// Reads its first line as JSON.
    pub(crate) fn line(&mut self) -> Result<Value> {
        let pipe = self.0.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(pipe).read_line(&mut line).map_err(told)?;
        serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))
    }

    /// The most memory that was resident, in MiB.
    pub(crate) fn peak_mib(&self) -> Option<f64> {
        self.kib("VmHWM:").map(|kib| kib / 1_024.0)
    }

    /// The memory that is resident now, in MiB.
    pub(crate) fn resident_mib(&self) -> Option<f64> {
        self.kib("VmRSS:").map(|kib| kib / 1_024.0)
    }

    fn kib(&self, name: &str) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// The processor time of all its threads, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Option<f64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).ok()?;
        let mut total = 0.0;
        for task in tasks {
            let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
            total += nanoseconds / 1_000_000.0;
        }
        Some(total)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command and returns the JSON that it prints.
pub(crate) fn answer(command: &mut Command) -> Result<Value> {
    let output = command.output().map_err(told)?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("{error}: {text}{said}")
    })
}

pub(crate) fn text(value: &Value) -> Result<String> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("no text: {value}")),
    }
}

pub(crate) fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
