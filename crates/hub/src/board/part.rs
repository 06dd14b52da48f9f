//! The parts of a board that change: the browser fetches them again after each event.

use maud::{Markup, html};
use pawtrail_event::frame::SPECS_PREFIX;
use pawtrail_event::{MissionSlug, ProjectUuid};

use super::group::{self, Mission};
use super::{Board, glossary, lanes, time};
use crate::presence::Connected;
use crate::store::StoredCommit;

/// How many paths of a commit are shown before the rest is folded.
const FILES_SHOWN: usize = 3;

/// The content of `<main id="board">`.
pub(super) fn board(board: &Board) -> Markup {
    let missions = group::by_mission(&board.commits);
    let listed = u64::try_from(board.commits.len()).unwrap_or(u64::MAX);
    html! {
        div.title data-revision=(board.revision) data-total=(board.total) {
            h1 { "Local commits" }
            p.faint { "Project " code { (board.project) } }
            p.faint { "Commits on mission branches, live from the clones that make them, before they are pushed." }
        }
        (builds(&board.connected))
        (lanes::lanes(&board.lanes))
        (glossary::resolutions(&board.resolutions))
        @if missions.is_empty() && board.lanes.is_empty() && board.resolutions.is_empty() {
            @if board.connected.is_empty() { (first_steps(board)) } @else { (waiting()) }
        }
        @for mission in &missions { (self::mission(mission)) }
        @if board.total > listed {
            p.faint { "The newest " (listed) " of " (board.total) " commits are listed." }
        }
    }
}

fn builds(connected: &[Connected]) -> Markup {
    html! {
        section.builds aria-labelledby="builds" {
            h2 #builds { "Connected now" }
            @if connected.is_empty() {
                p.faint { "No clone is connected." }
            } @else {
                ul {
                    @for build in connected {
                        li data-build=(build.build_id) {
                            span.dot aria-hidden="true" {}
                            span { "build " code title=(build.build_id) { (tail(build.build_id.as_str())) } }
                            span.faint { "joined " (time::instant(build.since)) }
                        }
                    }
                }
            }
        }
    }
}

fn mission(mission: &Mission<'_>) -> Markup {
    let count = u64::try_from(mission.commits.len()).unwrap_or(u64::MAX);
    html! {
        section.mission data-mission=(mission.id) aria-label=(format!("Mission {}", mission.id)) {
            header {
                h2 {
                    @match mission.slug {
                        Some(slug) => (slug),
                        None => { "Mission " (mission.id.mid8()) },
                    }
                }
                p.faint { code { (mission.id) } " · " (counted(count, "commit", "commits")) }
            }
            ol.commits {
                @for commit in &mission.commits { (self::commit(commit)) }
            }
        }
    }
}

fn commit(commit: &StoredCommit) -> Markup {
    let frame = &commit.frame;
    html! {
        li.commit data-commit=(frame.git_hash) {
            p.head {
                code.hash title=(frame.git_hash) { (head(frame.git_hash.as_str())) }
                span.badge title="Not seen on a shared remote yet" { "local only" }
                @if let Some(branch) = &frame.branch {
                    span.branch title=(branch) { (branch.strip_prefix("refs/heads/").unwrap_or(branch)) }
                }
            }
            (files(commit))
            p.faint.times {
                span { "committed " (time::stated(&frame.committed_at)) }
                span { "received " (time::instant(commit.received_at)) }
                span { "build " code title=(frame.build_id) { (tail(frame.build_id.as_str())) } }
                @if !frame.supersedes.is_empty() {
                    span {
                        "replaces "
                        @for (at, old) in frame.supersedes.iter().take(FILES_SHOWN).enumerate() {
                            @if at > 0 { ", " }
                            code title=(old) { (head(old.as_str())) }
                        }
                        @if frame.supersedes.len() > FILES_SHOWN {
                            " and " (frame.supersedes.len() - FILES_SHOWN) " more"
                        }
                    }
                }
            }
        }
    }
}

fn files(commit: &StoredCommit) -> Markup {
    let all = &commit.frame.changed_files;
    let slug = commit.frame.mission_slug.as_ref();
    let (first, rest) = all.split_at(all.len().min(FILES_SHOWN));
    let listed = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let unlisted = commit
        .frame
        .changed_files_total
        .map_or(0, |total| total.saturating_sub(listed));
    html! {
        ul.files { @for path in first { (file(path, slug)) } }
        @if !rest.is_empty() {
            details {
                summary { (rest.len()) " more" }
                ul.files { @for path in rest { (file(path, slug)) } }
            }
        }
        @if unlisted > 0 {
            p.faint { "and " (counted(unlisted, "path", "paths")) " that the frame doesn't list" }
        }
    }
}

/// Shows a path from the directory of its mission, which stands above; the title has all of it.
fn file(path: &str, slug: Option<&MissionSlug>) -> Markup {
    let below = path.strip_prefix(SPECS_PREFIX).unwrap_or(path);
    let shown = slug
        .and_then(|slug| below.strip_prefix(slug.as_str())?.strip_prefix('/'))
        .unwrap_or(below);
    html! { li title=(path) { (shown) } }
}

/// What a newcomer reads on a hub without projects.
pub(super) fn welcome() -> Markup {
    html! {
        div.empty {
            p { strong { "No project yet." } " A project appears here when it has a token." }
            ol {
                li { "In your repository, once: " code { "pawtrail init" } " prints the project's UUID." }
                li { "Here, on the hub's machine: " code { "pawtrail hub token create --project UUID" } }
                li { "Reload this page." }
            }
        }
    }
}

fn first_steps(board: &Board) -> Markup {
    html! {
        div.empty {
            p { strong { "Nothing received yet." } " Let a clone of this project send its local commits:" }
            ol {
                li {
                    "Make a token: " code { "pawtrail hub token create --project " (board.project) }
                    " (it is shown once)."
                }
                li { "In the clone: " code { "pawtrail sync enable " (board.base) " --token TOKEN" } }
                li { "Answer a decision or commit below " code { "kitty-specs/" } ": it appears here within a second." }
            }
        }
    }
}

fn waiting() -> Markup {
    html! {
        div.empty {
            p {
                strong { "Connected, and nothing to show." }
                " A commit that touches " code { "kitty-specs/" } " on a mission's branch appears here within a second."
            }
        }
    }
}

/// The first digits of a hash, as git shows it.
fn head(hash: &str) -> &str {
    hash.get(..9).unwrap_or(hash)
}

/// The last characters of an id: those of a ULID's start are its time, and alike.
fn tail(id: &str) -> &str {
    id.len()
        .checked_sub(8)
        .and_then(|at| id.get(at..))
        .unwrap_or(id)
}

/// The first group of a project's UUID.
pub(super) fn short_project(project: &ProjectUuid) -> &str {
    project.as_str().get(..8).unwrap_or(project.as_str())
}

/// A number with its noun.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Live;
    use jiff::Timestamp;
    use pawtrail_event::frame::LocalCommit;

    fn stored(sequence: u64, mission: char) -> StoredCommit {
        StoredCommit {
            sequence,
            frame: LocalCommit {
                git_hash: format!("{sequence:040x}").parse().unwrap(),
                mission_id: format!("01KT119YA7GD2Y0D7MZRH5JSS{mission}")
                    .parse()
                    .unwrap(),
                build_id: "01KT119YA7GD2Y0D7MZRBBBBBB".parse().unwrap(),
                changed_files: vec!["kitty-specs/m/spec.md".to_owned()],
                committed_at: "2026-06-01T07:55:08Z".to_owned(),
                project_uuid: None,
                mission_slug: None,
                branch: None,
                parents: Vec::new(),
                supersedes: Vec::new(),
                changed_files_total: None,
            },
            received_at: "2026-06-01T07:55:09Z".parse().unwrap(),
            superseded_by: None,
        }
    }

    fn shown(commits: Vec<StoredCommit>, connected: Vec<Connected>) -> String {
        let project: ProjectUuid = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap();
        board(&Board {
            revision: Live::new(1).revision(&project),
            base: "http://localhost:8787".to_owned(),
            is_signed_in: false,
            project,
            total: u64::try_from(commits.len()).unwrap(),
            commits,
            connected,
            lanes: Vec::new(),
            resolutions: Vec::new(),
        })
        .into_string()
    }

    #[test]
    fn all_that_a_clone_sends_is_escaped() {
        let mut hostile = stored(1, '1');
        hostile.frame.branch = Some("refs/heads/\"><script>alert(1)</script>".to_owned());
        hostile.frame.changed_files = vec!["kitty-specs/<img src=x onerror='x'>&\"".to_owned()];
        hostile.frame.committed_at = "<b>now</b>".to_owned();
        let page = shown(vec![hostile], Vec::new());
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        assert!(page.contains("title=\"refs/heads/&quot;&gt;"));
    }

    #[test]
    fn commits_stand_under_their_mission_newest_first() {
        let page = shown(
            vec![stored(3, '1'), stored(2, '2'), stored(1, '1')],
            Vec::new(),
        );
        let at = |text: &str| page.find(text).unwrap();
        let commit = |n: u64| at(&format!("data-commit=\"{n:040x}\""));
        assert!(at("data-mission=\"01KT119YA7GD2Y0D7MZRH5JSS1\"") < commit(3));
        assert!(commit(3) < commit(1));
        assert!(commit(1) < at("data-mission=\"01KT119YA7GD2Y0D7MZRH5JSS2\""));
        assert_eq!(page.matches("local only").count(), 3);
    }

    #[test]
    fn paths_start_at_their_mission_and_others_at_theirs() {
        let mut commit = stored(1, '1');
        commit.frame.mission_slug = Some("m".parse().unwrap());
        commit.frame.changed_files = ["kitty-specs/m/spec.md", "kitty-specs/mm/spec.md"]
            .map(str::to_owned)
            .to_vec();
        let page = shown(vec![commit], Vec::new());
        assert!(page.contains("<li title=\"kitty-specs/m/spec.md\">spec.md</li>"));
        assert!(page.contains("<li title=\"kitty-specs/mm/spec.md\">mm/spec.md</li>"));
    }

    #[test]
    fn many_files_are_folded_and_the_unlisted_counted() {
        let mut commit = stored(1, '1');
        commit.frame.changed_files = (0..10).map(|n| format!("kitty-specs/m/{n}.md")).collect();
        commit.frame.changed_files_total = Some(25);
        let page = shown(vec![commit], Vec::new());
        assert!(page.contains("<summary>7 more</summary>"));
        assert!(page.contains("15 paths"));
    }

    #[test]
    fn an_empty_board_says_what_to_do() {
        assert!(
            shown(Vec::new(), Vec::new()).contains("pawtrail sync enable http://localhost:8787 ")
        );
        let connected = Connected {
            build_id: "01KT119YA7GD2Y0D7MZRBBBBBB".parse().unwrap(),
            since: Timestamp::UNIX_EPOCH,
        };
        let page = shown(Vec::new(), vec![connected]);
        assert!(page.contains("data-build=\"01KT119YA7GD2Y0D7MZRBBBBBB\""));
        assert!(page.contains("nothing to show"));
        assert!(
            welcome()
                .into_string()
                .contains("pawtrail hub token create")
        );
    }
}
