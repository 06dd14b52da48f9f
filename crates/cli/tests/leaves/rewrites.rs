//! FR-016 with hooks: which commit a rewrite made of which is what git says.

use pawtrail_testkit::Scratch;

use crate::support::{hooked, spec, superseded};

#[test]
fn fr_016_an_amend_replaces_one_frame_and_says_which() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let kept = spec(&project, &agent, "one");
    let old = spec(&project, &agent, "two");
    agent.git(&["commit", "-q", "--amend", "-m", "Better"]);
    let new = agent.rev("HEAD").unwrap();
    let pending = project.pending();
    assert_eq!(pending[pending.len() - 2..], [kept.clone(), new.clone()]);
    assert_eq!(superseded(&project, &new), std::slice::from_ref(&old));
    assert_eq!(superseded(&project, &kept), Vec::<String>::new());
    agent.git(&["commit", "-q", "--amend", "-m", "Best"]);
    let best = agent.rev("HEAD").unwrap();
    assert_eq!(superseded(&project, &best), [old, new]);
}

#[test]
fn fr_016_a_rebase_that_squashes_reorders_and_drops_says_what_became_of_each() {
    for backend in ["--merge", "--apply"] {
        let scratch = Scratch::new();
        let (project, agent) = hooked(&scratch);
        let base = agent.rev("HEAD").unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| spec(&project, &agent, name));
        // All of one time of authorship, so that nothing but git's word tells them apart.
        project
            .repo
            .commit_file("src/main.txt", "main", "Main moves");
        if backend == "--apply" {
            agent.git(&["rebase", "-q", "--apply", "main"]);
            // It tells before it moves the branch: what it told counts at the next look.
            let log = agent.git(&["log", "--reverse", "--format=%H", "-3"]);
            let new: Vec<&str> = log.lines().collect();
            spec(&project, &agent, "d");
            for (new, old) in new.iter().zip([&a, &b, &c]) {
                assert_eq!(superseded(&project, new), std::slice::from_ref(old));
            }
            continue;
        }
        let todo = scratch.path().join("todo");
        // c comes first, b becomes part of a.
        std::fs::write(&todo, format!("pick {c}\npick {a}\nfixup {b}\n")).unwrap();
        let mut rebase = agent.env().command("git");
        rebase
            .current_dir(agent.path())
            .env("GIT_SEQUENCE_EDITOR", format!("cp '{}'", todo.display()))
            .args(["rebase", "-q", "-i", &base]);
        assert!(rebase.status().unwrap().success());
        let log = agent.git(&["log", "--reverse", "--format=%H", &format!("{base}..HEAD")]);
        let new: Vec<&str> = log.lines().collect();
        assert_eq!(new.len(), 2);
        assert_eq!(superseded(&project, new[0]), std::slice::from_ref(&c));
        assert_eq!(superseded(&project, new[1]), [a, b]);
        assert!(
            project
                .pending()
                .ends_with(&[new[0].to_owned(), new[1].to_owned()])
        );
    }
}

#[test]
fn a_rewrite_is_known_though_the_file_is_lost() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let old = spec(&project, &agent, "one");
    std::fs::remove_file(project.repo.path().join(".kittify/sync-state.json")).unwrap();
    agent.git(&["commit", "-q", "--amend", "-m", "Better"]);
    let new = agent.rev("HEAD").unwrap();
    assert_eq!(superseded(&project, &new), [old]);
    // A commit that another branch of a mission still has isn't replaced.
    agent.git(&["branch", &format!("{}-lane-a", project.branch())]);
    agent.git(&["commit", "-q", "--amend", "-m", "Best"]);
    let best = agent.rev("HEAD").unwrap();
    assert_eq!(superseded(&project, &best), Vec::<String>::new());
    assert!(project.pending().contains(&new));
}
