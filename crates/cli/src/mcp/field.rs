//! What a tool takes: an argument of its command, as a field of the input.

use std::any::TypeId;

use clap::{Arg, ArgAction};
use pawtrail_event::status::Lane;
use serde_json::{Value, json};

use super::offer::Offer;

/// What a tool takes.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in the input.
    pub(super) name: String,
    help: String,
    /// What it can be.
    pub(super) kind: Kind,
    /// Whether each call has to give it.
    pub(super) required: bool,
    /// The option that it becomes; none where it is a positional argument.
    pub(super) option: Option<String>,
    /// What the command gets where the input doesn't say.
    pub(super) otherwise: Option<&'static str>,
    default: Option<String>,
}

/// What a value can be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// One of these.
    Choice(Vec<String>),
    /// Texts.
    Texts,
    /// A whole number from zero.
    Whole,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
}

impl Field {
    /// What an argument becomes: one field, or two where its last word has a meaning of its own (`WP… LANE`).
    pub(super) fn of(arg: &Arg, offer: &Offer) -> Vec<Self> {
        let id = arg.get_id().as_str();
        let help = arg.get_long_help().or(arg.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let names = arg.get_value_names().unwrap_or_default();
        if let Some(split) = SPLIT.iter().find(|split| names == split.names) {
            return split.fields();
        }
        // A positional argument is known by what it is called in the usage; one that holds many, by its id.
        let name = match (arg.get_long(), names) {
            (Some(long), _) if !arg.is_positional() => long,
            (_, [name])
                if arg
                    .get_num_args()
                    .is_some_and(|range| range.max_values() == 1) =>
            {
                name
            }
            (Some(_) | None, _) => id,
        };
        let otherwise = (id == ACTOR_TYPE).then_some(LLM);
        let defaults = arg.get_default_values().iter();
        let mut defaults = defaults.filter_map(|value| value.to_str());
        let default = defaults.next().filter(|value| !value.is_empty());
        let kind = Kind::of(arg);
        vec![Self {
            name: snake(name),
            help,
            required: (arg.is_required_set() || offer.required.contains(&id))
                && otherwise.is_none(),
            option: (!arg.is_positional()).then(|| name.to_owned()),
            otherwise,
            default: default.filter(|_| kind != Kind::Flag).map(str::to_owned),
            kind,
        }]
    }

    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut schema = match &self.kind {
            Kind::Text => json!({ "type": "string" }),
            Kind::Choice(values) => json!({ "type": "string", "enum": values }),
            Kind::Texts => json!({
                "type": "array",
                "items": { "type": "string" },
            }),
            Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Flag => json!({ "type": "boolean" }),
        };
        if self.kind == Kind::Texts && self.required {
            schema["minItems"] = json!(1);
        }
        schema["description"] = json!(self.help);
        if let Some(default) = self.otherwise.or(self.default.as_deref()) {
            schema["default"] = match self.kind {
                Kind::Whole | Kind::Number => default.parse().unwrap_or(Value::Null),
                Kind::Text | Kind::Choice(_) | Kind::Texts | Kind::Flag => json!(default),
            };
        }
        schema
    }
}

/// Who calls a tool is a program, whatever the command takes somebody at a keyboard for.
const ACTOR_TYPE: &str = "actor_type";
const LLM: &str = "llm";

/// An argument whose last word has a meaning of its own. The command line has one sentence for both.
struct Split {
    names: [&'static str; 2],
    help: [&'static str; 2],
    /// What the last word can be.
    last: &'static [&'static str],
    /// What it is where it is left out; said always, for one of the others could be taken for it.
    otherwise: Option<&'static str>,
}

const SPLIT: [Split; 2] = [
    Split {
        names: ["WP", "LANE"],
        help: ["The work packages", "The lane that they move to"],
        last: &LANES,
        otherwise: None,
    },
    Split {
        names: ["SUBTASK", "STATE"],
        help: ["The subtasks", "What they are"],
        last: &["done", "planned"],
        otherwise: Some("done"),
    },
];

/// The lanes of a board, by name.
const LANES: [&str; Lane::DISPLAY.len()] = {
    let mut names = [""; Lane::DISPLAY.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Lane::DISPLAY[at].as_str();
        at += 1;
    }
    names
};

impl Split {
    fn fields(&self) -> Vec<Field> {
        let [many, last] = self.names.map(snake);
        let [many_help, last_help] = self.help.map(str::to_owned);
        let choices = self.last.iter().copied().map(String::from).collect();
        let field = |name, help, kind, otherwise: Option<&'static str>| Field {
            name,
            help,
            kind,
            required: otherwise.is_none(),
            option: None,
            otherwise,
            default: None,
        };
        vec![
            field(many, many_help, Kind::Texts, None),
            field(last, last_help, Kind::Choice(choices), self.otherwise),
        ]
    }
}

impl Kind {
    fn of(arg: &Arg) -> Self {
        if !arg.get_action().takes_values() {
            return Self::Flag;
        }
        let many = arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1);
        if many || matches!(arg.get_action(), ArgAction::Append) {
            return Self::Texts;
        }
        let parser = arg.get_value_parser();
        if let Some(values) = parser.possible_values() {
            return Self::Choice(values.map(|value| value.get_name().to_owned()).collect());
        }
        let is = |types: &[TypeId]| types.iter().any(|one| parser.type_id() == *one);
        let whole = [
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
        ];
        if is(&whole) {
            Self::Whole
        } else if is(&[TypeId::of::<f64>()]) {
            Self::Number
        } else {
            Self::Text
        }
    }
}

fn snake(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}
