//! A project with work packages, and what is true of its status.

use std::path::{Path, PathBuf};

use pawtrail_testkit::{Pawtrail, Project, Scratch, rows, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// A project with a mission, and its status.
pub(crate) struct World {
    pub(crate) project: Project,
}

impl World {
    /// The ledger branch is checked out.
    pub(crate) fn on_work(scratch: &Scratch) -> Self {
        Self {
            project: Project::on_work(scratch, BINARY),
        }
    }

    /// `main` is checked out, and the ledger branch nowhere.
    pub(crate) fn on_main(scratch: &Scratch) -> Self {
        Self {
            project: Project::new(scratch, BINARY),
        }
    }

    /// `main` is checked out and, because the project protects nothing, holds the ledger.
    pub(crate) fn on_trunk(scratch: &Scratch) -> Self {
        let repo = scratch.repo("project");
        repo.write(
            ".kittify/config.yaml",
            "protection:\n  protected_branches: []\n",
        );
        Self {
            project: Project::in_repo(repo, Pawtrail::new(scratch, BINARY)),
        }
    }

    /// The path of a file of the mission, relative to the root.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.project.dir)
    }

    /// The mission's directory in the primary checkout.
    pub(crate) fn dir(&self) -> PathBuf {
        self.project.repo.path().join(&self.project.dir)
    }

    /// Runs a write that must succeed; returns its document.
    #[track_caller]
    pub(crate) fn wp(&self, args: &[&str]) -> Value {
        let (status, document) = self.try_wp(args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
        document
    }

    /// Runs `wp`; returns exit code and document.
    pub(crate) fn try_wp(&self, args: &[&str]) -> (i32, Value) {
        let mission = self.project.mission_id.clone();
        let all = [&["wp"], args, &["--mission", &mission]].concat();
        self.project
            .pawtrail
            .json_in(self.project.repo.path(), &all)
    }

    /// The rows on the ledger branch, behind the one with which the mission began.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Value> {
        let path = self.path("status.events.jsonl");
        let file = self.project.repo.read_at(&self.project.ledger, &path);
        let mut rows = rows(&file.unwrap_or_default());
        rows.retain(|row| row["event_type"] != "MissionCreated");
        rows
    }

    /// The ids of the rows on the ledger branch.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<String> {
        self.rows()
            .iter()
            .map(|row| text(&row["event_id"]))
            .collect()
    }

    /// What `status fold` prints.
    #[track_caller]
    pub(crate) fn fold(&self) -> String {
        let fold = ["status", "fold", "--mission", &self.project.mission_id];
        let output = self.project.pawtrail.run(&self.project.repo, &fold);
        output.expect_status(0).stdout
    }

    /// Each `status.json` says what the log beside it says, and the branch has one.
    #[track_caller]
    pub(crate) fn is_sound(&self) {
        let check = [
            "status",
            "fold",
            "--check",
            "--mission",
            &self.project.mission_id,
        ];
        let data = self.project.pawtrail.data(&self.project.repo, &check);
        assert_eq!(data["equal"], true, "{data:#}");
        let path = self.path("status.json");
        let committed = self.project.repo.read_at(&self.project.ledger, &path);
        assert_eq!(committed.as_deref(), Some(&*self.fold()));
    }

    /// Where a package stands.
    #[track_caller]
    pub(crate) fn lane(&self, wp_id: &str) -> String {
        let list = self.wp(&["list"]);
        let packages = list["data"]["work_packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["wp_id"] == wp_id);
        package.map_or_else(|| "nowhere".to_owned(), |package| text(&package["lane"]))
    }

    /// The number of commits on the ledger branch.
    pub(crate) fn commits(&self) -> usize {
        let count = ["rev-list", "--count", &self.project.ledger];
        self.project.repo.git(&count).trim().parse().unwrap()
    }
}

/// Writes a work package file as the Python tool has it.
pub(crate) fn task_file(dir: &Path, wp_id: &str, title: &str, subtasks: &[&str]) {
    std::fs::create_dir_all(dir).unwrap();
    let list = match subtasks {
        [] => " []".to_owned(),
        some => some.iter().map(|id| format!("\n- {id}")).collect(),
    };
    let text = format!(
        "---\nwork_package_id: {wp_id}\ntitle: {title}\ndependencies: []\nsubtasks:{list}\n---\n\n# {wp_id}\n"
    );
    std::fs::write(dir.join(format!("{wp_id}-work.md")), text).unwrap();
}
