//! How often each thing happened that the network and the processes of a simulation are there for.

/// How often each thing happened that the network and the processes are there for.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) drops: u64,
    pub(super) cut_short: u64,
    pub(super) silences: u64,
    pub(super) hub_deaths: u64,
    pub(super) lost_unstored: u64,
    pub(super) courier_deaths: u64,
    pub(super) lost_notes: u64,
    pub(super) late_answers: u64,
    pub(super) repeated_answers: u64,
    pub(super) healed: u64,
    pub(super) failed_notes: u64,
    pub(super) emptied: u64,
    pub(super) set_back: u64,
}

impl Faults {
    /// What must have happened in any case.
    pub(super) fn counts(&self) -> [(&'static str, u64); 11] {
        [
            ("drops", self.drops),
            ("texts cut short", self.cut_short),
            ("silent lines", self.silences),
            ("deaths of the hub", self.hub_deaths),
            ("frames that died with the hub", self.lost_unstored),
            ("deaths of the courier", self.courier_deaths),
            ("notes that died with the courier", self.lost_notes),
            ("answers on a later connection", self.late_answers),
            ("repeated answers", self.repeated_answers),
            ("lost answers that a snapshot brought", self.healed),
            ("notes that failed", self.failed_notes),
        ]
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.drops += other.drops;
        self.cut_short += other.cut_short;
        self.silences += other.silences;
        self.hub_deaths += other.hub_deaths;
        self.lost_unstored += other.lost_unstored;
        self.courier_deaths += other.courier_deaths;
        self.lost_notes += other.lost_notes;
        self.late_answers += other.late_answers;
        self.repeated_answers += other.repeated_answers;
        self.healed += other.healed;
        self.failed_notes += other.failed_notes;
        self.emptied += other.emptied;
        self.set_back += other.set_back;
    }
}
