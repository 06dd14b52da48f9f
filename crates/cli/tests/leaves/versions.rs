//! A state file of a later version, met by this program: nothing of it is lost, nothing leaves, and local work goes on.

use pawtrail_testkit::{Scratch, text};

use crate::consent::WHILE;
use crate::ear::Ear;
use crate::support::{SOON, enable, hooked, spec};

#[test]
fn a_state_file_of_a_later_version_is_kept_and_keeps_everything_at_home() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let hub = Ear::hub();
    enable(&project, &hub.url(), &[]);
    spec(&project, &agent, "first");
    project.wait_until_acknowledged(SOON);
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    let before = hub.commits();
    let mut later = project.state();
    later["version"] = 3.into();
    later["held_at_home"] = serde_json::json!(["what only a later version knows"]);
    let file = project.repo.path().join(".kittify/sync-state.json");
    let text_of_later = later.to_string();
    std::fs::write(&file, &text_of_later).unwrap();
    // Local work goes on, and says what isn't done.
    let id = project.request("Which?");
    let answer = ["decision", "answer", &id, "yes"];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &answer);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["receipt"]["committed"], true);
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("is of version 3"), "{document:#}");
    // So does git, whose hooks say one line.
    let second = spec(&project, &agent, "second");
    for command in ["status", "preview"] {
        let (status, document) = project
            .pawtrail
            .json_in(project.repo.path(), &["sync", command]);
        assert_eq!(status, 1, "{document:#}");
        assert_eq!(document["error"]["code"], "SYNC_STATE_NEWER");
        assert!(text(&document["error"]["message"]).contains("newer pawtrail"));
    }
    let enabling = ["sync", "enable", &hub.url(), "--from-now"];
    let (status, _) = project.pawtrail.json_in(project.repo.path(), &enabling);
    assert_eq!(status, 1);
    let now = ["sync", "now", "--timeout", "8"];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &now);
    assert_eq!(status, 1, "{document:#}");
    assert_eq!(document["error"]["code"], "OUTBOX_UNREADABLE");
    assert!(
        text(&document["error"]["message"]).contains("is of version 3"),
        "{document:#}"
    );
    std::thread::sleep(WHILE);
    assert_eq!(hub.commits(), before, "a frame left");
    let doctor = project.pawtrail.run(&project.repo, &["doctor"]);
    assert!(doctor.stderr.contains("is of version 3"), "{doctor}");
    project.pawtrail.run(&project.repo, &["doctor", "--fix"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text_of_later);
    // The later program goes on where it was; here this one, once the file is one that it knows.
    later["version"] = 2.into();
    std::fs::write(&file, later.to_string()).unwrap();
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert!(hub.commits().contains(&second));
    assert_eq!(project.state()["held_at_home"], later["held_at_home"]);
}
