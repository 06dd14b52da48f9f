//! Every frame comes back as it went, and no text makes the reader panic.

use proptest::prelude::*;

use super::super::*;

fn hash() -> impl Strategy<Value = CommitHash> {
    prop_oneof!["[0-9a-f]{40}", "[0-9a-f]{64}"].prop_map(|text| text.parse().unwrap())
}

fn ulid() -> impl Strategy<Value = String> {
    "[0-7][0-9A-HJKMNP-TV-Z]{25}"
}

fn build() -> impl Strategy<Value = BuildId> {
    prop_oneof![ulid(), "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"]
        .prop_map(|text| text.parse().unwrap())
}

fn local_commit() -> impl Strategy<Value = LocalCommit> {
    let named = (hash(), ulid(), build());
    let path = r#"kitty-specs/[a-zü"\\ 😀]{1,12}(/[a-z]{1,8}){0,3}"#;
    let paths = proptest::collection::vec(path, 1..8);
    let optional = (
        proptest::option::of("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        proptest::option::of("[a-z0-9][a-z0-9_-]{0,20}"),
        proptest::option::of("refs/heads/[a-z/]{1,20}"),
        proptest::option::of(any::<u64>()),
    );
    let lists = (
        proptest::collection::vec(hash(), 0..4),
        proptest::collection::vec(hash(), 0..4),
    );
    (named, paths, 0_i64..4_000_000_000, optional, lists).prop_map(
        |(
            (git_hash, mission, build_id),
            changed_files,
            second,
            optional,
            (parents, supersedes),
        )| {
            let at = jiff::Timestamp::from_second(second).unwrap();
            LocalCommit {
                git_hash,
                mission_id: mission.parse().unwrap(),
                build_id,
                changed_files,
                committed_at: crate::time::iso(at),
                project_uuid: optional.0.map(|text| text.parse().unwrap()),
                mission_slug: optional.1.map(|text| text.parse().unwrap()),
                branch: optional.2,
                parents,
                supersedes,
                changed_files_total: optional.3,
            }
        },
    )
}

fn frame() -> impl Strategy<Value = Frame> {
    let status = proptest::sample::select(vec![AckStatus::Accepted, AckStatus::Duplicate]);
    let state = (
        build(),
        proptest::option::of(hash()),
        proptest::option::of(any::<u64>()),
    )
        .prop_map(|(build_id, last_acknowledged, frames)| BuildState {
            build_id,
            last_acknowledged,
            frames,
        });
    prop_oneof![
        local_commit().prop_map(Frame::LocalCommit),
        (
            hash(),
            proptest::option::of(status),
            proptest::option::of(any::<u64>())
        )
            .prop_map(
                |(git_hash, status, frames)| Frame::LocalCommitAck(LocalCommitAck {
                    git_hash,
                    status,
                    frames
                })
            ),
        (
            proptest::option::of(any::<u32>()),
            proptest::option::of(proptest::collection::vec(state, 0..5)),
            proptest::option::of(any::<u64>()),
            proptest::option::of("[0-9a-f]{32}"),
        )
            .prop_map(|(protocol, builds, builds_total, store)| {
                Frame::Snapshot(Snapshot {
                    protocol,
                    builds,
                    builds_total,
                    store,
                })
            }),
        (
            "[A-Z_]{1,20}",
            "(?s).{0,60}",
            any::<bool>(),
            proptest::option::of(hash()),
            proptest::option::of(ulid())
        )
            .prop_map(|(code, message, retryable, git_hash, event)| Frame::Error(
                ErrorFrame {
                    code,
                    message,
                    retryable,
                    git_hash,
                    event_id: event.map(|text| text.parse().unwrap()),
                }
            )),
        "(?s).{0,40}".prop_map(|timestamp| Frame::Ping(Ping { timestamp })),
        ("(?s).{0,40}", proptest::option::of(build())).prop_map(|(timestamp, build_id)| {
            Frame::Pong(Pong {
                timestamp,
                build_id,
            })
        }),
        // In upper case, so that no known type is met.
        "[A-Z]{0,80}".prop_map(Frame::Unknown),
    ]
}

proptest! {
    #[test]
    fn every_frame_comes_back_as_it_went(frame in frame()) {
        let text = frame.to_text().unwrap();
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(Frame::parse(&text), Ok(frame));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}") {
        let _ = Frame::parse(&text);
    }

    #[test]
    fn no_cut_or_changed_frame_makes_the_reader_panic(
        frame in frame(),
        at in any::<prop::sample::Index>(),
        put in "(?s).{0,3}",
    ) {
        let text = frame.to_text().unwrap();
        let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let (head, tail) = text.split_at(cuts[at.index(cuts.len())]);
        prop_assert!(Frame::parse(head).is_err());
        let _ = Frame::parse(&format!("{head}{put}{}", tail.get(1..).unwrap_or("")));
    }
}
