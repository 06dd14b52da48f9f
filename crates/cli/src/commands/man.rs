//! `man`: the manual pages, one a command.

mod page;

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use pawtrail_repo::shell;
use serde_json::json;

use super::generated::{self, Generated};
use crate::args::{Cli, ManArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::text::Text;

use page::Page;

pub(super) fn man(context: &Context, args: &ManArgs) -> Result<Done, CliError> {
    let mut program = Cli::command();
    program.build();
    let Some(dir) = &args.pages else {
        let page = Page::of(&program, None).map_err(|error| CliError::internal(&error))?;
        let human = page.text.trim_end().to_owned();
        return Ok(Done::new(json!({ "page": page.text }), human).verbatim());
    };
    let mut pages = Vec::new();
    collect(&program, None, &mut pages).map_err(|error| CliError::internal(&error))?;
    let dir = context.dir.join(dir);
    let files: Vec<Generated> = pages
        .into_iter()
        .map(|page| Generated {
            file: page.file,
            text: page.text,
        })
        .collect();
    let shown = generated::write(&dir, &files, &elsewhere(&dir))?;
    let human = Text::new(&format!("Wrote {} pages.", files.len()))
        .field("dir", dir.display())
        .field(
            "pages",
            "pawtrail.1, and pawtrail-<command>.1 for each command",
        );
    Ok(Done::new(json!({ "pages": shown }), human.done()))
}

/// The pages of a command and of all below it, but the hidden ones.
fn collect(command: &Command, above: Option<&Page>, pages: &mut Vec<Page>) -> io::Result<()> {
    let page = Page::of(command, above)?;
    let inner = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set());
    let mut below = Vec::new();
    for inner in inner {
        collect(inner, Some(&page), &mut below)?;
    }
    pages.push(page);
    pages.append(&mut below);
    Ok(())
}

/// The command for somebody whose directory doesn't take the pages: the same into the user's own, or one that writes none.
fn elsewhere(dir: &Path) -> String {
    let own = std::env::home_dir().map(|home| home.join(".local/share/man/man1"));
    match own.as_deref().map(|own| (own == dir, own.to_str())) {
        Some((false, Some(own))) => format!("pawtrail man --dir {}", shell::quoted(own)),
        Some((true, _) | (false, None)) | None => "pawtrail man".to_owned(),
    }
}
