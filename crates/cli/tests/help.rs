//! The help and the usage errors, as people and programs see them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use pawtrail_testkit::{Pawtrail, Scratch};

fn run(args: &[&str]) -> String {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let output = pawtrail.run_in(scratch.path(), args);
    let streams = match (output.stdout.is_empty(), output.stderr.is_empty()) {
        (false, true) => output.stdout,
        (true, false) => format!("(standard error)\n{}", output.stderr),
        (true, true) | (false, false) => panic!("both streams, or none: {args:?}"),
    };
    format!("exit {}\n{streams}", output.status)
}

/// The usage error of a line, as data.
fn error(args: &[&str]) -> serde_json::Value {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let (status, mut document) = pawtrail.json_in(scratch.path(), args);
    assert_eq!(status, 2);
    document["error"].take()
}

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!(run(&["--help"]), @r#"
    exit 0
    Spec-driven work with coding agents, with a memory that can be trusted.

    Every decision of a mission is a line in git, committed before the command returns, from any
    worktree, while nobody's index or files move. With a hub, the team sees it within a second.

    Usage: pawtrail [OPTIONS] <COMMAND>

    Commands:
      init      Prepare this repository: project identity, ignore rules
      mission   Missions: create, list, show, ledger
      where     Say where a mission's files live, who chose that, and why
      decision  Decisions: request, answer, list, show, log
      next      Say what comes next in a mission: a step, a question, or the end
      wp        Work packages: move, note, subtask, list, seed
      board     Draw a mission's work packages by lane
      status    The status snapshot, `status.json`: fold, check
      glossary  The glossary: observe, sense, ask, resolve, list, show, rebuild
      commit    Commit exactly the named paths; index, stash and other files stay as they are
      verify    Prove that every answer is in a commit, and say which remotes have it
      audit     Say where event files hold private data, never what
      sanitize  Take private data out of JSON, from standard input to standard output
      hooks     Git hooks: install, remove, run
      doctor    Say what is wrong with this clone, and mend it
      sync      What may leave this machine, and whether it has
      queue     The offline queue: list, show, retry, drop
      hub       The server and its live board
      demo      Show the whole story on a scratch repository and a real hub, measured

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Everywhere:
      -C <DIR>
              Run as if started in this directory

          --json
              Print exactly one JSON document on standard output

      -v, --verbose...
              Say more on standard error; twice: everything

      -q, --quiet
              Print nothing but errors

          --color <WHEN>
              Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    See it work: pawtrail demo
    "#);
}

#[test]
fn help_of_the_program_short() {
    insta::assert_snapshot!(run(&["-h"]), @r#"
    exit 0
    Spec-driven work with coding agents, with a memory that can be trusted

    Usage: pawtrail [OPTIONS] <COMMAND>

    Commands:
      init      Prepare this repository: project identity, ignore rules
      mission   Missions: create, list, show, ledger
      where     Say where a mission's files live, who chose that, and why
      decision  Decisions: request, answer, list, show, log
      next      Say what comes next in a mission: a step, a question, or the end
      wp        Work packages: move, note, subtask, list, seed
      board     Draw a mission's work packages by lane
      status    The status snapshot, `status.json`: fold, check
      glossary  The glossary: observe, sense, ask, resolve, list, show, rebuild
      commit    Commit exactly the named paths; index, stash and other files stay as they are
      verify    Prove that every answer is in a commit, and say which remotes have it
      audit     Say where event files hold private data, never what
      sanitize  Take private data out of JSON, from standard input to standard output
      hooks     Git hooks: install, remove, run
      doctor    Say what is wrong with this clone, and mend it
      sync      What may leave this machine, and whether it has
      queue     The offline queue: list, show, retry, drop
      hub       The server and its live board
      demo      Show the whole story on a scratch repository and a real hub, measured

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    See it work: pawtrail demo
    "#);
}

#[test]
fn help_of_init() {
    insta::assert_snapshot!(run(&["init", "--help"]), @r#"
    exit 0
    Prepare this repository: project identity, ignore rules

    Changes nothing that is there already, so it can be run again.

    Usage: pawtrail init [OPTIONS]

    Options:
          --hooks
              Also install the git hooks, as `pawtrail hooks install` does

      -h, --help
              Print help (see a summary with '-h')

    Everywhere:
      -C <DIR>
              Run as if started in this directory

          --json
              Print exactly one JSON document on standard output

      -v, --verbose...
              Say more on standard error; twice: everything

      -q, --quiet
              Print nothing but errors

          --color <WHEN>
              Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail init
      pawtrail init --hooks
    "#);
}

#[test]
fn help_of_where() {
    insta::assert_snapshot!(run(&["where", "--help"]), @r#"
    exit 0
    Say where a mission's files live, who chose that, and why

    Usage: pawtrail where [OPTIONS] [MISSION]

    Arguments:
      [MISSION]  Mission id, its first 8 characters, directory name, slug, or number

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail where payments
    "#);
}

#[test]
fn help_of_commit() {
    insta::assert_snapshot!(run(&["commit", "--help"]), @r#"
    exit 0
    Commit exactly the named paths; index, stash and other files stay as they are

    Usage: pawtrail commit [OPTIONS] --message <TEXT> <PATH>...

    Arguments:
      <PATH>...  The paths to commit, relative to the current directory

    Options:
      -m, --message <TEXT>   The commit message
          --branch <BRANCH>  Refuse unless this branch is checked out here
      -h, --help             Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail commit -m "Describe the payment flow" kitty-specs/payments-01KT119Y/spec.md
    "#);
}

#[test]
fn help_of_demo() {
    insta::assert_snapshot!(run(&["demo", "--help"]), @r#"
    exit 0
    Show the whole story on a scratch repository and a real hub, measured

    Usage: pawtrail demo [OPTIONS]

    Options:
          --keep  Leave the hub up at the end, and the repository on disk, until Ctrl-C
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail demo
      pawtrail demo --keep
    "#);
}

#[test]
fn help_of_mission() {
    insta::assert_snapshot!(run(&["mission", "-h"]), @r#"
    exit 0
    Missions: create, list, show, ledger

    Usage: pawtrail mission [OPTIONS] <COMMAND>

    Commands:
      create  Create `kitty-specs/<slug>-<mid8>/meta.json` and commit it
      list    List the missions of this clone
      show    Show one mission
      ledger  Show or change the branch that holds a mission's events

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    "#);
}

#[test]
fn help_of_mission_ledger() {
    insta::assert_snapshot!(run(&["mission", "ledger", "-h"]), @r#"
    exit 0
    Show or change the branch that holds a mission's events

    Usage: pawtrail mission ledger [OPTIONS] [MISSION]

    Arguments:
      [MISSION]  Mission id, its first 8 characters, directory name, slug, or number

    Options:
          --set <BRANCH>  Keep the mission's events on this branch from now on
      -h, --help          Print help (see more with '--help')

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail mission ledger payments
      pawtrail mission ledger payments --set agents/payments
    "#);
}

#[test]
fn help_of_mission_create() {
    insta::assert_snapshot!(run(&["mission", "create", "-h"]), @r#"
    exit 0
    Create `kitty-specs/<slug>-<mid8>/meta.json` and commit it

    Usage: pawtrail mission create [OPTIONS] <SLUG>

    Arguments:
      <SLUG>  A short name: letters, digits, `-` and `_`

    Options:
          --title <TEXT>         A name for people; default: the slug
          --type <TYPE>          The kind of mission, as `mission_type` in `meta.json` [default:
                                 software-dev]
          --topology <TOPOLOGY>  How the mission uses branches: single_branch, lanes or coord [default:
                                 single_branch]
          --owner <NAME>         Who answers the mission's audits: a role or a name that may be public
          --tasks <DIR>          The directory with its work package files, `WPnn-*.md`
      -h, --help                 Print help (see more with '--help')

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail mission create payments --title "Take payments"
      pawtrail mission create payments --tasks drafts/payments
    "#);
}

#[test]
fn help_of_next() {
    insta::assert_snapshot!(run(&["next", "-h"]), @r#"
    exit 0
    Say what comes next in a mission: a step, a question, or the end

    Usage: pawtrail next [OPTIONS]
           pawtrail next <COMMAND>

    Commands:
      owner     Say who answers a run's audits
      delegate  Let agents answer a decision, or all but audits
      unblock   Let a run go on that a failed step or a rejected audit has blocked
      template  Templates of missions: check, adopt

    Options:
          --mission <MISSION>       Mission id, its first 8 characters, directory name, slug, or number
          --agent <NAME>            Who works: the name under which steps are issued
          --result <RESULT>         How the issued step ended: success, failed or blocked; without it
                                    nothing is written
          --step <STEP>             The step that the result is for; a repeated report then completes
                                    nothing twice
          --answer <TEXT>           The answer to the decision that waits
          --decision-id <DECISION>  Which decision; needed where several wait, and where the command may
                                    be repeated
          --take-over               Take the step that another agent has
          --explain                 Say why this and nothing else
          --actor <NAME>            Who acts: a role or a name that may be public
          --actor-type <KIND>       What kind of actor that is: human, llm or service
      -h, --help                    Print help (see more with '--help')

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail next --mission payments
      pawtrail next --mission payments --agent coder --result success --step specify
      pawtrail next --mission payments --agent coder --result success --decision-id input:database
      --answer sqlite --actor-type human --actor lead
    "#);
}

#[test]
fn help_of_next_owner() {
    insta::assert_snapshot!(run(&["next", "owner", "-h"]), @r#"
    exit 0
    Say who answers a run's audits

    Usage: pawtrail next owner [OPTIONS] <NAME>

    Arguments:
      <NAME>  The owner: a role or a name that may be public

    Options:
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --actor <NAME>       Who acts: a role or a name that may be public
          --actor-type <KIND>  What kind of actor that is: human, llm or service
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail next owner lead --mission payments
    "#);
}

#[test]
fn help_of_next_delegate() {
    insta::assert_snapshot!(run(&["next", "delegate", "-h"]), @r#"
    exit 0
    Let agents answer a decision, or all but audits

    Usage: pawtrail next delegate [OPTIONS] --rationale <TEXT> <DECISION>

    Arguments:
      <DECISION>  The decision, or `*` for all but audits

    Options:
          --rationale <TEXT>   Why: a text, or where the reason is written down
          --role <ROLE>        The role in which agents answer then [default: delegated_llm]
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --actor <NAME>       Who acts: a role or a name that may be public
          --actor-type <KIND>  What kind of actor that is: human, llm or service
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail next delegate input:database --rationale "ADR 7" --mission payments
      pawtrail next delegate '*' --rationale "a rehearsal" --mission payments
    "#);
}

#[test]
fn help_of_next_unblock() {
    insta::assert_snapshot!(run(&["next", "unblock", "-h"]), @r#"
    exit 0
    Let a run go on that a failed step or a rejected audit has blocked

    Usage: pawtrail next unblock [OPTIONS]

    Options:
          --rationale <TEXT>   Why it may go on
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --actor <NAME>       Who acts: a role or a name that may be public
          --actor-type <KIND>  What kind of actor that is: human, llm or service
      -h, --help               Print help (see more with '--help')

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail next unblock --rationale "the database is up again" --mission payments
    "#);
}

#[test]
fn help_of_next_template_check() {
    insta::assert_snapshot!(run(&["next", "template", "check", "-h"]), @r#"
    exit 0
    Check a template, and show every problem with its line

    Usage: pawtrail next template check [OPTIONS] <FILE>

    Arguments:
      <FILE>  The template, `mission-runtime.yaml`

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail next template check .kittify/missions/payments/mission-runtime.yaml
    "#);
}

#[test]
fn help_of_next_template_adopt() {
    insta::assert_snapshot!(run(&["next", "template", "adopt", "-h"]), @r#"
    exit 0
    Let a run go on with the template as it is now

    Usage: pawtrail next template adopt [OPTIONS]

    Options:
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --actor <NAME>       Who acts: a role or a name that may be public
          --actor-type <KIND>  What kind of actor that is: human, llm or service
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail next template adopt --mission payments
    "#);
}

#[test]
fn help_of_decision() {
    insta::assert_snapshot!(run(&["decision", "-h"]), @r#"
    exit 0
    Decisions: request, answer, list, show, log

    Usage: pawtrail decision [OPTIONS] <COMMAND>

    Commands:
      request  Ask a question that a mission waits for
      answer   Answer a decision and commit it, together with its request
      list     List the decisions of a mission
      show     Show one decision with its history
      log      Read the decisions from git alone, at any commit

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    "#);
}

#[test]
fn help_of_decision_request() {
    insta::assert_snapshot!(run(&["decision", "request", "-h"]), @r#"
    exit 0
    Ask a question that a mission waits for

    Usage: pawtrail decision request [OPTIONS] --question <TEXT>

    Options:
          --mission <MISSION>      Mission id, its first 8 characters, directory name, slug, or number
          --question <TEXT>        What is to be decided
          --option <TEXT>          A possible answer; may be given several times
          --step <STEP>            The step of the mission that asks
          --input-key <KEY>        The name of the input that the answer fills; the decision is then
                                   `input:<key>`
          --run <RUN>              The run that asks
          --actor <NAME>           Who acts: a role or a name that may be public
          --actor-type <KIND>      What kind of actor that is: human, llm or service
          --idempotency-key <KEY>  The same key gives the same result and writes once
      -h, --help                   Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail decision request --mission payments --question "Which database?" --option sqlite --option
      postgres
    "#);
}

#[test]
fn help_of_decision_answer() {
    insta::assert_snapshot!(run(&["decision", "answer", "-h"]), @r#"
    exit 0
    Answer a decision and commit it, together with its request

    Usage: pawtrail decision answer [OPTIONS] <DECISION_ID> <ANSWER>

    Arguments:
      <DECISION_ID>  The decision: a ULID, or `input:<key>`
      <ANSWER>       The answer; behind `--` it may begin with a dash

    Options:
          --mission <MISSION>      Mission id, its first 8 characters, directory name, slug, or number
          --actor <NAME>           Who acts: a role or a name that may be public
          --actor-type <KIND>      What kind of actor that is: human, llm or service
          --idempotency-key <KEY>  The same key gives the same result and writes once
      -h, --help                   Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail decision answer 01KT11A2B3C4D5E6F7G8H9JKMN postgres
      pawtrail decision answer input:database postgres --mission payments
    "#);
}

#[test]
fn help_of_decision_list() {
    insta::assert_snapshot!(run(&["decision", "list", "-h"]), @r#"
    exit 0
    List the decisions of a mission

    Usage: pawtrail decision list [OPTIONS]

    Options:
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --open               Only those without an answer
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail decision list --mission payments --open
    "#);
}

#[test]
fn help_of_decision_show() {
    insta::assert_snapshot!(run(&["decision", "show", "-h"]), @r#"
    exit 0
    Show one decision with its history

    Usage: pawtrail decision show [OPTIONS] <DECISION_ID>

    Arguments:
      <DECISION_ID>  The decision: a ULID, or `input:<key>`

    Options:
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail decision show 01KT11A2B3C4D5E6F7G8H9JKMN
    "#);
}

#[test]
fn help_of_decision_log() {
    insta::assert_snapshot!(run(&["decision", "log", "-h"]), @r#"
    exit 0
    Read the decisions from git alone, at any commit

    Usage: pawtrail decision log [OPTIONS]

    Options:
          --mission <MISSION>  Mission id, its first 8 characters, directory name, slug, or number
          --ref <REVISION>     The commit to read from; default: the mission's ledger branch
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail decision log --mission payments --ref HEAD~3
    "#);
}

#[test]
fn help_of_sync() {
    insta::assert_snapshot!(run(&["sync", "-h"]), @r#"
    exit 0
    What may leave this machine, and whether it has

    Usage: pawtrail sync [OPTIONS] <COMMAND>

    Commands:
      enable   Allow this project to send its mission commits to a hub
      disable  Withdraw the permission; nothing leaves this machine any more
      status   Say what waits, what was acknowledged, and whether anything is sent at all
      now      Connect at once and wait until all is acknowledged
      preview  Show the exact bytes that would leave now, and what is held back and why
      log      Show what left: when, what, how much, where to
      run      Run the courier in the foreground
      stop     Stop this clone's courier, if one runs

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    "#);
}

#[test]
fn help_of_sync_enable() {
    insta::assert_snapshot!(run(&["sync", "enable", "-h"]), @r#"
    exit 0
    Allow this project to send its mission commits to a hub

    Usage: pawtrail sync enable [OPTIONS] <URL>

    Arguments:
      <URL>  The hub's address: `https://…`, or `http://…` on this machine

    Options:
          --token <TOKEN>      The project's token, as `pawtrail hub token create` printed it
          --token-file <FILE>  A file that holds the token; `-` is standard input
          --from-now           Send only what is committed from now on
      -h, --help               Print help (see more with '--help')

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail sync enable http://127.0.0.1:7878 --token-file token.txt
    "#);
}

#[test]
fn help_of_sync_now() {
    insta::assert_snapshot!(run(&["sync", "now", "-h"]), @r#"
    exit 0
    Connect at once and wait until all is acknowledged

    Usage: pawtrail sync now [OPTIONS]

    Options:
          --timeout <SECONDS>  How long to wait at most, in seconds [default: 30]
      -h, --help               Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail sync now --timeout 10
    "#);
}

#[test]
fn help_of_sync_run() {
    insta::assert_snapshot!(run(&["sync", "run", "-h"]), @r#"
    exit 0
    Run the courier in the foreground

    Usage: pawtrail sync run [OPTIONS]

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail sync run
    "#);
}

#[test]
fn help_of_hub() {
    insta::assert_snapshot!(run(&["hub", "-h"]), @r#"
    exit 0
    The server and its live board

    Usage: pawtrail hub [OPTIONS] <COMMAND>

    Commands:
      serve  Serve the hub and its board until interrupted
      token  Tokens: create, list, revoke

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    "#);
}

#[test]
fn help_of_hub_serve() {
    insta::assert_snapshot!(run(&["hub", "serve", "-h"]), @r#"
    exit 0
    Serve the hub and its board until interrupted

    Usage: pawtrail hub serve [OPTIONS]

    Options:
          --listen <ADDR>  Address and port; port 0 takes a free one [default: 127.0.0.1:7878]
          --store <PATH>   The hub's SQLite file; default: `pawtrail/hub.sqlite` in the user's data
                           directory
      -h, --help           Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail hub serve --listen 127.0.0.1:7878
    "#);
}

#[test]
fn help_of_hub_token_create() {
    insta::assert_snapshot!(run(&["hub", "token", "create", "-h"]), @r#"
    exit 0
    Make a token for one project; it is shown once

    Usage: pawtrail hub token create [OPTIONS]

    Options:
          --project <UUID>  The project it is for; default: the one of the current directory
          --label <TEXT>    A name to know it by [default: ""]
          --store <PATH>    The hub's SQLite file; default: `pawtrail/hub.sqlite` in the user's data
                            directory
      -h, --help            Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail hub token create --project 3f6c2c1e-8a51-4d0c-9a6d-6a1f3b0c7d55
    "#);
}

#[test]
fn a_missing_command() {
    insta::assert_snapshot!(run(&[]), @r#"
    exit 2
    (standard error)
    Spec-driven work with coding agents, with a memory that can be trusted

    Usage: pawtrail [OPTIONS] <COMMAND>

    Commands:
      init      Prepare this repository: project identity, ignore rules
      mission   Missions: create, list, show, ledger
      where     Say where a mission's files live, who chose that, and why
      decision  Decisions: request, answer, list, show, log
      next      Say what comes next in a mission: a step, a question, or the end
      wp        Work packages: move, note, subtask, list, seed
      board     Draw a mission's work packages by lane
      status    The status snapshot, `status.json`: fold, check
      glossary  The glossary: observe, sense, ask, resolve, list, show, rebuild
      commit    Commit exactly the named paths; index, stash and other files stay as they are
      verify    Prove that every answer is in a commit, and say which remotes have it
      audit     Say where event files hold private data, never what
      sanitize  Take private data out of JSON, from standard input to standard output
      hooks     Git hooks: install, remove, run
      doctor    Say what is wrong with this clone, and mend it
      sync      What may leave this machine, and whether it has
      queue     The offline queue: list, show, retry, drop
      hub       The server and its live board
      demo      Show the whole story on a scratch repository and a real hub, measured

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    See it work: pawtrail demo
    "#);
}

#[test]
fn a_missing_verb() {
    insta::assert_snapshot!(run(&["decision"]), @r#"
    exit 2
    (standard error)
    Decisions: request, answer, list, show, log

    Usage: pawtrail decision [OPTIONS] <COMMAND>

    Commands:
      request  Ask a question that a mission waits for
      answer   Answer a decision and commit it, together with its request
      list     List the decisions of a mission
      show     Show one decision with its history
      log      Read the decisions from git alone, at any commit

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    "#);
}

#[test]
fn an_unknown_command() {
    insta::assert_snapshot!(run(&["decison", "list"]), @r#"
    exit 2
    (standard error)
    error: unrecognized subcommand 'decison'

      tip: some similar subcommands exist: 'mission', 'demo', 'decision'

    Usage: pawtrail [OPTIONS] <COMMAND>

    For more information, try '--help'.
    "#);
}

#[test]
fn a_missing_argument() {
    insta::assert_snapshot!(run(&["decision", "request"]), @r#"
    exit 2
    (standard error)
    error: the following required arguments were not provided:
      --question <TEXT>

    Usage: pawtrail decision request --question <TEXT>

    For more information, try '--help'.
    "#);
}

#[test]
fn a_value_that_is_none() {
    insta::assert_snapshot!(run(&["decision", "answer", "yes", "no"]), @r#"
    exit 2
    (standard error)
    error: invalid value 'yes' for '<DECISION_ID>': `yes` is not a decision id (a ULID, `input:<key>` or `audit:<step>`)

    For more information, try '--help'.
    "#);
}

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(run(&["mission", "list", "--all"]), @r#"
    exit 2
    (standard error)
    error: unexpected argument '--all' found

    Usage: pawtrail mission list [OPTIONS]

    For more information, try '--help'.
    "#);
}

#[test]
fn quiet_and_verbose() {
    insta::assert_snapshot!(run(&["-q", "-v", "mission", "list"]), @r#"
    exit 2
    (standard error)
    error: the argument '--quiet' cannot be used with '--verbose...'

    Usage: pawtrail --quiet <COMMAND>

    For more information, try '--help'.
    "#);
}

#[test]
fn a_missing_command_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&[])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": "pawtrail [OPTIONS] <COMMAND>"
      },
      "message": "`pawtrail` needs a command",
      "next_step": "pawtrail --help"
    }
    "#);
}

#[test]
fn a_missing_verb_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["hub", "token"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": "pawtrail hub token [OPTIONS] <COMMAND>"
      },
      "message": "`pawtrail hub token` needs a command",
      "next_step": "pawtrail hub token --help"
    }
    "#);
}

#[test]
fn an_unknown_command_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["decison", "list"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": "pawtrail [OPTIONS] <COMMAND>"
      },
      "message": "unrecognized subcommand 'decison'",
      "next_step": "pawtrail --help"
    }
    "#);
}

#[test]
fn a_missing_argument_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["decision", "request"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": "pawtrail decision request --question <TEXT>"
      },
      "message": "the following required arguments were not provided: --question <TEXT>",
      "next_step": "pawtrail decision request --help"
    }
    "#);
}

#[test]
fn a_value_that_is_none_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["decision", "answer", "yes", "no"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": null
      },
      "message": "invalid value 'yes' for '<DECISION_ID>': `yes` is not a decision id (a ULID, `input:<key>` or `audit:<step>`)",
      "next_step": "pawtrail decision answer --help"
    }
    "#);
}

#[test]
fn a_topology_that_is_none_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["mission", "create", "payments", "--topology", "star"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": null
      },
      "message": "invalid value 'star' for '--topology <TOPOLOGY>' [possible values: single_branch, lanes, coord]",
      "next_step": "pawtrail mission create --help"
    }
    "#);
}

#[test]
fn an_unknown_flag_as_data() {
    insta::assert_snapshot!(format!("{:#}", error(&["mission", "list", "--all"])), @r#"
    {
      "code": "USAGE",
      "details": {
        "usage": "pawtrail mission list [OPTIONS]"
      },
      "message": "unexpected argument '--all' found",
      "next_step": "pawtrail mission list --help"
    }
    "#);
}

#[test]
fn version_and_help_as_data() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let (status, document) = pawtrail.json_in(scratch.path(), &["--version"]);
    assert_eq!(status, 0);
    assert_eq!(document["data"]["version"], env!("CARGO_PKG_VERSION"));
    let (status, document) = pawtrail.json_in(scratch.path(), &["decision", "answer", "--help"]);
    assert_eq!(status, 0);
    let help = document["data"]["help"].as_str().unwrap();
    assert!(help.contains("Usage: pawtrail decision answer"), "{help}");
    let output = pawtrail.run_in(scratch.path(), &["--version"]);
    assert_eq!(
        output.stdout,
        concat!("pawtrail ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn help_of_audit() {
    insta::assert_snapshot!(run(&["audit", "--help"]), @r"
    exit 0
    Say where event files hold private data, never what

    Looks at the work tree and the index. Ends with 1 where something was found.

    Usage: pawtrail audit [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Only these files and directories; default: all event files

    Options:
          --history
              Every version in the history of all branches and tags too

      -h, --help
              Print help (see a summary with '-h')

    Everywhere:
      -C <DIR>
              Run as if started in this directory

          --json
              Print exactly one JSON document on standard output

      -v, --verbose...
              Say more on standard error; twice: everything

      -q, --quiet
              Print nothing but errors

          --color <WHEN>
              Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail audit
      pawtrail audit --history --json
      pawtrail audit kitty-specs/payments-01KT119Y
    ");
}

#[test]
fn help_of_sanitize() {
    insta::assert_snapshot!(run(&["sanitize", "--help"]), @r"
    exit 0
    Take private data out of JSON, from standard input to standard output

    What holds nothing private comes out byte for byte. With --json, counts instead of the text.

    Usage: pawtrail sanitize [OPTIONS]

    Options:
          --lines
              One JSON document a line; default: one in all

      -h, --help
              Print help (see a summary with '-h')

    Everywhere:
      -C <DIR>
              Run as if started in this directory

          --json
              Print exactly one JSON document on standard output

      -v, --verbose...
              Say more on standard error; twice: everything

      -q, --quiet
              Print nothing but errors

          --color <WHEN>
              Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail sanitize < event.json
      pawtrail sanitize --lines < events.jsonl > clean.jsonl
    ");
}

#[test]
fn help_of_hooks() {
    insta::assert_snapshot!(run(&["hooks", "--help"]), @r"
    exit 0
    Git hooks: install, remove, run

    Usage: pawtrail hooks [OPTIONS] <COMMAND>

    Commands:
      install  Put our hooks behind those that are there
      remove   Take our hooks away; the ones from before get their names back
      run      Do what a hook does; git runs it

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too
    ");
}

#[test]
fn help_of_hooks_install() {
    insta::assert_snapshot!(run(&["hooks", "install", "--help"]), @r"
    exit 0
    Put our hooks behind those that are there

    post-commit, post-rewrite and post-merge: what git commits, rewrites and merges is recorded at once.
    A hook that is there keeps its arguments, input and exit code, and runs first. Linked worktrees
    share the hooks. Ours never fail git, and without consent they send nothing.

    Usage: pawtrail hooks install [OPTIONS]

    Options:
          --audit
              Also refuse commits of event files that hold private data (pre-commit)

      -h, --help
              Print help (see a summary with '-h')

    Everywhere:
      -C <DIR>
              Run as if started in this directory

          --json
              Print exactly one JSON document on standard output

      -v, --verbose...
              Say more on standard error; twice: everything

      -q, --quiet
              Print nothing but errors

          --color <WHEN>
              Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Examples:
      pawtrail hooks install
      pawtrail hooks install --audit
    ");
}

#[test]
fn help_of_hooks_remove() {
    insta::assert_snapshot!(run(&["hooks", "remove", "--help"]), @r"
    exit 0
    Take our hooks away; the ones from before get their names back

    Usage: pawtrail hooks remove [OPTIONS]

    Options:
      -h, --help  Print help

    Everywhere:
      -C <DIR>            Run as if started in this directory
          --json          Print exactly one JSON document on standard output
      -v, --verbose...    Say more on standard error; twice: everything
      -q, --quiet         Print nothing but errors
          --color <WHEN>  Colours: auto, always or never; NO_COLOR and CLICOLOR_FORCE count too

    Example:
      pawtrail hooks remove
    ");
}
