//! `man`: the manual pages, one a command.

mod page;

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use pawtrail_repo::shell;
use serde_json::json;
use tempfile::NamedTempFile;

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
    let paths = write(&dir, &pages)?;
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let human = Text::new(&format!("Wrote {} pages.", pages.len()))
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

/// Writes all pages beside their places, and only then puts them there: each is whole, or as it was.
fn write(dir: &Path, pages: &[Page]) -> Result<Vec<PathBuf>, CliError> {
    if dir.exists() && !dir.is_dir() {
        let message = format!("{} is no directory", dir.display());
        return Err(CliError::bad_argument("--dir", message).next(elsewhere(dir)));
    }
    let failed = |what: &str, path: &Path, error: &io::Error| {
        CliError::io(&format!("can't {what} {}", path.display()), error).next(elsewhere(dir))
    };
    fs::create_dir_all(dir).map_err(|error| failed("make the directory", dir, &error))?;
    let mut written = Vec::new();
    for page in pages {
        let path = dir.join(&page.file);
        let file = beside(dir, page).map_err(|error| failed("write", &path, &error))?;
        written.push((file, path));
    }
    let mut paths = Vec::new();
    for (file, path) in written {
        file.persist(&path)
            .map_err(|error| failed("write", &path, &error.error))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Writes a page, flushed, under a name that goes away with what is returned.
fn beside(dir: &Path, page: &Page) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pawtrail-");
    let permissions = readable();
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(page.text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// What others may do with a page, as far as the user's umask lets them; a temporary file is private otherwise.
#[cfg(unix)]
fn readable() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable() -> Option<Permissions> {
    None
}

/// The command for somebody whose directory doesn't take the pages: the same into the user's own, or one that writes none.
fn elsewhere(dir: &Path) -> String {
    let own = std::env::home_dir().map(|home| home.join(".local/share/man/man1"));
    match own.as_deref().map(|own| (own == dir, own.to_str())) {
        Some((false, Some(own))) => format!("pawtrail man --dir {}", shell::quoted(own)),
        Some((true, _) | (false, None)) | None => "pawtrail man".to_owned(),
    }
}
