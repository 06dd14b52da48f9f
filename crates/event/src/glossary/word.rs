//! The closed vocabularies of the glossary: scopes, statuses, and how grave or strict something is.

/// Why a text is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", .expected.join(", "))]
pub struct WordError {
    /// The words that are known.
    pub expected: &'static [&'static str],
    /// The refused text, cut to 80 characters.
    pub word: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$own:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$own])* $variant),+
        }

        impl $name {
            /// Every word, in the order of the type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word as it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(WordError { expected: &[$($text),+], word: text.chars().take(80).collect() }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<Self, WordError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// Where a meaning holds; the first has precedence. The seed file is named after it.
    Scope {
        /// In one mission.
        MissionLocal = "mission_local",
        /// In the team's own language.
        TeamDomain = "team_domain",
        /// In the language of those it is made for.
        AudienceDomain = "audience_domain",
        /// In the language of the tool.
        SpecKittyCore = "spec_kitty_core",
    }
);

words!(
    /// How settled a meaning is.
    Status {
        /// It counts.
        Active = "active",
        /// It was found, and nobody confirmed it.
        Draft = "draft",
        /// It counted once.
        Deprecated = "deprecated",
    }
);

words!(
    /// How urgent a question or how severe a conflict is.
    Urgency {
        /// It can wait.
        Low = "low",
        /// It should not wait long.
        Medium = "medium",
        /// Work waits for it.
        High = "high",
    }
);

words!(
    /// How strictly meanings are checked.
    Strictness {
        /// Not at all.
        Off = "off",
        /// Grave conflicts stop work.
        Medium = "medium",
        /// Every conflict stops work.
        Max = "max",
    }
);

words!(
    /// The strictness that stopped work; `off` never does.
    Mode {
        /// Grave conflicts stop work.
        Medium = "medium",
        /// Every conflict stops work.
        Max = "max",
    }
);

words!(
    /// What a check recommends.
    Action {
        /// Stop.
        Block = "block",
        /// Go on, and say so.
        Warn = "warn",
        /// Go on.
        Pass = "pass",
    }
);

words!(
    /// What kind of conflict a term is in.
    Nature {
        /// It has several meanings.
        Overloaded = "overloaded",
        /// Its meaning has moved.
        Drift = "drift",
        /// Which meaning is meant can't be told.
        Ambiguous = "ambiguous",
    }
);
