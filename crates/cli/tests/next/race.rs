//! Two agents at once: each step is issued to one of them, and the other is told.

use pawtrail_testkit::text;

use crate::support::World;

#[test]
fn two_agents_at_once_each_step_goes_to_one_and_the_other_is_told() {
    let world = World::shared();
    let agents = ["one", "two"];
    let mut step: Option<String> = None;
    let mut issued = Vec::new();
    for _ in 0..30 {
        let mut running: Vec<_> = agents
            .iter()
            .map(|agent| {
                let mut args = vec!["--json", "next", "--mission", &world.slug, "--agent", agent];
                args.extend(["--result", "success"]);
                if let Some(step) = &step {
                    args.extend(["--step", step]);
                }
                world.pawtrail.spawn(&world.repo, &args)
            })
            .collect();
        let outputs: Vec<_> = running
            .iter_mut()
            .map(|one| one.finish(std::time::Duration::from_secs(60)))
            .collect();
        let said: Vec<_> = outputs.iter().map(pawtrail_testkit::Output::json).collect();
        let steps: Vec<_> = said.iter().filter(|one| one["kind"] == "step").collect();
        let told = said
            .iter()
            .filter(|one| one["error"]["code"] == "STEP_ISSUED_TO_ANOTHER")
            .count();
        if let [got] = steps[..] {
            assert_eq!(told, 1, "{said:#?}");
            let next = text(&got["step_id"]);
            assert!(!issued.contains(&next), "{next} was issued twice");
            issued.push(next.clone());
            step = Some(next);
            continue;
        }
        // One completed the step and something is asked: who came later is told the same.
        assert!(steps.is_empty(), "{said:#?}");
        let asked: Vec<_> = said
            .iter()
            .filter(|one| one["kind"] == "decision_required")
            .collect();
        if let Some(asked) = asked.first() {
            let id = text(&asked["decision_id"]);
            let answer = match asked["options"].as_array().and_then(|all| all.first()) {
                Some(first) => text(first),
                None => "something".to_owned(),
            };
            step = None;
            // The answer's own call issues the next step, to whoever it is said to be.
            let mut args = crate::support::answer_by("lead", "human", &id, &answer);
            args[1] = "one";
            let (_, after) = world.next(&args);
            if after["kind"] == "step" {
                let next = text(&after["step_id"]);
                assert!(!issued.contains(&next), "{next} was issued twice");
                issued.push(next.clone());
                step = Some(next);
            }
            continue;
        }
        assert!(
            said.iter().any(|one| one["kind"] == "terminal"),
            "{said:#?}"
        );
        assert_eq!(issued, ["shape", "build", "write", "glance"]);
        for (step, times) in world.count("NextStepIssued") {
            assert_eq!(times, 1, "{step}");
        }
        assert_eq!(world.count("MissionRunCompleted")[""], 1);
        return;
    }
    panic!("no end: {:#}", world.query());
}
