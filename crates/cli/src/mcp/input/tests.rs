//! Whatever comes in arrives as it was: property by property, and by the examples of the help.

use std::collections::{BTreeMap, BTreeSet};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::args::Cli;
use crate::mcp::tools;

const HERE: &str = if cfg!(windows) { r"C:\here" } else { "/here" };
const ID: &str = "01KT11A2B3C4D5E6F7G8H9JKMN";

/// What a line gives, by the ids of the arguments, positional ones all in one.
#[derive(Debug, Default, PartialEq)]
struct Given(BTreeMap<String, Vec<OsString>>);

impl Given {
    fn add(&mut self, id: &str, values: impl IntoIterator<Item = OsString>) {
        self.0.entry(id.to_owned()).or_default().extend(values);
    }
}

const BEHIND: &str = "(behind the options)";

/// What the program understands.
fn understood(words: &[OsString], tool: &Tool) -> Result<Given, clap::Error> {
    let mut program = Cli::command();
    program.build();
    let line = [&[OsString::from("pawtrail")], words].concat();
    let all = program.clone().try_get_matches_from(line)?;
    let (mut command, mut found) = (&program, &all);
    for word in tool.offer.command {
        let (name, inner) = found.subcommand().unwrap();
        assert_eq!(name, *word);
        (command, found) = (command.find_subcommand(name).unwrap(), inner);
    }
    assert_eq!(found.subcommand_name(), None);
    Ok(given(command, found))
}

fn given(command: &Command, found: &ArgMatches) -> Given {
    let mut given = Given::default();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        if !found.ids().any(|found| found == id)
            || found.value_source(id) != Some(ValueSource::CommandLine)
        {
            continue;
        }
        let id = if arg.is_positional() { BEHIND } else { id };
        let values = found.get_raw(arg.get_id().as_str()).unwrap_or_default();
        // A flag says no more than that it is set.
        let takes = arg.get_action().takes_values();
        let values = values.filter(|_| takes).map(OsString::from);
        given.add(id, values);
    }
    given
}

/// Values that look like something else.
fn nasty() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "--",
        "-",
        "",
        "-C",
        "--json",
        "--force",
        "--token=x",
        "-5",
        "=",
        "--help",
        "a=b",
        "'\"$(x)`;&|",
        "ä\u{202e}\n",
    ]);
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop_oneof![
        known.prop_map(str::to_owned),
        any.clone(),
        any.prop_map(|text| format!("--{text}"))
    ]
}

/// A value of a field; those of a form that the program asks for are always the same.
fn value(
    field: &Field,
    program: &Command,
    tool: &Tool,
    texts: &mut impl Iterator<Item = String>,
) -> Value {
    let mut command = program;
    for word in tool.offer.command {
        command = command.find_subcommand(word).unwrap();
    }
    let long = field.option.as_deref();
    let arg = command
        .get_arguments()
        .find(|arg| long.is_some() && arg.get_long() == long);
    let parser = arg.map(|arg| arg.get_value_parser().type_id());
    let is_path = parser.is_some_and(|id| id == std::any::TypeId::of::<PathBuf>());
    let mut text = || match texts.next() {
        Some(text) if !(text.is_empty() && (is_path || field.option.is_none())) => text,
        Some(_) | None => "text".to_owned(),
    };
    match (&field.kind, field.name.as_str()) {
        (Kind::Text, "decision_id" | "conflict_id") => json!(ID),
        (Kind::Text, "wp") => json!("WP01"),
        (Kind::Text, "step") if tool.offer.name == "next_report" => json!("specify"),
        (Kind::Text, _) => json!(text()),
        (Kind::Choice(values), _) => json!(values.last()),
        (Kind::Texts, _) => json!([text(), text(), text()]),
        (Kind::Whole, _) => json!(7),
        (Kind::Number, _) => json!(-0.25),
        (Kind::Flag, _) => json!(true),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_arrives_as_it_was_and_nothing_becomes_a_flag(
        at in any::<Index>(),
        all in any::<bool>(),
        texts in prop::collection::vec(nasty(), 24),
    ) {
        let tools = tools().unwrap();
        let tool = at.get(&tools);
        let mut program = Cli::command();
        program.build();
        let mut texts = texts.into_iter();
        let (mut input, mut expected) = (Map::new(), Given::default());
        expected.add("json", []);
        expected.add("dir", [HERE.into()]);
        for flag in tool.offer.always {
            expected.add(flag, []);
        }
        // `--all` and `--mission` exclude each other.
        let fields = tool.fields.iter().filter(|field| field.name != "all");
        for field in fields {
            let value = match field.required || all {
                true => value(field, &program, tool, &mut texts),
                false => match field.otherwise {
                    Some(otherwise) => json!(otherwise),
                    None => continue,
                },
            };
            if field.required || all {
                input.insert(field.name.clone(), value.clone());
            }
            let id = field.option.as_deref().map_or(BEHIND.to_owned(), |long| {
                let mut command = &program;
                for word in tool.offer.command {
                    command = command.find_subcommand(word).unwrap();
                }
                let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long));
                arg.unwrap().get_id().to_string()
            });
            let values: Vec<OsString> = match &value {
                Value::Bool(_) => Vec::new(),
                Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().into()).collect(),
                Value::String(text) => vec![text.into()],
                Value::Number(number) => vec![number.to_string().into()],
                Value::Null | Value::Object(_) => panic!("no field is that"),
            };
            expected.add(&id, values);
        }
        let words = tool.words(&input, Path::new(HERE)).unwrap();
        let understood = understood(&words, tool);
        prop_assert_eq!(understood.map_err(|error| error.to_string()), Ok(expected), "{:?}", words);
    }
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    let tools = tools().unwrap();
    let list = tools
        .iter()
        .find(|tool| tool.offer.name == "queue_list")
        .unwrap();
    let words = |limit: Value| {
        let input = Map::from_iter([("limit".to_owned(), limit)]);
        list.words(&input, Path::new(HERE))
            .map(|words| words.last().unwrap().clone())
            .ok()
    };
    for (limit, expected) in [
        (json!(7), Some("--limit=7")),
        (json!(7.0), Some("--limit=7")),
        (json!(0.0), Some("--limit=0")),
        (json!(u64::MAX), Some("--limit=18446744073709551615")),
        (json!(7.5), None),
        (json!(-1), None),
        (json!(-1.0), None),
        (json!(1e300), None),
    ] {
        assert_eq!(
            words(limit.clone()),
            expected.map(OsString::from),
            "{limit}"
        );
    }
}

/// Splits an example as a shell does; none where it does more than to run a command.
fn split(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.trim().chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '<' | '>' | '|' | '$') => return None,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// The input that says what an example says; none where the example is not one of this tool.
fn input_of(tool: &Tool, command: &Command, found: &ArgMatches) -> Option<Map<String, Value>> {
    let given = given(command, found).0;
    let mut always: BTreeSet<&str> = tool.offer.always.iter().copied().collect();
    let (mut input, mut behind) = (Map::new(), given.get(BEHIND).cloned().unwrap_or_default());
    for (id, values) in &given {
        if matches!(id.as_str(), "json" | BEHIND) || always.remove(id.as_str()) {
            continue;
        }
        let arg = command.get_arguments().find(|arg| arg.get_id() == id)?;
        let field = tool
            .fields
            .iter()
            .find(|field| field.option.as_deref() == arg.get_long())?;
        let texts: Vec<&str> = values.iter().map(|value| value.to_str().unwrap()).collect();
        let value = match field.kind {
            Kind::Flag => json!(true),
            Kind::Texts => json!(texts),
            Kind::Whole | Kind::Number => texts[0].parse().unwrap(),
            Kind::Text | Kind::Choice(_) => json!(texts[0]),
        };
        input.insert(field.name.clone(), value);
    }
    let places: Vec<&Field> = tool
        .fields
        .iter()
        .filter(|field| field.option.is_none())
        .collect();
    for (at, field) in places.iter().enumerate() {
        let text = |value: OsString| json!(value.to_str().unwrap());
        if field.kind == Kind::Texts {
            let last = match places.get(at + 1).map(|next| &next.kind) {
                Some(Kind::Choice(values)) => {
                    let last = behind.last()?.to_str().unwrap();
                    usize::from(values.iter().any(|value| value == last))
                }
                Some(_) | None => 0,
            };
            let many = behind
                .drain(..behind.len() - last)
                .map(text)
                .collect::<Vec<_>>();
            if !many.is_empty() {
                input.insert(field.name.clone(), json!(many));
            }
        } else if !behind.is_empty() {
            input.insert(field.name.clone(), text(behind.remove(0)));
        }
    }
    (always.is_empty() && behind.is_empty()).then_some(input)
}

#[test]
fn each_tool_takes_what_the_help_shows() {
    let mut program = Cli::command();
    program.build();
    for tool in tools().unwrap() {
        let mut command = &program;
        for word in tool.offer.command {
            command = command.find_subcommand(word).unwrap();
        }
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let lines = help.lines().filter(|line| line.starts_with("  pawtrail "));
        let mut taken = 0;
        for words in lines.filter_map(split) {
            let all = program.clone().try_get_matches_from(&words).unwrap();
            let mut found = &all;
            for _ in tool.offer.command {
                found = found.subcommand().unwrap().1;
            }
            let Some(input) = input_of(&tool, command, found) else {
                continue;
            };
            if tool
                .fields
                .iter()
                .any(|field| field.required && !input.contains_key(&field.name))
            {
                continue;
            }
            let made = tool.words(&input, Path::new(HERE)).unwrap();
            let mut made = understood(&made, &tool).unwrap();
            let mut shown = given(command, found);
            // What each call says besides.
            for also in ["json", "dir"] {
                made.0.remove(also);
                shown.0.remove(also);
            }
            for field in tool.fields.iter().filter(|field| field.otherwise.is_some()) {
                if !input.contains_key(&field.name) {
                    match &field.option {
                        Some(_) => drop(made.0.remove(&field.name)),
                        None => drop(made.0.get_mut(BEHIND).unwrap().pop()),
                    }
                }
            }
            assert_eq!(made, shown, "{words:?}");
            taken += 1;
        }
        // The help shows no line that takes over.
        assert!(
            taken > 0 || tool.offer.name == "next_take_over",
            "{}",
            tool.offer.name
        );
    }
}
