//! A mission by tools alone, and git as the witness.

use pawtrail_testkit::{Pawtrail, Project, Scratch, rows, text};
use serde_json::json;

use crate::support::{Agent, BINARY};

#[test]
fn a_mission_from_its_question_to_its_proof_by_tools_alone() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let repo = scratch.repo("shop");
    // The server stands outside any repository, and each call says where to work.
    let mut agent = Agent::ready(&pawtrail, scratch.path());
    let dir = repo.path().to_str().unwrap();
    let uuid = agent.must("init", &json!({ "dir": dir }))["data"]["project_uuid"].clone();
    assert!(uuid.is_string());
    repo.write(
        "kitty-specs/payments/tasks/WP01-card.md",
        "---\nwork_package_id: WP01\ntitle: Charge a card\nsubtasks: []\n---\n",
    );
    let made = agent.must("mission_create", &json!({ "dir": dir, "slug": "payments" }));
    let mission = text(&made["data"]["mission_slug"]);
    let ledger = text(&made["data"]["ledger_ref"]);

    let ask = json!({
        "dir": dir, "question": "Which database?", "option": ["sqlite", "postgres"], "input_key": "database",
        "actor": "planner", "idempotency_key": "ask-1",
    });
    let asked = agent.must("decision_request", &ask);
    assert_eq!(asked["data"]["decision_id"], "input:database");
    assert_eq!(asked["receipt"]["committed"], false);
    let again = agent.must("decision_request", &ask);
    assert_eq!(again["receipt"], asked["receipt"]);
    let open = agent.must("decision_list", &json!({ "dir": dir, "open": true }));
    assert_eq!(open["data"]["decisions"].as_array().unwrap().len(), 1);

    let reply = json!({ "dir": dir, "decision_id": "input:database", "answer": "--postgres" });
    let answered = agent.must("decision_answer", &reply);
    assert_eq!(answered["receipt"]["committed"], true);
    assert_eq!(answered["data"]["answer"], "--postgres");
    assert_eq!(
        agent.must("decision_answer", &reply)["receipt"],
        answered["receipt"]
    );
    let other = json!({ "dir": dir, "decision_id": "input:database", "answer": "sqlite" });
    let error = agent.fails("decision_answer", &other, 5, "DECISION_ALREADY_ANSWERED");
    assert!(text(&error["next_step"]).starts_with("pawtrail decision show input:database"));

    let step = json!({ "dir": dir, "wp": ["WP01"], "lane": "claimed", "actor": "coder" });
    let moved = agent.must("wp_move", &step);
    assert_eq!(moved["receipt"]["committed"], true);
    assert_eq!(moved["data"]["to_lane"], "claimed");
    let listed = agent.must("wp_list", &json!({ "dir": dir }));
    assert!(listed.to_string().contains("claimed"), "{listed}");
    let proof = agent.must("verify", &json!({ "dir": dir }));
    assert_eq!(proof["data"]["missing"], json!([]));
    let log = agent.must("decision_log", &json!({ "dir": dir, "mission": mission }));
    assert_eq!(log["data"]["decisions"][0]["answer"], "--postgres");

    // The same, by git: who speaks through a tool is taken for a program.
    let file = format!("kitty-specs/{mission}/decisions.events.jsonl");
    let rows = rows(&repo.read_at(&ledger, &file).unwrap());
    let actors: Vec<_> = rows.iter().map(|row| &row["payload"]["actor"]).collect();
    assert_eq!(actors.len(), 2);
    assert!(
        actors.iter().all(|actor| actor["actor_type"] == "llm"),
        "{actors:?}"
    );
    assert_eq!(actors[0]["actor_id"], "planner");
    for receipt in [&answered["receipt"], &moved["receipt"]] {
        let commit = text(&receipt["commit"]);
        repo.git(&["merge-base", "--is-ancestor", &commit, &ledger]);
    }
    repo.fsck();
    assert_eq!(agent.end(), (Some(0), String::new()));
}

#[test]
fn a_write_that_waits_for_its_commit_says_so_and_the_next_one_commits_it() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let [first, second] = ["One?", "Two?"].map(|question| project.request(question));
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let stopped = project
        .repo
        .try_git(&["rebase", "-q", "--exec", "false", "HEAD~1"]);
    assert_ne!(stopped.status, 0);
    let waits = agent.call(
        "decision_answer",
        &json!({ "decision_id": first, "answer": "yes" }),
    );
    assert_eq!(waits.exit, 3, "{:#}", waits.document);
    assert_eq!(waits.document["receipt"]["committed"], false);
    assert!(waits.document["error"]["next_step"].is_string());
    project.repo.git(&["rebase", "--abort"]);
    agent.must(
        "decision_answer",
        &json!({ "decision_id": second, "answer": "yes" }),
    );
    let proof = agent.must("verify", &json!({}));
    assert_eq!(proof["data"]["missing"], json!([]), "{proof:#}");
    assert_eq!(project.rows().len(), 4);
}

#[test]
fn a_template_leads_an_agent_and_only_a_person_gives_it_more_to_decide() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let made = agent.must(
        "mission_create",
        &json!({ "slug": "launch", "type": "plan", "owner": "lead" }),
    );
    let mission = text(&made["data"]["mission_slug"]);
    let head = project.repo.git(&["rev-parse", "HEAD"]);
    let stands = agent.must("next", &json!({ "mission": mission }));
    assert_eq!(stands["kind"], "query", "{stands:#}");
    assert_eq!(project.repo.git(&["rev-parse", "HEAD"]), head);
    let report = json!({ "mission": mission, "agent": "coder", "result": "success" });
    let step = agent.must("next_report", &report);
    assert_eq!(step["agent"], "coder", "{step:#}");
    agent.fails(
        "next_report",
        &json!({ "mission": mission }),
        2,
        "INVALID_ARGUMENT",
    );
    for left_out in [
        "next_owner",
        "next_delegate",
        "next_unblock",
        "next_template_adopt",
    ] {
        let said = agent.ask("tools/call", &json!({ "name": left_out, "arguments": {} }));
        assert_eq!(said["error"]["code"], -32602, "{said}");
    }
}
