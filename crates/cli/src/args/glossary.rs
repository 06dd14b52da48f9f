//! Arguments of `glossary`.

use clap::{Args, Subcommand, ValueEnum};
use pawtrail_event::ConflictId;

/// The verbs of `glossary`.
#[derive(Debug, Subcommand)]
pub(crate) enum GlossaryCommand {
    /// Note that a term was met; stays in this clone
    #[command(
        after_help = "Example:\n  pawtrail glossary observe --term dashboard --confidence 0.7"
    )]
    Observe(ObserveArgs),
    /// Note a meaning that was found and that nobody was asked about; stays in this clone
    #[command(
        after_help = "Example:\n  pawtrail glossary sense --term dashboard --definition \"A page of charts\""
    )]
    Sense(SenseArgs),
    /// Ask the team what a term means
    #[command(
        after_help = "Example:\n  pawtrail glossary ask --term dashboard --question \"Which dashboard?\" --option \"A page of charts\" --option \"The car's\""
    )]
    Ask(AskArgs),
    /// Say what a term means: in the seed file at once, and committed
    #[command(
        after_help = "Example:\n  pawtrail glossary resolve 01KT11A2B3C4D5E6F7G8H9JKMN --definition \"A page of charts\""
    )]
    Resolve(ResolveArgs),
    /// List the terms and the open questions
    #[command(after_help = "Example:\n  pawtrail glossary list --scope team_domain")]
    List(ScopeFilter),
    /// Show what a term means in each scope; the first counts
    #[command(after_help = "Example:\n  pawtrail glossary show dashboard")]
    Show(TermArg),
    /// Rebuild the glossary from seed files and resolutions, and compare
    #[command(
        after_help = "Examples:\n  pawtrail glossary rebuild --check\n  pawtrail glossary rebuild --fix"
    )]
    Rebuild(RebuildArgs),
}

/// What each verb that writes takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who acts: a role or a name that may be public
    #[arg(
        long,
        value_name = "NAME",
        default_value = "user",
        hide_default_value = true
    )]
    pub(crate) actor: String,
}

/// Where a meaning holds.
#[derive(Debug, Args)]
pub(crate) struct ScopeArg {
    /// Where it means that: mission_local, team_domain, audience_domain or spec_kitty_core
    #[arg(
        long,
        value_name = "SCOPE",
        default_value = "team_domain",
        hide_possible_values = true
    )]
    pub(crate) scope: ScopeName,
}

/// The scopes, in the order of their precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ScopeName {
    /// In one mission
    MissionLocal,
    /// In the team's language
    TeamDomain,
    /// In the language of those it is made for
    AudienceDomain,
    /// In the language of the tool
    SpecKittyCore,
}

/// How urgent a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UrgencyName {
    /// It can wait
    Low,
    /// It should not wait long
    Medium,
    /// Work waits for it
    High,
}

/// Arguments of `glossary observe`.
#[derive(Debug, Args)]
pub(crate) struct ObserveArgs {
    /// The term as it stood there
    #[arg(long, value_name = "TERM")]
    pub(crate) term: String,
    /// Where it was met
    #[command(flatten)]
    pub(crate) scope: ScopeArg,
    /// How sure it is that this is a term, from 0 to 1
    #[arg(long, value_name = "NUMBER", default_value_t = 0.5)]
    pub(crate) confidence: f64,
    /// The step that met it
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// Mission and actor
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of `glossary sense`.
#[derive(Debug, Args)]
pub(crate) struct SenseArgs {
    /// The term
    #[arg(long, value_name = "TERM")]
    pub(crate) term: String,
    /// What it means
    #[arg(long, value_name = "TEXT")]
    pub(crate) definition: String,
    /// Where it means that
    #[command(flatten)]
    pub(crate) scope: ScopeArg,
    /// Why
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) reason: String,
    /// Mission and actor
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of `glossary ask`.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The term
    #[arg(long, value_name = "TERM")]
    pub(crate) term: String,
    /// The question
    #[arg(long, value_name = "TEXT")]
    pub(crate) question: String,
    /// A possible meaning; may be given several times
    #[arg(long = "option", value_name = "TEXT")]
    pub(crate) options: Vec<String>,
    /// How urgent it is: low, medium or high
    #[arg(
        long,
        value_name = "URGENCY",
        default_value = "medium",
        hide_possible_values = true
    )]
    pub(crate) urgency: UrgencyName,
    /// Where it would mean that
    #[command(flatten)]
    pub(crate) scope: ScopeArg,
    /// The step that asks
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// The event of the check that found the conflict
    #[arg(long, value_name = "EVENT")]
    pub(crate) check: Option<String>,
    /// Mission and actor
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of `glossary resolve`.
#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// The conflict, as `glossary ask` or `glossary list` names it
    pub(crate) conflict_id: ConflictId,
    /// What the term means
    #[arg(long, value_name = "TEXT")]
    pub(crate) definition: String,
    /// Where it means that; default: where it was asked for
    #[arg(long, value_name = "SCOPE", hide_possible_values = true)]
    pub(crate) scope: Option<ScopeName>,
    /// Replace a meaning that was resolved after this was asked
    #[arg(long)]
    pub(crate) replace: bool,
    /// Mission and actor
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of `glossary list`.
#[derive(Debug, Args)]
pub(crate) struct ScopeFilter {
    /// Only this scope
    #[arg(long, value_name = "SCOPE", hide_possible_values = true)]
    pub(crate) scope: Option<ScopeName>,
    /// Taken as every verb takes it; terms belong to the project
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
}

/// Arguments of `glossary show`.
#[derive(Debug, Args)]
pub(crate) struct TermArg {
    /// The term
    pub(crate) term: String,
    /// Taken as every verb takes it; terms belong to the project
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
}

/// Arguments of `glossary rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {
    /// Fail where seed files and resolutions differ
    #[arg(long)]
    pub(crate) check: bool,
    /// Mend the seed files, and commit that
    #[arg(long, conflicts_with = "check")]
    pub(crate) fix: bool,
    /// The mission on whose ledger branch that is committed where the current branch is protected
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
}
