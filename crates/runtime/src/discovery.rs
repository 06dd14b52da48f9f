//! Where a mission's template is found: the first place that has one for its kind.
//!
//! Source: spec-kitty's order of places: the variable, overrides and missions of the project, its packs, the user's own,
//! what is built in. For `software-dev` the built-in template comes before the user's own.

use std::path::{Component, Path, PathBuf};

use pawtrail_event::TemplateHash;
use pawtrail_repo::Project;

use crate::builtin;
use crate::error::{Error, Result};
use crate::template::{self, Template};

/// Names directories with templates, as `PATH` names programs.
pub const VARIABLE: &str = "SPEC_KITTY_MISSION_PATHS";
const RUNTIME: &str = "mission-runtime.yaml";
const MISSION: &str = "mission.yaml";
/// The kind of mission whose built-in template comes before the user's own.
const SOFTWARE_DEV: &str = "software-dev";
/// Longer files are no templates.
const LIMIT: u64 = 1024 * 1024;

/// A template, and where it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it says.
    pub template: Template,
    /// Its bytes.
    pub text: String,
    /// Their digest.
    pub hash: TemplateHash,
    /// The place: `env`, `project_override`, `project`, `project_pack`, `user` or `builtin`.
    pub tier: Tier,
    /// Where it is: relative to the repository, or behind the name of what it is relative to: `builtin:plan`.
    pub path: String,
    /// What would have come before it and can't be used: a template of the user's own.
    pub passed_over: Option<String>,
}

/// The kinds of places, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Named by the variable.
    Env,
    /// `.kittify/overrides/missions`.
    ProjectOverride,
    /// `.kittify/missions`.
    Project,
    /// Named by `mission_packs` of `.kittify/config.yaml`.
    ProjectPack,
    /// `~/.kittify/missions`.
    User,
    /// Part of the program.
    Builtin,
}

impl Tier {
    /// Returns the name that `next` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::ProjectOverride => "project_override",
            Self::Project => "project_legacy",
            Self::ProjectPack => "project_config",
            Self::User => "global_mission",
            Self::Builtin => "builtin",
        }
    }
}

/// Finds the template of a kind of mission. One of the user's own that can't be used is passed over where a built-in one
/// follows: spec-kitty installs its templates there, and some of them lack steps.
///
/// # Errors
/// [`Error::NoTemplate`] where no place has one; [`Error::Template`] where the first that is there can't be used.
pub fn find(project: &Project, mission_type: &str) -> Result<Found> {
    let mut tiers = vec![
        Tier::Env,
        Tier::ProjectOverride,
        Tier::Project,
        Tier::ProjectPack,
    ];
    if mission_type == SOFTWARE_DEV {
        tiers.extend([Tier::Builtin, Tier::User]);
    } else {
        tiers.extend([Tier::User, Tier::Builtin]);
    }
    let mut unusable = None;
    for tier in tiers {
        if tier == Tier::Builtin {
            if let Some(found) = built_in(mission_type)? {
                let passed_over = unusable.as_ref().map(ToString::to_string);
                return Ok(Found {
                    passed_over,
                    ..found
                });
            }
            continue;
        }
        for root in roots(project, tier)? {
            match in_root(project, tier, &root, mission_type) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error @ Error::Template { .. }) if tier == Tier::User => unusable = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
    Err(unusable.unwrap_or_else(|| Error::NoTemplate {
        mission_type: mission_type.to_owned(),
    }))
}

impl Found {
    /// Says which template was passed over, if one was.
    pub(crate) fn warning(&self) -> Option<String> {
        let why = self.passed_over.as_ref()?;
        Some(format!(
            "the built-in template is used, because one of your own can't be: {}",
            why.replace('\n', "; ")
        ))
    }
}

/// Reads the template at a place that [`find`] named, as it is now; none where it is no longer there, or is built in: then
/// nobody can have edited it.
///
/// # Errors
/// When it can't be read.
pub fn live(project: &Project, path: &str) -> Result<Option<String>> {
    let (tier, relative) = match path.split_once(':') {
        Some(("builtin", _)) => return Ok(None),
        Some(("env", rest)) => (Some(Tier::Env), rest),
        Some(("pack", rest)) => (Some(Tier::ProjectPack), rest),
        Some(("user", rest)) => (Some(Tier::User), rest),
        Some(_) | None => (None, path),
    };
    let relative = Path::new(relative);
    // It comes from a log: it may name nothing above the place that it is relative to.
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Ok(None);
    }
    let roots = match tier {
        Some(tier) => roots(project, tier)?,
        None => project_root(project).into_iter().collect(),
    };
    for root in roots {
        let file = match root.is_file() {
            true => root,
            false => root.join(relative),
        };
        if let Some(text) = read(&file)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Returns a built-in template as found.
fn built_in(mission_type: &str) -> Result<Option<Found>> {
    let Some(builtin) = builtin::get(mission_type) else {
        return Ok(None);
    };
    let text = builtin.text;
    let path = format!("builtin:{mission_type}");
    let template = template::parse(text).map_err(|error| Error::template(&path, error))?;
    Ok(Some(Found {
        hash: template::hash(text.as_bytes()),
        template,
        text: text.to_owned(),
        tier: Tier::Builtin,
        path,
        passed_over: None,
    }))
}

fn in_root(
    project: &Project,
    tier: Tier,
    root: &Path,
    mission_type: &str,
) -> Result<Option<Found>> {
    for file in candidates(root, mission_type) {
        let Some(text) = read(&file)? else {
            continue;
        };
        let own = file.parent().and_then(Path::file_name) == Some(mission_type.as_ref());
        let runtime = file.file_name() == Some(RUNTIME.as_ref());
        let dir = file.parent().and_then(Path::file_name).unwrap_or_default();
        let template = match template::parse_in(&text, &dir.to_string_lossy()) {
            Ok(template) if template.key == mission_type => template,
            Ok(_) => continue,
            // A `mission.yaml` may be something else, and a template elsewhere another mission's.
            Err(_) if !(own && runtime) => continue,
            Err(error) => return Err(Error::template(&file.display().to_string(), error)),
        };
        return Ok(Some(Found {
            hash: template::hash(text.as_bytes()),
            template,
            text,
            tier,
            path: named(project, tier, root, &file),
            passed_over: None,
        }));
    }
    Ok(None)
}

/// The files of a root that may be the template, first to last.
fn candidates(root: &Path, mission_type: &str) -> Vec<PathBuf> {
    if root.is_file() {
        let known = [RUNTIME, MISSION].iter().any(|name| root.ends_with(name));
        return known.then(|| root.to_owned()).into_iter().collect();
    }
    // The kind of a mission comes from its `meta.json`: it must be a name, not a path.
    let mut dirs = Vec::new();
    if matches!(
        Path::new(mission_type).components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    ) {
        dirs.push(root.join(mission_type));
        dirs.push(root.join("missions").join(mission_type));
    }
    dirs.push(root.to_owned());
    dirs.iter()
        .flat_map(|dir| [dir.join(RUNTIME), dir.join(MISSION)])
        .collect()
}

fn roots(project: &Project, tier: Tier) -> Result<Vec<PathBuf>> {
    let root = project_root(project);
    Ok(match tier {
        Tier::Env => match std::env::var_os(VARIABLE) {
            Some(paths) => std::env::split_paths(&paths)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            None => Vec::new(),
        },
        Tier::ProjectOverride => root
            .map(|root| root.join(".kittify/overrides/missions"))
            .into_iter()
            .collect(),
        Tier::Project => root
            .map(|root| root.join(".kittify/missions"))
            .into_iter()
            .collect(),
        Tier::ProjectPack => match root {
            Some(root) => packs(&root)?.iter().map(|pack| root.join(pack)).collect(),
            None => Vec::new(),
        },
        Tier::User => home()
            .map(|home| home.join(".kittify").join("missions"))
            .into_iter()
            .collect(),
        Tier::Builtin => Vec::new(),
    })
}

fn project_root(project: &Project) -> Option<PathBuf> {
    project.primary().or(project.checkout()).map(Path::to_owned)
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME")
        .or_else(|| std::env::var_os("USERPROFILE"))
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}

/// The `mission_packs` of the project's configuration.
fn packs(root: &Path) -> Result<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Config {
        #[serde(default)]
        mission_packs: Vec<String>,
    }
    let Some(text) = read(&root.join(".kittify").join("config.yaml"))? else {
        return Ok(Vec::new());
    };
    if !text.contains("mission_packs") {
        return Ok(Vec::new());
    }
    let config: Config = serde_saphyr::from_str(&text).map_err(|error| Error::Config {
        message: error.to_string(),
    })?;
    Ok(config.mission_packs)
}

/// Reads a text of a sensible size; none where there is no such file.
fn read(path: &Path) -> Result<Option<String>> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    match std::fs::metadata(path) {
        Ok(known) if !known.is_file() => return Ok(None),
        Ok(known) if known.len() > LIMIT => {
            return Err(failed(std::io::Error::other("it is larger than 1 MiB")));
        }
        Ok(_) => {}
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    std::fs::read_to_string(path).map(Some).map_err(failed)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

/// How a run remembers the file: never by a path of this machine.
fn named(project: &Project, tier: Tier, root: &Path, file: &Path) -> String {
    let slashed = |path: &Path| {
        let parts: Vec<_> = path
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        parts.join("/")
    };
    if let Some(inside) =
        project_root(project).and_then(|root| file.strip_prefix(root).ok().map(Path::to_owned))
        && inside
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    {
        return slashed(&inside);
    }
    let name = match file.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => slashed(below),
        Ok(_) | Err(_) => slashed(Path::new(file.file_name().unwrap_or_default())),
    };
    let prefix = match tier {
        Tier::Env => "env",
        Tier::ProjectPack | Tier::ProjectOverride | Tier::Project => "pack",
        Tier::User => "user",
        Tier::Builtin => "builtin",
    };
    format!("{prefix}:{name}")
}

/// Returns the name of the kind of place that a run remembers.
pub fn tier_of(path: &str) -> &'static str {
    let tier = match path.split_once(':') {
        Some(("builtin", _)) => Tier::Builtin,
        Some(("env", _)) => Tier::Env,
        Some(("pack", _)) => Tier::ProjectPack,
        Some(("user", _)) => Tier::User,
        Some(("unknown", _)) => return "unknown",
        Some(_) | None if path.starts_with(".kittify/overrides/missions/") => Tier::ProjectOverride,
        Some(_) | None if path.starts_with(".kittify/missions/") => Tier::Project,
        Some(_) | None => Tier::ProjectPack,
    };
    tier.as_str()
}
