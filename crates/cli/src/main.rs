//! The program `pawtrail`: arguments in, one answer out.

mod args;
mod commands;
mod context;
mod demo;
mod error;
mod interrupt;
mod mcp;
mod output;
mod run;
mod schemas;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(run::run(&std::env::args_os().collect::<Vec<_>>()))
}
