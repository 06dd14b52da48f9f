//! What the length of the event file costs.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::Result;
use crate::repository::Repository;
use crate::stopwatch::Column;

/// Lines that one commit of the made-up history adds: five questions with their answers.
const LINES_A_COMMIT: usize = 10;
const FILES: usize = 100;
/// The digits of identifiers, in their order.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Measures commands on an event file of `lines` lines beside `git commit --only` of a file of the same size.
pub(crate) fn run(binary: &std::path::Path, lines: usize, rounds: usize) -> Result<()> {
    let repository = Repository::make(binary, FILES)?;
    let file = fill(&repository, lines)?;
    let size = fs::metadata(repository.path(&file))
        .map_err(|error| error.to_string())?
        .len();
    fs::copy(repository.path(&file), repository.path("log-b.jsonl"))
        .map_err(|error| error.to_string())?;
    repository.succeed(
        repository
            .git()
            .args(["commit", "-qm", "as long", "--", "log-b.jsonl"]),
    )?;
    let decisions = repository.ask(rounds + 1)?;
    let mut answer = Column::new("pawtrail decision answer");
    let mut list = Column::new("pawtrail decision list");
    let mut verify = Column::new("pawtrail verify");
    let mut only = Column::new("git commit --only");
    for (round, decision) in decisions.iter().enumerate() {
        let counts = round > 0;
        repository.rest()?;
        answer.time(counts, || {
            let arguments = ["decision", "answer", decision, "yes", "--json"];
            repository.succeed(repository.pawtrail().args(arguments))
        })?;
        list.time(counts, || {
            repository.succeed(repository.pawtrail().args(["decision", "list", "--json"]))
        })?;
        verify.time(counts, || {
            repository.succeed(repository.pawtrail().args(["verify", "--json"]))
        })?;
        repository.append("log-b.jsonl", round)?;
        repository.rest()?;
        only.time(counts, || {
            let arguments = ["commit", "-q", "--only", "-m", "b", "--", "log-b.jsonl"];
            repository.succeed(repository.git().args(arguments))
        })?;
    }
    println!(
        "{lines} lines ({size} bytes) in {} commits, {rounds} rounds, whole processes, milliseconds",
        lines.div_ceil(LINES_A_COMMIT)
    );
    crate::table(&[&answer, &list, &verify, &only]);
    println!(
        "answer : git commit --only = {:.2}",
        answer.median() / only.median()
    );
    Ok(())
}

/// Gives the mission's event file a history of `lines` lines, made of one real question and answer; returns its path.
fn fill(repository: &Repository, lines: usize) -> Result<String> {
    let asked = repository.ask(1)?;
    let first = asked.first().ok_or("nothing was asked")?;
    repository.succeed(
        repository
            .pawtrail()
            .args(["decision", "answer", first, "yes"]),
    )?;
    let names = repository
        .git()
        .args(["ls-files", "kitty-specs/*/decisions.events.jsonl"])
        .output();
    let names = names.map_err(|error| error.to_string())?.stdout;
    let path = String::from_utf8_lossy(&names).trim().to_owned();
    let real = fs::read_to_string(repository.path(&path)).map_err(|error| error.to_string())?;
    let rows: Vec<Value> = real
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|error| error.to_string()))
        .collect::<Result<_>>()?;
    let mut import = repository
        .git()
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = import.stdin.take().ok_or("fast-import has no input")?;
    let mut content = real;
    let mut said = rows.len();
    let mut first = true;
    while said < lines {
        let end = lines.min(said + LINES_A_COMMIT);
        for number in said..end {
            content.push_str(&row(&rows[number % rows.len()], number));
            content.push('\n');
        }
        said = end;
        let from = if first {
            "from refs/heads/work^0\n"
        } else {
            ""
        };
        first = false;
        let order = format!(
            "commit refs/heads/work\ncommitter b <b@localhost> {} +0000\ndata 1\nx\n{from}M 100644 inline {path}\ndata {}\n{content}\n",
            1_767_225_600 + said,
            content.len()
        );
        input
            .write_all(order.as_bytes())
            .map_err(|error| error.to_string())?;
    }
    drop(input);
    let done = import.wait().map_err(|error| error.to_string())?;
    if !done.success() {
        return Err("git fast-import failed".to_owned());
    }
    repository.succeed(repository.git().args(["reset", "-q", "--hard"]))?;
    Ok(path)
}

/// The same row under identifiers of its own; a question and its answer share the decision's.
fn row(real: &Value, number: usize) -> String {
    let mut row = real.clone();
    row["event_id"] = identifier(number).into();
    let decision = identifier(number / 2 + 500_000);
    for field in ["decision_id", "run_id", "step_id"] {
        if row["payload"].get(field).is_some() {
            row["payload"][field] = decision.clone().into();
        }
    }
    row.to_string()
}

fn identifier(mut number: usize) -> String {
    let mut end = [b'0'; 8];
    for digit in end.iter_mut().rev() {
        *digit = DIGITS[number % DIGITS.len()];
        number /= DIGITS.len();
    }
    format!("01KT119YA7GD2Y0D7M{}", String::from_utf8_lossy(&end))
}
