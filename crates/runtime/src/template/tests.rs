//! Templates: what is read, and what is said of what can't be.

use super::*;

const WHOLE: &str = r#"mission: {key: k, name: N, version: "1.2", description: D}
steps:
  - id: a
    title: A
    prompt: do it
    expected_output: a file
    requires_inputs: [goal]
    agent-profile: builder
    contract_ref: c
  - {id: b, title: B, depends_on: [a], prompt_template: sub/b.md, agent_profile: other, description: what b is}
audit_steps:
  - id: check
    title: Check
    depends_on: [b]
    audit: {trigger_mode: both, enforcement: blocking, label: L, metadata: {n: 1, l: [a, ~, 1.5, true]}}
    significance:
      dimensions:
        user_customer_impact: 3
        architectural_system_impact: 0
        data_security_compliance_impact: 1
        operational_reliability_impact: 2
        financial_commercial_impact: 3
        cross_team_blast_radius: 0
      hard_triggers: [architecture_foundation]
    raci:
      responsible: {actor_type: human}
      accountable: {actor_type: human, actor_id: alice}
      consulted: [{actor_type: llm}, {actor_type: service, actor_id: ci}]
    raci_override_reason: because
  - {id: note, title: Note, audit: {trigger_mode: post_merge, enforcement: advisory}}
"#;

#[track_caller]
fn problems(text: &str) -> Vec<String> {
    let error = parse(text).unwrap_err();
    assert!(!error.problems.is_empty());
    assert_eq!(error.code(), "TEMPLATE_INVALID");
    assert_eq!(error.exit_code(), 1);
    error.problems.iter().map(Problem::to_string).collect()
}

/// A template with one step, and this in it.
fn step(fields: &str) -> String {
    format!(
        "mission: {{key: k, name: n, version: '1'}}\nsteps:\n  - {{id: a, title: A, {fields}}}\n"
    )
}

/// A template with one audit, and this in it.
fn audit(fields: &str) -> String {
    format!(
        "mission: {{key: k, name: n, version: '1'}}\nsteps: [{{id: s, title: S}}]\naudit_steps:\n  - {{id: a, title: A, {fields}}}\n"
    )
}

#[test]
fn everything_that_a_template_can_say_is_read() {
    let template = parse(WHOLE).unwrap();
    assert_eq!((template.key.as_str(), template.name.as_str()), ("k", "N"));
    assert_eq!(template.version, "1.2");
    assert_eq!(template.description, "D");
    assert_eq!(template.warnings, []);
    let [a, b] = template.steps.as_slice() else {
        panic!("{:?}", template.steps)
    };
    assert_eq!(a.prompt.as_deref(), Some("do it"));
    assert_eq!(a.expected_output.as_deref(), Some("a file"));
    assert_eq!(a.requires_inputs, ["goal".parse().unwrap()]);
    assert_eq!(a.agent_profile.as_deref(), Some("builder"));
    assert_eq!(a.contract_ref.as_deref(), Some("c"));
    assert_eq!(b.agent_profile.as_deref(), Some("other"));
    assert_eq!(b.prompt_template.as_deref(), Some("sub/b.md"));
    assert_eq!(b.depends_on, std::slice::from_ref(&a.id));
    assert_eq!(b.description, "what b is");
    let [check, note] = template.audits.as_slice() else {
        panic!("{:?}", template.audits)
    };
    assert_eq!(check.trigger_mode, TriggerMode::Both);
    assert_eq!(check.enforcement, Enforcement::Blocking);
    assert_eq!(check.label.as_deref(), Some("L"));
    assert_eq!(
        check.metadata,
        Some(serde_json::json!({"n": 1, "l": ["a", null, 1.5, true]}))
    );
    let score = check.significance.as_ref().unwrap();
    assert_eq!(score.composite(), 9);
    assert_eq!(score.effective_band().as_str(), "high");
    let roles = check.raci.as_ref().unwrap();
    assert_eq!(roles.accountable.actor_id.as_deref(), Some("alice"));
    assert_eq!(roles.consulted.len(), 2);
    assert_eq!(roles.override_reason, "because");
    assert_eq!(note.trigger_mode, TriggerMode::PostMerge);
    assert_eq!(note.enforcement, Enforcement::Advisory);
    assert_eq!(note.significance, None);
    let ids: Vec<&str> = template.nodes().map(|node| node.id().as_str()).collect();
    assert_eq!(ids, ["a", "b", "check", "note"]);
    assert_eq!(template.node(&check.id).unwrap().title(), "Check");
    assert_eq!(template.node(&"zz".parse().unwrap()), None);
}

#[test]
fn the_short_form_makes_up_what_is_missing() {
    let steps = "steps: [{id: a, title: A}]\n";
    for (head, key, name, version) in [
        ("", "dir", "dir", "1.0.0"),
        ("name: N\n", "N", "N", "1.0.0"),
        ("key: k\n", "k", "dir", "1.0.0"),
        ("key: k\nname: N\nversion: 2\n", "k", "N", "2"),
        ("version: 1.5\n", "dir", "dir", "1.5"),
        ("version: 1.2.3\ndescription: D\n", "dir", "dir", "1.2.3"),
    ] {
        let template = parse_in(&format!("{head}{steps}"), "dir").unwrap();
        assert_eq!(
            (
                template.key.as_str(),
                template.name.as_str(),
                template.version.as_str()
            ),
            (key, name, version),
            "{head}"
        );
        assert_eq!(template.steps.len(), 1);
    }
    assert_eq!(parse(steps).unwrap().key, "mission");
}

#[test]
fn each_problem_has_its_place_and_all_are_listed() {
    let text = "mission:\n  key: k\n  name: 5\nsteps:\n  - id: a\n    depend_on: [b]\n  - title: no id\n  - {id: c, title: C, depends_on: [d, c]}\n  - {id: c, title: again}\n";
    assert_eq!(
        problems(text),
        [
            "2:3: `mission` has no `version`",
            "3:9: `mission`: `name` is a number, not a text; put it in quotes",
            "5:5: step `a` has no `title`",
            "6:5: step `a` has no key `depend_on`; is `depends_on` meant?",
            "7:5: step 2 has no `id`",
            "8:36: `c` depends on `d`, which is no step",
            "8:39: `c` depends on itself",
            "9:10: `c` stands twice; first at 8:10",
        ]
    );
}

#[test]
fn a_circle_is_named_once_where_it_begins() {
    let text = "mission: {key: k, name: n, version: '1'}\nsteps:\n  - {id: start, title: S}\n  - {id: a, title: A, depends_on: [c, start]}\n  - {id: b, title: B, depends_on: [a]}\n  - {id: c, title: C, depends_on: [b]}\naudit_steps:\n  - {id: x, title: X, depends_on: [y], audit: {trigger_mode: manual, enforcement: advisory}}\n  - {id: y, title: Y, depends_on: [x, a], audit: {trigger_mode: manual, enforcement: advisory}}\n";
    assert_eq!(
        problems(text),
        [
            "4:10: these wait for each other, so that none can begin: `a` → `c` → `b` → `a`",
            "8:10: these wait for each other, so that none can begin: `x` → `y` → `x`",
        ]
    );
    let many: String = (0..40)
        .map(|n| {
            format!(
                "  - {{id: s{n}, title: S, depends_on: [s{}]}}\n",
                (n + 1) % 40
            )
        })
        .collect();
    let found = problems(&format!("steps:\n{many}"));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("… 28 more → `s0`"), "{found:?}");
}

#[test]
fn an_unknown_dependency_names_the_one_that_was_meant() {
    let text =
        "steps:\n  - {id: specify, title: S}\n  - {id: plan, title: P, depends_on: [specfy]}\n";
    assert_eq!(
        problems(text),
        ["3:39: `plan` depends on `specfy`, which is no step; is `specify` meant?"]
    );
}

#[test]
fn keys_that_nobody_knows_are_reported_and_do_no_harm() {
    let text = "mission: {key: k, name: n, version: '1', runtime: {loop: x}}\nstates: [1]\nsteps:\n  - {id: a, title: A, order: 1}\n";
    let template = parse(text).unwrap();
    let warnings: Vec<String> = template.warnings.iter().map(Problem::to_string).collect();
    assert_eq!(
        warnings,
        [
            "2:1: the template: `states` is no key that means something here",
            "1:42: `mission`: `runtime` is no key that means something here",
            "4:23: step `a`: `order` is no key that means something here",
        ]
    );
    let weighed = audit("audit: {trigger_mode: manual, enforcement: advisory}, significance: ~");
    assert_eq!(parse(&weighed).unwrap().warnings.len(), 1);
}

#[test]
fn what_is_no_step_says_why() {
    for (text, reason) in [
        (step("depends_on: ~"), "`depends_on` is nothing, not a list"),
        (step("depends_on: b"), "`depends_on` is a text, not a list"),
        (
            step("depends_on: [[b]]"),
            "`depends_on` is a list, not a text",
        ),
        (
            step("requires_inputs: [two words]"),
            "`two words` is not an input key",
        ),
        (
            step("prompt: true"),
            "`prompt` is true or false, not a text; put it in quotes",
        ),
        (step("prompt: {a: b}"), "`prompt` is a mapping, not a text"),
        (step("prompt_template: ../x.md"), "without `..`"),
        (step("prompt_template: /x.md"), "without `..`"),
        (step("prompt_template: 'C:x.md'"), "without `..`"),
        (step("prompt_template: ''"), "without `..`"),
        (
            step("raci_override_reason: r"),
            "`raci_override_reason` without `raci`",
        ),
        (
            step("raci: {responsible: {actor_type: llm}, accountable: {actor_type: human}}"),
            "`raci` needs a `raci_override_reason`",
        ),
        (
            step(
                "raci: {responsible: {actor_type: llm}, accountable: {actor_type: llm}}, raci_override_reason: r",
            ),
            "`accountable` must be human",
        ),
        (
            step(
                "raci: {responsible: {actor_type: robot}, accountable: {actor_type: human}}, raci_override_reason: r",
            ),
            "`actor_type` is `robot`; it can be `human`, `llm` or `service`",
        ),
        (
            step("raci: {accountable: {actor_type: human}, owner: me}, raci_override_reason: r"),
            "`raci` has no key `owner`",
        ),
        (
            step("raci: x, raci_override_reason: r"),
            "`raci` is a text, not a mapping",
        ),
        (step("title: B"), "this is no YAML that can be read"),
        (audit("x: 1"), "has no `audit`"),
        (
            audit("audit: {trigger_mode: never, enforcement: blocking}"),
            "can be `manual`, `post_merge` or `both`",
        ),
        (
            audit("audit: {trigger_mode: both, enforcement: blocking, more: 1}"),
            "has no key `more`",
        ),
        (
            audit("audit: {trigger_mode: both, enforcement: blocking, metadata: 1}"),
            "`metadata` is a number",
        ),
        (audit("audit: []"), "`audit` is a list, not a mapping"),
        (
            audit(
                "audit: {trigger_mode: both, enforcement: blocking}, raci: {responsible: {actor_type: llm}, accountable: {actor_type: human}}, raci_override_reason: r",
            ),
            "`responsible` of a blocking audit must be human",
        ),
        (
            audit("audit: {trigger_mode: both, enforcement: blocking}, significance: {}"),
            "has no `dimensions`",
        ),
        (
            audit(
                "audit: {trigger_mode: both, enforcement: blocking}, significance: {dimensions: {user_customer_impact: 4}, hard_triggers: [x]}",
            ),
            "`user_customer_impact` is no whole number from 0 to 3",
        ),
        (
            audit(
                "audit: {trigger_mode: both, enforcement: blocking}, significance: {dimensions: {user_customer_impact: 3}, hard_triggers: [x]}",
            ),
            "`x` is none; there are `production_data_destructive`",
        ),
        (
            audit(
                "audit: {trigger_mode: both, enforcement: blocking}, significance: {dimensions: {}}",
            ),
            "lacks `architectural_system_impact`",
        ),
        (
            "- a\n".to_owned(),
            "a template is a mapping, and this is a list",
        ),
        (
            String::new(),
            "a template is a mapping, and this is nothing",
        ),
        ("steps: []\n".to_owned(), "the template has no steps"),
        (
            "mission: {key: k, name: n, version: '1'}\n".to_owned(),
            "the template has no steps",
        ),
        (
            "mission: 1\nsteps: [{id: a, title: A}]".to_owned(),
            "`mission` is a number, not a mapping",
        ),
        ("steps: [1]".to_owned(), "step 1 is a number, not a mapping"),
        (
            "steps: [{id: 'a b', title: A}]".to_owned(),
            "`a b` is not a step id",
        ),
        (
            "steps: [{id: a, title: ' '}]".to_owned(),
            "`title` is empty",
        ),
        (
            "steps: [{id: a, title: \"A\\nB\"}]".to_owned(),
            "more than one line",
        ),
        ("steps: [".to_owned(), "this is no YAML that can be read"),
        ("a: &a [*a, *a]\nsteps: []".to_owned(), "this is no YAML"),
    ] {
        let found = problems(&text);
        assert!(
            found.iter().any(|problem| problem.contains(reason)),
            "{text}\n{found:#?}"
        );
        for problem in found {
            let (place, _) = problem.split_once(": ").unwrap();
            let (line, column) = place.split_once(':').unwrap();
            assert!(line.parse::<u64>().unwrap() > 0 && column.parse::<u64>().unwrap() > 0);
        }
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let long = |bytes: usize| "x".repeat(bytes);
    for (text, reason) in [
        (format!("# {}", long(MAX_BYTES)), "the limit is 1048576"),
        (
            step(&format!("prompt: {}", long(64 * 1024 + 1))),
            "the limit is 65536",
        ),
        (
            format!("steps: [{{id: a, title: {}}}]", long(1025)),
            "the limit is 1024",
        ),
        (
            format!("steps: [{}]", "{id: a, title: A},".repeat(2_049)),
            "the limit is 2048",
        ),
        (format!("steps: {}", "[".repeat(5_000)), "this is no YAML"),
        (bomb(), "this is no YAML"),
    ] {
        let found = problems(&text);
        assert!(found[0].contains(reason), "{:.300}", found[0]);
        assert!(found[0].len() < 500);
    }
}

/// Ten lists of ten, nine deep.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let all = vec![format!("*a{}", n - 1); 10].join(", ");
        text += &format!("a{n}: &a{n} [{all}]\n");
    }
    text
}

#[test]
fn a_template_is_known_by_its_bytes() {
    assert_eq!(
        hash(b"abc").as_str(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "[a-z:{}\\[\\], \n#&*'\"|>~0-9-]{0,200}") {
        match parse(&text) {
            Ok(template) => proptest::prop_assert!(!template.steps.is_empty() || !template.audits.is_empty()),
            Err(error) => proptest::prop_assert!(error.problems.iter().all(|one| one.place.line > 0)),
        }
    }
}
