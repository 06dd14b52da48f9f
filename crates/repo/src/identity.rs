//! The project's identity in `.kittify/config.yaml`, read as the Python tool reads it, comments kept.
//!
//! Source of the format: spec-kitty's `project` section (`uuid`, `slug`), committed with the project.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pawtrail_event::ProjectUuid;
use serde::{Deserialize, Serialize};

use crate::durable::{self, Access};
use crate::error::{Error, Result};

/// Who a project is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The project's UUID.
    pub uuid: ProjectUuid,
    /// Its short name.
    pub slug: Option<String>,
}

/// The file, relative to the repository root.
pub(crate) const FILE: &str = ".kittify/config.yaml";
/// The most bytes of a configuration file that are read.
const LIMIT: usize = 1024 * 1024;

#[derive(Debug, Clone, Default, Deserialize)]
struct Config {
    #[serde(default)]
    project: Option<ProjectSection>,
    #[serde(default)]
    protection: Option<ProtectionSection>,
    #[serde(default)]
    status: Option<StatusSection>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ProjectSection {
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    slug: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct StatusSection {
    #[serde(default)]
    order: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ProtectionSection {
    #[serde(default)]
    protected_branches: Option<Vec<String>>,
}

/// Returns where a checkout keeps its configuration.
pub(crate) fn config_path(root: &Path) -> PathBuf {
    root.join(FILE)
}

/// Reads the identity of the project in the checkout at `root`.
pub(crate) fn read(root: &Path) -> Result<Option<Identity>> {
    let path = config_path(root);
    let Some(section) = load(&path)?.and_then(|config| config.project) else {
        return Ok(None);
    };
    let Some(text) = section.uuid else {
        return Ok(None);
    };
    let uuid = text
        .trim()
        .to_ascii_lowercase()
        .parse()
        .map_err(|error| Error::Damaged {
            path,
            message: format!("project.uuid: {error}"),
        })?;
    Ok(Some(Identity {
        uuid,
        slug: section.slug,
    }))
}

/// Reads the project's own list of protected branches; `None` when it has none, empty when it protects nothing.
pub(crate) fn protected_branches(root: &Path) -> Result<Option<Vec<String>>> {
    Ok(load(&config_path(root))?
        .and_then(|config| config.protection)
        .and_then(|section| section.protected_branches))
}

/// Reads by what the project orders its status rows (`status.order`); `None` where it doesn't say.
pub(crate) fn status_order(root: &Path) -> Result<Option<String>> {
    Ok(load(&config_path(root))?
        .and_then(|config| config.status)
        .and_then(|section| section.order))
}

/// Adds an identity to the checkout's configuration; what is there stays as it is, comments included.
pub(crate) fn write(root: &Path, identity: &Identity) -> Result<()> {
    let path = config_path(root);
    let before = durable::read(&path)?.unwrap_or_default();
    let damaged = |message: String| Error::Damaged {
        path: path.clone(),
        message,
    };
    let text = String::from_utf8(before).map_err(|_| damaged("it is no UTF-8".to_owned()))?;
    let slug = identity.slug.as_deref().unwrap_or("project");
    let after = if text.trim().is_empty() {
        format!(
            "{text}project:\n  uuid: {}\n  slug: {}\n",
            identity.uuid,
            scalar(slug)
        )
    } else {
        edited(&text, identity.uuid.as_str(), slug).map_err(damaged)?
    };
    // The editor is young: what it made must read back as what was meant.
    let config: Config = parse(&after).map_err(damaged)?;
    let read_back = config.project.and_then(|section| section.uuid);
    if read_back.as_deref() != Some(identity.uuid.as_str()) {
        return Err(Error::Damaged {
            path,
            message:
                "the identity can't be added without changing the rest; add `project.uuid` by hand"
                    .to_owned(),
        });
    }
    durable::replace(&path, after.as_bytes(), Access::Shared)
}

/// Returns a slug as YAML takes it for text, and not for a number, a date or a truth.
fn scalar(slug: &str) -> String {
    const OTHERS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if slug.starts_with(|c: char| c.is_ascii_alphabetic()) && !OTHERS.contains(&slug) {
        slug.to_owned()
    } else {
        format!("\"{slug}\"")
    }
}

fn edited(text: &str, uuid: &str, slug: &str) -> std::result::Result<String, String> {
    let config: Config = parse(text)?;
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    if config.project.is_none() && !text.lines().any(|line| line.starts_with("project:")) {
        return Ok(format!(
            "{text}{newline}project:\n  uuid: {uuid}\n  slug: {}\n",
            scalar(slug)
        ));
    }
    let file: yaml_edit::YamlFile = text.parse().map_err(|error| format!("{error}"))?;
    let document = file.document().ok_or("it holds no document")?;
    let mapping = document.as_mapping().ok_or("it is no mapping")?;
    let project = mapping
        .get_mapping("project")
        .ok_or("`project` is no mapping")?;
    project.set("uuid", uuid);
    if config.project.and_then(|section| section.slug).is_none() {
        if scalar(slug) == slug {
            project.set("slug", slug);
        } else {
            project.set("slug", yaml_edit::ScalarValue::double_quoted(slug));
        }
    }
    Ok(file.to_string())
}

fn load(path: &Path) -> Result<Option<Config>> {
    let Some(content) = durable::read(path)? else {
        return Ok(None);
    };
    let damaged = |message: String| Error::Damaged {
        path: path.to_owned(),
        message,
    };
    if content.len() > LIMIT {
        return Err(damaged("it is larger than 1 MiB".to_owned()));
    }
    let text = String::from_utf8(content).map_err(|_| damaged("it is no UTF-8".to_owned()))?;
    understood(text).map(Some).map_err(damaged)
}

/// Parses a configuration. What was parsed last is kept: one command asks several times, and YAML is dear.
fn understood(text: String) -> std::result::Result<Config, String> {
    static LAST: Mutex<Option<(String, Config)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, config)) = &*last
        && *known == text
    {
        return Ok(config.clone());
    }
    let config = parse(&text)?;
    *last = Some((text, config.clone()));
    Ok(config)
}

fn parse(text: &str) -> std::result::Result<Config, String> {
    if text.trim().is_empty() {
        return Ok(Config::default());
    }
    let parsed: Option<Config> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok(parsed.unwrap_or_default())
}
