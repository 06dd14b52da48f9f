//! The state file of later and earlier versions of this program: what isn't understood isn't touched, and what an earlier
//! one made of it is understood again.

use pawtrail_event::frame::{BuildState, Snapshot};
use pawtrail_repo::{Error, sync_state};
use serde_json::{Value, json};

use crate::support::{Ground, REF, acks, hashes};

/// What a later version may have made of the file: only said so, with more keys, and with all of it in another form.
fn later(ground: &Ground) -> Vec<String> {
    let mut same = ground.json();
    same["version"] = 3.into();
    let mut more = same.clone();
    more["from_the_future"] = json!({"a": [1, 2]});
    let mut other = more.clone();
    other["acknowledged"] = json!({"by": {"nobody": "knows"}});
    other["pending_local_commits"] = json!({"packed": "H4sIAAAA"});
    other["version"] = u64::MAX.into();
    // Its own writer's form, and that of any other.
    [same, more, other]
        .iter()
        .flat_map(|file| {
            [
                serde_json::to_string_pretty(file).unwrap() + "\n",
                file.to_string(),
            ]
        })
        .collect()
}

fn is_refused<T>(result: Result<T, Error>, what: &str) {
    let Err(error) = result else {
        panic!("{what} was taken")
    };
    assert_eq!((error.code(), error.exit_code()), ("SYNC_STATE_NEWER", 1));
    assert!(error.to_string().contains("newer pawtrail"), "{error}");
}

#[test]
fn a_file_of_a_later_version_is_left_as_it_is() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    ground.record();
    let second = ground.spec("b.md");
    for text in later(&ground) {
        std::fs::write(ground.file(), &text).unwrap();
        let project = ground.project();
        is_refused(sync_state::record(&project), "a look");
        is_refused(sync_state::pending(&project), "a reader");
        is_refused(sync_state::state(&project), "a reader of all");
        is_refused(sync_state::committed(&project), "a hook");
        is_refused(
            sync_state::acknowledge(&project, &acks(&[&first])),
            "an answer",
        );
        is_refused(sync_state::keep_back(&project), "a consent from now on");
        is_refused(
            sync_state::reconcile(
                &project,
                &Snapshot {
                    builds: Some(Vec::new()),
                    ..Snapshot::default()
                },
            ),
            "a hub's view",
        );
        let id = |hash: &str| gix::ObjectId::from_hex(hash.as_bytes()).unwrap();
        is_refused(
            sync_state::record_commit(&project, REF, Some(id(&first)), id(&second)),
            "a commit of ours",
        );
        // Of a commit nothing is known; that is no reason to fail.
        let hash = first.parse().unwrap();
        assert!(!sync_state::is_acknowledged(&project, &hash).unwrap());
        assert_eq!(std::fs::read_to_string(ground.file()).unwrap(), text);
        let beside = std::fs::read_dir(ground.file().parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1, "nothing was put aside");
    }
    // What was made meanwhile is in git, so it is found as soon as the file is understood again.
    std::fs::remove_file(ground.file()).unwrap();
    assert_eq!(hashes(&ground.record()), [first, second]);
}

#[test]
fn a_version_that_is_no_number_makes_a_damaged_file() {
    let ground = Ground::new();
    let commit = ground.spec("a.md");
    ground.record();
    for version in [json!("3"), json!(2.5), json!([3]), json!(-1)] {
        let mut file = ground.json();
        file["version"] = version;
        std::fs::write(ground.file(), file.to_string()).unwrap();
        let expected = std::slice::from_ref(&commit);
        assert_eq!(hashes(&ground.record()), expected, "{file:#}");
    }
    let aside = sync_state::state(&ground.project()).unwrap().kept_aside;
    assert_eq!(aside.len(), 4);
}

/// A program of version 1 knows no builds, keeps the keys that it doesn't know, and says that the file is its own.
fn as_version_1_writes_it(file: &Value) -> Value {
    let mut old = file.clone();
    old["version"] = 1.into();
    let mut groups: Vec<Value> = Vec::new();
    for group in old["acknowledged"].as_array().unwrap() {
        let (branch, hashes) = (&group["branch"], group["git_hashes"].as_array().unwrap());
        let known = groups.iter_mut().find(|known| known["branch"] == *branch);
        match known {
            Some(known) => known["git_hashes"]
                .as_array_mut()
                .unwrap()
                .extend(hashes.iter().cloned()),
            None => groups.push(json!({ "branch": branch, "git_hashes": hashes })),
        }
    }
    old["acknowledged"] = groups.into();
    old
}

#[test]
fn what_an_earlier_version_makes_of_the_file_is_understood_again() {
    let ground = Ground::new();
    let commits = ["a.md", "b.md", "c.md", "d.md"].map(|name| ground.spec(name));
    ground.record();
    let all: Vec<&str> = commits.iter().map(String::as_str).collect();
    let mut answers = acks(&all[..3]);
    for (at, answer) in (1..).zip(&mut answers) {
        answer.frames = Some(at);
    }
    sync_state::acknowledge(&ground.project(), &answers).unwrap();
    let mut old = as_version_1_writes_it(&ground.json());
    // It takes the last answer, too, and counts nothing.
    old["pending_local_commits"] = json!([]);
    old["acknowledged"][0]["git_hashes"]
        .as_array_mut()
        .unwrap()
        .push(json!(commits[3]));
    old["last_saas_confirmed_hash"] = json!(commits[3]);
    std::fs::write(ground.file(), serde_json::to_string_pretty(&old).unwrap()).unwrap();
    assert_eq!(ground.record(), []);
    assert_eq!(ground.json()["version"], 2);
    let says = |frames, last: &str| Snapshot {
        builds: Some(vec![BuildState {
            build_id: ground.project().build_id().unwrap(),
            last_acknowledged: Some(last.parse().unwrap()),
            frames: Some(frames),
        }]),
        ..Snapshot::default()
    };
    // By branch, whatever became of the last answers: a hub that has it all is told nothing again, one that was set back
    // gets what it lost.
    sync_state::reconcile(&ground.project(), &says(4, all[3])).unwrap();
    assert_eq!(
        hashes(&sync_state::pending(&ground.project()).unwrap()),
        Vec::<String>::new()
    );
    sync_state::reconcile(&ground.project(), &says(2, all[1])).unwrap();
    let again = hashes(&sync_state::pending(&ground.project()).unwrap());
    assert!(again.ends_with(&commits[2..]), "{again:?}");
}
