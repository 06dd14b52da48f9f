//! All missions of the corpus in one repository, folded by the real binary.

use std::path::{Path, PathBuf};

use pawtrail_testkit::{Pawtrail, Scratch};

use crate::support::BINARY;

/// The corpus beside the repository, or where `PAWTRAIL_CORPUS` says.
fn corpus() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, PathBuf::from)
}

#[test]
fn status_fold_gives_what_the_python_reducer_gives_for_every_mission_of_the_corpus() {
    let corpus = corpus().join("missions");
    let Ok(entries) = std::fs::read_dir(&corpus) else {
        panic!(
            "this test reads the corpus, and there is none in {}: set PAWTRAIL_CORPUS",
            corpus.display()
        );
    };
    let scratch = Scratch::new();
    let repo = scratch.repo("all");
    let mut missions = Vec::new();
    for entry in entries {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        for file in ["meta.json", "status.events.jsonl", "status.json"] {
            if let Ok(content) = std::fs::read(dir.join(file)) {
                repo.write(&format!("kitty-specs/{name}/{file}"), content);
            }
        }
        missions.push((name, dir));
    }
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "Missions"]);
    assert_eq!(missions.len(), 212);
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let (mut stale, mut unequal) = (0, Vec::new());
    for (name, dir) in &missions {
        let expected = std::fs::read_to_string(dir.join("expected-status.json")).unwrap();
        let fold = ["status", "fold", "--mission", name];
        let output = pawtrail.run(&repo, &fold).expect_status(0);
        assert!(output.stdout == expected, "{name}");
        assert_eq!(output.stderr, "");
        let committed = std::fs::read_to_string(dir.join("status.json")).ok();
        let check = ["status", "fold", "--check", "--mission", name];
        let output = pawtrail.run(&repo, &check);
        let equal = committed.as_ref() == Some(&expected);
        assert_eq!(output.status == 0, equal, "{name}: {output}");
        if !equal {
            unequal.push(name.clone());
        }
        stale += usize::from(committed.is_some_and(|committed| committed != expected));
    }
    assert_eq!(stale, 6);

    // All at once: the same, in the order of the missions.
    let check_all = ["status", "fold", "--check", "--all"];
    let output = pawtrail.run(&repo, &check_all).expect_status(1);
    assert_eq!(output.stderr, "");
    let said = output.stdout;
    let output = pawtrail.run(&repo, &[&check_all[..], &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let checked = document["data"]["missions"].as_array().unwrap();
    let name = |mission: &serde_json::Value| mission["mission_slug"].as_str().unwrap().to_owned();
    missions.sort();
    assert!(
        checked
            .iter()
            .map(name)
            .eq(missions.iter().map(|(name, _)| name.clone()))
    );
    // A place is a branch or a directory: a mission may have several.
    let copies = checked
        .iter()
        .flat_map(|mission| mission["copies"].as_array().unwrap());
    let (wrong, all) = copies.fold((0, 0), |(wrong, all), copy| {
        (wrong + usize::from(copy["equal"] == false), all + 1)
    });
    let first = format!("In {wrong} of {all} places ");
    assert!(said.starts_with(&first), "{first}: {said}");
    unequal.sort();
    let differing = checked.iter().filter(|mission| mission["equal"] == false);
    assert_eq!(differing.map(name).collect::<Vec<_>>(), unequal);
}
