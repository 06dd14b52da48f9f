//! The templates that come with the program.

/// A template that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its key, which is the type of mission that it is for.
    pub key: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All of them, in the order in which they are listed.
pub const ALL: &[Builtin] = &[
    Builtin {
        key: "software-dev",
        text: include_str!("software-dev.yaml"),
    },
    Builtin {
        key: "research",
        text: include_str!("research.yaml"),
    },
    Builtin {
        key: "documentation",
        text: include_str!("documentation.yaml"),
    },
    Builtin {
        key: "plan",
        text: include_str!("plan.yaml"),
    },
];

/// Returns the template of this key.
pub fn get(key: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|builtin| builtin.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::significance::Gate;
    use crate::template::{Enforcement, parse};

    #[test]
    fn each_is_sound_and_asks_for_inputs_and_audits() {
        for builtin in ALL {
            let template = parse(builtin.text).unwrap();
            assert_eq!(template.key, builtin.key);
            assert_eq!(template.warnings, [], "{}", builtin.key);
            assert_eq!(get(builtin.key), Some(builtin));
            let mut steps = template.steps.iter();
            assert!(steps.any(|step| !step.requires_inputs.is_empty()));
            let asks = |enforcement, gate| {
                let mut audits = template.audits.iter();
                audits.any(|audit| audit.enforcement == enforcement && Gate::of(audit) == gate)
            };
            assert!(asks(Enforcement::Blocking, Gate::Hard), "{}", builtin.key);
            for step in &template.steps {
                let prompt = step.prompt.as_deref().unwrap();
                assert!(prompt.len() > 150, "{}", step.id);
                assert!(step.expected_output.is_some() && !step.description.is_empty());
            }
            assert!(
                template
                    .audits
                    .iter()
                    .all(|one| !one.description.is_empty())
            );
        }
        assert_eq!(get("other"), None);
    }

    #[test]
    fn together_they_have_every_gate() {
        let audits: Vec<_> = ALL
            .iter()
            .flat_map(|builtin| parse(builtin.text).unwrap().audits)
            .collect();
        for gate in [Gate::Passes, Gate::Soft, Gate::Hard] {
            assert!(
                audits.iter().any(|audit| Gate::of(audit) == gate),
                "{gate:?}"
            );
        }
        let mut advisory = audits.iter();
        assert!(advisory.any(|audit| audit.enforcement == Enforcement::Advisory));
        let mut triggered = audits
            .iter()
            .filter_map(|audit| audit.significance.as_ref());
        assert!(triggered.any(|score| !score.triggers().is_empty()));
    }

    #[test]
    fn the_first_step_of_software_development_is_discovery() {
        let template = parse(get("software-dev").unwrap().text).unwrap();
        let steps: Vec<&str> = template.steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(
            steps,
            [
                "discovery",
                "specify",
                "plan",
                "tasks",
                "implement",
                "review",
                "accept"
            ]
        );
    }
}
