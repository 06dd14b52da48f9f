//! Many writers at once lose nothing, and the file is valid at every moment.

use std::sync::atomic::{AtomicBool, Ordering};

use pawtrail_event::CommitHash;
use pawtrail_repo::sync_state;

use crate::support::{Ground, hashes};

#[test]
fn twenty_writers_lose_nothing() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..40).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                assert!(ground.json().is_object());
                seen += 1;
            }
            seen
        });
        let writers: Vec<_> = commits
            .chunks(2)
            .map(|mine| {
                let ground = &ground;
                scope.spawn(move || {
                    let project = ground.project();
                    sync_state::record(&project).unwrap();
                    let hash: CommitHash = mine[0].parse().unwrap();
                    sync_state::acknowledge(&project, &[hash.into()]).unwrap();
                    sync_state::record(&project).unwrap();
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    let left: Vec<String> = commits.chunks(2).map(|mine| mine[1].clone()).collect();
    assert_eq!(hashes(&ground.record()), left);
    let known = &ground.json()["acknowledged"][0]["git_hashes"];
    assert_eq!(known.as_array().unwrap().len(), 20);
}
