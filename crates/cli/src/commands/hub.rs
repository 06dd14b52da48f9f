//! `hub`: serves the hub and its board, and keeps its tokens.

use std::io;
use std::path::{Path, PathBuf};

use pawtrail_hub::{Access, Certificate, Hub, Reach};
use pawtrail_repo::shell::quoted;
use serde_json::json;
use tokio::net::TcpListener;

use crate::args::{HubCommand, ServeArgs, StoreArg, TokenCommand, TokenCreateArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::interrupt::interrupted;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, table};

pub(super) fn run(context: &Context, command: &HubCommand) -> Result<Done, CliError> {
    match command {
        HubCommand::Serve(args) => serve(context, args),
        HubCommand::Token(TokenCommand::Create(args)) => create(context, args),
        HubCommand::Token(TokenCommand::List { store }) => list(context, store),
        HubCommand::Token(TokenCommand::Revoke { id, store }) => revoke(context, id, store),
    }
}

fn serve(context: &Context, args: &ServeArgs) -> Result<Done, CliError> {
    context.start_log(true);
    let reach = reach(context, args)?;
    let hub = open(context, &args.store)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::io("can't start the server", &error))?;
    runtime.block_on(async {
        let busy = |error: io::Error| {
            CliError::io(&format!("can't listen on {}", args.listen), &error)
                .next("pawtrail hub serve --listen 127.0.0.1:0")
        };
        let listener = TcpListener::bind(args.listen).await.map_err(busy)?;
        let address = listener.local_addr().map_err(busy)?;
        reach.check(address)?;
        // From here on a signal ends the hub in order; before, it ends the process.
        let interrupted = interrupted()?;
        let public = reach.public();
        let url = public.map_or_else(|| format!("http://{address}"), ToString::to_string);
        let text = Text::new("The hub is up; Ctrl-C ends it.")
            .field("board", format!("{url}/"))
            .maybe(
                "shown to",
                public.map(|_| "whoever gives a token of its project"),
            )
            .maybe("listens on", public.map(|_| address))
            .field("token", token_command(&args.store))
            .field(
                "clients",
                format!("pawtrail sync enable {url} --token-file FILE"),
            );
        let data = json!({
            "url": url,
            "board_url": format!("{url}/"),
            "listen": address.to_string(),
        });
        context
            .output
            .started(&Done::new(data, text.done()))
            .map_err(|error| CliError::io("can't write standard output", &error))?;
        match pawtrail_hub::serve(hub, listener, reach, interrupted).await {
            Ok(()) => Ok(Done::silent()),
            Err(error) => Ok(context.output.failed_late(&error.into())),
        }
    })
}

/// Who can reach the hub; its files are read now, so that a wrong one is told before anybody connects.
fn reach(context: &Context, args: &ServeArgs) -> Result<Reach, CliError> {
    let file = |path: &Path| context.dir.join(path);
    match (&args.public_url, &args.tls_cert, &args.tls_key) {
        (Some(public), Some(certificate), Some(key)) => Ok(Reach::Tls {
            public: public.clone(),
            certificate: Certificate::open(&file(certificate), &file(key))?,
        }),
        (Some(public), None, None) if args.behind_proxy => Ok(Reach::Proxy {
            public: public.clone(),
        }),
        (Some(_), None, None) => Err(CliError::bad_argument(
            "--public-url",
            "it says nothing of who speaks TLS; add --tls-cert and --tls-key, or --behind-proxy",
        )
        .next("pawtrail hub serve --help")),
        // Half of a pair the parser has refused.
        (None | Some(_), None | Some(_), None | Some(_)) => Ok(Reach::Loopback),
    }
}

/// The command that makes a token for this very store.
fn token_command(store: &StoreArg) -> String {
    let create = "pawtrail hub token create";
    match &store.store {
        Some(path) => format!(
            "{create} --store {}  (in a project)",
            quoted(&path.display().to_string())
        ),
        None => format!("{create}  (in a project)"),
    }
}

fn create(context: &Context, args: &TokenCreateArgs) -> Result<Done, CliError> {
    let project = match &args.project {
        Some(uuid) => uuid.clone(),
        None => context.project()?.uuid()?,
    };
    let hub = open(context, &args.store)?;
    let new = if args.read_only {
        hub.create_read_only_token(&project, &args.label)?
    } else {
        hub.create_token(&project, &args.label)?
    };
    let text = Text::new("A new token; it is shown this once.")
        .field("token", &new.token)
        .field("id", &new.id)
        .field("project", &new.project);
    let text = match new.access {
        Access::ReadWrite => text.next("pawtrail sync enable URL --token-file FILE"),
        Access::ReadOnly => text.field("may", may(new.access)),
    };
    Ok(Done::new(to_json(&new)?, text.done()))
}

/// What a token allows, in words.
fn may(access: Access) -> &'static str {
    match access {
        Access::ReadWrite => "look and send",
        Access::ReadOnly => "look",
    }
}

fn list(context: &Context, store: &StoreArg) -> Result<Done, CliError> {
    // Whoever looks makes nothing.
    let path = path(context, store)?;
    let tokens = match (&store.store, path.exists()) {
        (_, true) => open(context, store)?.tokens()?,
        (None, false) => Vec::new(),
        (Some(_), false) => return Err(no_store(&path)),
    };
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            let revoked = token.revoked_at.map(|at| format!("revoked {at}"));
            vec![
                token.id.to_string(),
                token.project.to_string(),
                may(token.access).to_owned(),
                token.created_at.to_string(),
                revoked.unwrap_or_else(|| "valid".to_owned()),
                plain(&token.label),
            ]
        })
        .collect();
    let human = if rows.is_empty() {
        Text::new("There are no tokens.")
            .next("pawtrail hub token create")
            .done()
    } else {
        table(
            &["id", "project", "may", "created", "state", "label"],
            &rows,
        )
    };
    Ok(Done::new(json!({ "tokens": to_json(&tokens)? }), human))
}

fn revoke(context: &Context, id: &str, store: &StoreArg) -> Result<Done, CliError> {
    // The next command has to look into the same store.
    let there = |error| {
        let error = CliError::from(error);
        match (&error.next_step, &store.store) {
            (Some(list), Some(path)) => {
                let next = format!("{list} --store {}", quoted(&path.display().to_string()));
                error.next(next)
            }
            (None, _) | (_, None) => error,
        }
    };
    let id = id.parse().map_err(there)?;
    let path = path(context, store)?;
    if !path.exists() {
        return Err(no_store(&path));
    }
    open(context, store)?.revoke(&id).map_err(there)?;
    let text = Text::new("The token is revoked.").field("id", &id);
    Ok(Done::new(json!({ "id": id }), text.done()))
}

fn no_store(path: &Path) -> CliError {
    let message = format!("there is no hub's store at {}", path.display());
    CliError::refused("HUB_STORE_MISSING", message).next("pawtrail hub token create --help")
}

fn path(context: &Context, store: &StoreArg) -> Result<PathBuf, CliError> {
    match &store.store {
        Some(path) => Ok(context.dir.join(path)),
        None => default_store(),
    }
}

fn open(context: &Context, store: &StoreArg) -> Result<Hub, CliError> {
    let path = path(context, store)?;
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| {
            let dir = quoted(&dir.display().to_string());
            CliError::io(&format!("can't make the directory {dir}"), &error)
        })?;
    }
    Ok(Hub::open(&path)?)
}

/// The hub's store in the user's data directory, as each system has it.
fn default_store() -> Result<PathBuf, CliError> {
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let dir = if cfg!(windows) {
        var("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| PathBuf::from(home).join("Library/Application Support"))
    } else {
        var("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
            .or_else(|| var("HOME").map(|home| PathBuf::from(home).join(".local/share")))
    };
    match dir {
        Some(dir) => Ok(dir.join("pawtrail").join("hub.sqlite")),
        None => Err(
            CliError::refused("NO_HOME", "no home directory to keep the hub's store in")
                .next("pawtrail hub serve --store hub.sqlite"),
        ),
    }
}
