//! Who has which role in a step: by its kind, or as the template says.

use pawtrail_event::decision::ActorType;
use pawtrail_event::run::raci::{Binding, Raci, Source};

use crate::template::{Enforcement, Node};

/// Who stands for a kind of actor that no one is named for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The mission's owner, for people.
    pub owner: Option<&'a str>,
    /// The agent at work, for language models.
    pub agent: Option<&'a str>,
}

/// Returns the roles of a step, with names where they are known.
pub fn resolve(node: Node<'_>, known: Known<'_>) -> Raci {
    let name = |binding: &Binding| Binding {
        actor_type: binding.actor_type,
        actor_id: binding.actor_id.clone().or_else(|| {
            match binding.actor_type {
                ActorType::Human => known.owner,
                ActorType::Llm => known.agent,
                ActorType::Service => None,
            }
            .map(str::to_owned)
        }),
    };
    let all = |bindings: &[Binding]| bindings.iter().map(name).collect();
    if let Some(roles) = node.roles() {
        return Raci {
            step_id: node.id().clone(),
            responsible: name(&roles.responsible),
            accountable: name(&roles.accountable),
            consulted: all(&roles.consulted),
            informed: all(&roles.informed),
            source: Source::Explicit,
            inferred_rule: None,
            override_reason: Some(roles.override_reason.clone()),
        };
    }
    let (responsible, rule) = match node {
        Node::Step(_) => (ActorType::Llm, "prompt_default"),
        Node::Audit(audit) => match audit.enforcement {
            Enforcement::Blocking => (ActorType::Human, "audit_blocking"),
            Enforcement::Advisory => (ActorType::Llm, "audit_advisory"),
        },
    };
    let of = |actor_type| {
        name(&Binding {
            actor_type,
            actor_id: None,
        })
    };
    Raci {
        step_id: node.id().clone(),
        responsible: of(responsible),
        accountable: of(ActorType::Human),
        consulted: Vec::new(),
        informed: Vec::new(),
        source: Source::Inferred,
        inferred_rule: Some(rule.to_owned()),
        override_reason: None,
    }
}
