//! Who moves a work package: a name, or the binding that an agent was resolved to.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::loose::Loose;

/// Who acts in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor<'a> {
    /// A name.
    Name(Cow<'a, str>),
    /// What an agent was resolved to. Boxed: few rows have one, and all rows are as large as the largest.
    Binding(Box<Binding<'a>>),
}

/// What an agent was resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The role it acts in.
    pub role: Option<Cow<'a, str>>,
    /// The profile that it was given.
    pub profile: Option<Cow<'a, str>>,
    /// The program through which it acts.
    pub tool: Option<Cow<'a, str>>,
    /// The model.
    pub model: Option<Cow<'a, str>>,
}

/// The keys of a binding: these, and no others.
pub(crate) const KEYS: [&str; 4] = ["role", "profile", "tool", "model"];

impl<'a> Actor<'a> {
    /// Makes the actor of a name.
    pub fn name(name: impl Into<Cow<'a, str>>) -> Self {
        Self::Name(name.into())
    }

    /// Returns the name under which a snapshot shows the actor: of a binding its tool, else its role, else nothing.
    pub fn label(&self) -> &str {
        let said =
            |part: &'_ Option<Cow<'a, str>>| part.as_ref().is_some_and(|part| !part.is_empty());
        match self {
            Self::Name(name) => name,
            Self::Binding(binding) => {
                let (role, tool) = (&binding.role, &binding.tool);
                let part = if said(tool) { tool } else { role };
                part.as_deref().unwrap_or_default()
            }
        }
    }

    /// Returns the actor as rows have it.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Name(name) => Value::from(name.as_ref()),
            Self::Binding(binding) => json!({
                "role": binding.role,
                "profile": binding.profile,
                "tool": binding.tool,
                "model": binding.model,
            }),
        }
    }

    /// Returns the actor without a tie to the line it was read from.
    pub fn into_owned(self) -> Actor<'static> {
        let own = |part: Option<Cow<'a, str>>| part.map(|part| Cow::Owned(part.into_owned()));
        match self {
            Self::Name(name) => Actor::Name(Cow::Owned(name.into_owned())),
            Self::Binding(binding) => Actor::Binding(Box::new(Binding {
                role: own(binding.role),
                profile: own(binding.profile),
                tool: own(binding.tool),
                model: own(binding.model),
            })),
        }
    }

    pub(super) fn read(value: Loose<'a>) -> Result<Self, String> {
        let entries = match value {
            Loose::Map(entries) => entries,
            other @ (Loose::Null
            | Loose::Bool(_)
            | Loose::Number(_)
            | Loose::Text(_)
            | Loose::List(_)) => {
                return other
                    .to_text()
                    .map(Self::Name)
                    .ok_or_else(|| "`actor` is no name".to_owned());
            }
        };
        let mut parts: [Option<Option<Cow<'a, str>>>; 4] = [None, None, None, None];
        for (key, value) in entries {
            let at = KEYS.iter().position(|name| *name == key);
            let slot = at
                .and_then(|at| parts.get_mut(at))
                .ok_or_else(|| format!("`actor` has a key `{key}`, which no binding has"))?;
            *slot = Some(match value {
                Loose::Null => None,
                Loose::Text(text) => Some(text),
                Loose::Bool(_) | Loose::Number(_) | Loose::List(_) | Loose::Map(_) => {
                    return Err(format!("`actor.{key}` is no text"));
                }
            });
        }
        match parts {
            [Some(role), Some(profile), Some(tool), Some(model)] => {
                Ok(Self::Binding(Box::new(Binding {
                    role,
                    profile,
                    tool,
                    model,
                })))
            }
            _ => Err(format!("`actor` has not all of {}", KEYS.join(", "))),
        }
    }
}
