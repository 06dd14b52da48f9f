//! The help and the usage errors, as people and programs see them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod completions;
mod man;
mod support;

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
fn error(args: &[&str]) -> String {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let (status, mut document) = pawtrail.json_in(scratch.path(), args);
    assert_eq!(status, 2);
    format!("{:#}", document["error"].take())
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

/// A test for each line of the program: what it shows is what the file of that name in `snapshots` holds.
macro_rules! shows {
    ($shown:ident: $($name:ident[$($word:literal),*];)+) => {
        $(
            #[test]
            fn $name() {
                let shown = $shown(&[$($word),*]);
                insta::assert_snapshot!(stringify!($name), shown);
            }
        )+
    };
}

shows! { run:
    help_of_the_program["--help"];
    help_of_the_program_short["-h"];
    help_of_init["init", "--help"];
    help_of_where["where", "--help"];
    help_of_commit["commit", "--help"];
    help_of_mcp["mcp", "--help"];
    help_of_demo["demo", "--help"];
    help_of_completions["completions", "--help"];
    help_of_man["man", "--help"];
    help_of_schema["schema", "--help"];
    help_of_mission["mission", "-h"];
    help_of_mission_ledger["mission", "ledger", "-h"];
    help_of_mission_create["mission", "create", "-h"];
    help_of_next["next", "-h"];
    help_of_next_owner["next", "owner", "-h"];
    help_of_next_delegate["next", "delegate", "-h"];
    help_of_next_unblock["next", "unblock", "-h"];
    help_of_next_template_check["next", "template", "check", "-h"];
    help_of_next_template_adopt["next", "template", "adopt", "-h"];
    help_of_decision["decision", "-h"];
    help_of_decision_request["decision", "request", "-h"];
    help_of_decision_answer["decision", "answer", "-h"];
    help_of_decision_list["decision", "list", "-h"];
    help_of_decision_show["decision", "show", "-h"];
    help_of_decision_log["decision", "log", "-h"];
    help_of_sync["sync", "-h"];
    help_of_sync_enable["sync", "enable", "-h"];
    help_of_sync_now["sync", "now", "-h"];
    help_of_sync_run["sync", "run", "-h"];
    help_of_hub["hub", "-h"];
    help_of_hub_serve["hub", "serve", "-h"];
    help_of_hub_token_create["hub", "token", "create", "-h"];
    help_of_audit["audit", "--help"];
    help_of_sanitize["sanitize", "--help"];
    help_of_hooks["hooks", "--help"];
    help_of_hooks_install["hooks", "install", "--help"];
    help_of_hooks_remove["hooks", "remove", "--help"];
    a_missing_command[];
    a_missing_verb["decision"];
    an_unknown_command["decison", "list"];
    a_missing_argument["decision", "request"];
    a_value_that_is_none["decision", "answer", "yes", "no"];
    a_shell_that_is_none["completions", "csh"];
    a_schema_that_is_none["schema", "local-comit"];
    an_unknown_flag["mission", "list", "--all"];
    quiet_and_verbose["-q", "-v", "mission", "list"];
}

shows! { error:
    a_missing_command_as_data[];
    a_missing_verb_as_data["hub", "token"];
    an_unknown_command_as_data["decison", "list"];
    a_missing_argument_as_data["decision", "request"];
    a_value_that_is_none_as_data["decision", "answer", "yes", "no"];
    a_schema_that_is_none_as_data["schema", "local-comit"];
    a_topology_that_is_none_as_data["mission", "create", "payments", "--topology", "star"];
    an_unknown_flag_as_data["mission", "list", "--all"];
}
