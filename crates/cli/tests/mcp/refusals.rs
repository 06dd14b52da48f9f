//! What no call can do: grant consent, hand a flag to a command, or pass what its schema doesn't have.

use pawtrail_testkit::{Project, Scratch, text};
use serde_json::{Value, json};

use crate::support::{Agent, BINARY};

#[test]
fn no_tool_and_no_text_grants_consent() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    for tool in agent.tools() {
        let name = text(&tool["name"]);
        let forbidden = [
            "enable", "disable", "token", "serve", "hooks", "delegate", "owner", "adopt",
        ];
        assert!(
            !name.split('_').any(|word| forbidden.contains(&word)),
            "{name}"
        );
        for input in ["token", "token_file", "url", "hooks", "watch", "stdin"] {
            assert!(
                tool["inputSchema"]["properties"].get(input).is_none(),
                "{name}: {input}"
            );
        }
    }
    for name in [
        "sync_enable",
        "sync enable",
        "hub_token_create",
        "hooks_install",
        "../sync",
    ] {
        let said = agent.ask("tools/call", &json!({ "name": name, "arguments": {} }));
        assert_eq!(said["error"]["code"], -32602, "{said}");
    }
    let texts = [
        "--help",
        "--",
        "-C",
        "--json --version",
        "--actor-type=human",
        "sync enable http://127.0.0.1:1 --token x",
        "; pawtrail sync enable http://127.0.0.1:1",
        "$(pawtrail hub token create)",
    ];
    for said in texts {
        let asked = agent.must(
            "decision_request",
            &json!({ "question": said, "option": [said], "actor": "coder" }),
        );
        let id = text(&asked["data"]["decision_id"]);
        agent.must(
            "decision_answer",
            &json!({ "decision_id": id, "answer": said }),
        );
        let shown = agent.must("decision_show", &json!({ "decision_id": id }));
        assert_eq!(
            (
                &shown["data"]["question"],
                &shown["data"]["answer"],
                &shown["data"]["options"]
            ),
            (&json!(said), &json!(said), &json!([said])),
        );
        let found = agent.call("where", &json!({ "mission": said }));
        assert_ne!(found.exit, 0, "{said}: {:#}", found.document);
    }
    assert!(
        project
            .rows()
            .iter()
            .all(|row| row["payload"]["actor"]["actor_type"] == "llm")
    );
    agent.fails("sync_now", &json!({}), 6, "EGRESS_DENIED");
    let private = project.repo.path().join(".git/pawtrail/sync");
    for file in ["consent.json", "token"] {
        assert!(!private.join(file).exists());
    }
}

#[test]
fn what_the_schema_does_not_have_is_refused_before_anything_runs() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let before = project.repo.git(&["for-each-ref"]);
    let long = "x".repeat(40_000);
    let many = json!(vec!["x"; 300]);
    let wrong: [(&str, Value, &str); 12] = [
        (
            "decision_answer",
            json!({ "decision_id": "input:a" }),
            "answer: it is missing",
        ),
        (
            "decision_answer",
            json!({ "answer": 1, "decision_id": "input:a" }),
            "answer: a string is expected",
        ),
        (
            "decision_request",
            json!({ "question": "?", "json": true }),
            "json: there is no such input",
        ),
        (
            "decision_request",
            json!({ "question": "?", "option": "a" }),
            "option: an array of strings is expected",
        ),
        (
            "decision_request",
            json!({ "question": "?", "option": many }),
            "option: it has more than 256 items",
        ),
        (
            "decision_request",
            json!({ "question": "a\u{0}b" }),
            "question: it holds a null character",
        ),
        (
            "decision_request",
            json!({ "question": long }),
            "question: it has more than 32768 bytes",
        ),
        (
            "decision_list",
            json!({ "open": "yes" }),
            "open: true or false is expected",
        ),
        (
            "queue_list",
            json!({ "limit": -1 }),
            "limit: a whole number from 0 is expected",
        ),
        (
            "wp_move",
            json!({ "wp": [], "lane": "done" }),
            "wp: it is empty",
        ),
        (
            "wp_subtask",
            json!({ "wp": "WP01", "subtask": ["T1"], "state": "open" }),
            "state: it is one of done, planned",
        ),
        (
            "where",
            json!({ "dir": "project" }),
            "dir: an absolute path is expected",
        ),
    ];
    for (tool, input, problem) in wrong {
        let error = agent.fails(tool, &input, 2, "INVALID_ARGUMENT");
        assert_eq!(error["details"]["problems"], json!([problem]));
        assert!(text(&error["next_step"]).ends_with(" --help"));
    }
    let texts = json!(vec!["x".repeat(30_000); 5]);
    let error = agent.fails(
        "decision_request",
        &json!({ "question": "?", "option": texts }),
        2,
        "INVALID_ARGUMENT",
    );
    assert!(text(&error["message"]).contains("more than 131072 bytes"));
    let nowhere = scratch.path().join("nowhere");
    agent.fails("where", &json!({ "dir": nowhere }), 2, "INVALID_ARGUMENT");
    assert_eq!(project.repo.git(&["for-each-ref"]), before);
    assert!(
        agent.must("decision_list", &json!({}))["data"]["decisions"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_answer_that_is_too_long_is_told_and_harms_nothing() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let question = "y".repeat(16_000);
    for _ in 0..70 {
        agent.must("decision_request", &json!({ "question": question }));
    }
    let error = agent.fails("decision_list", &json!({}), 1, "ANSWER_TOO_LARGE");
    assert_eq!(error["details"]["exit_code"], 0);
    agent.must("where", &json!({}));
}
