//! A run in somebody's hands: its lock is held, its rows are read, what is to be written is gathered.

use pawtrail_event::decision::ActorType;
use pawtrail_event::run::{self, OwnerSet, Payload, Started};
use pawtrail_event::{EventId, Sanitized, TemplateHash, json, time};
use pawtrail_repo::decisions::{self, Ask};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::runs::{self, Held, Indexed, Stored};
use pawtrail_repo::{Project, Receipt};

use super::known::{Known, begun, decided, knows_something, recovery, skipped};
use super::snapshot;
use crate::discovery;
use crate::error::{Error, Result};
use crate::plan::{DecisionPlan, Next, Plan};
use crate::prompt::{self, Material};
use crate::run::Run;
use crate::template::{self, Template};

/// A run whose lock is held.
#[derive(Debug)]
pub(super) struct Session<'p> {
    pub(super) project: &'p Project,
    pub(super) mission: &'p Mission,
    pub(super) known: Known,
    pub(super) stored: Stored,
    pub(super) warnings: Vec<String>,
    pub(super) receipt: Option<Receipt>,
    held: Held<'p>,
    fresh: Vec<Sanitized>,
    began: bool,
}

impl<'p> Session<'p> {
    /// Takes the mission's run, or begins one.
    pub(super) fn open(project: &'p Project, mission: &'p Mission) -> Result<Self> {
        let held = runs::hold(project, mission)?;
        let mut warnings = Vec::new();
        let decisions = decided(project, mission, &mut warnings)?;
        if let Some(stored) = held.find()? {
            let known = Known::of(project, mission, &stored, decisions)?;
            return Self::take(project, mission, held, stored, known, warnings);
        }
        let found = discovery::find(project, &mission.mission_type)?;
        warnings.extend(found.warning());
        let lost = runs::was_started(project, &mission.mission_id)?;
        let stored = held.begin(found.text.as_bytes())?;
        let known = Known {
            run_id: stored.run_id.clone(),
            rows: Vec::new(),
            decisions,
            template: found.template,
            live: None,
        };
        let recovered = lost || knows_something(&known.fold());
        let mut session = Self {
            project,
            mission,
            known,
            stored,
            warnings,
            receipt: None,
            held,
            fresh: Vec::new(),
            began: true,
        };
        session.start(&found.path, found.hash, recovered)?;
        session.own()?;
        if recovered {
            let run = session.known.fold();
            session.warnings.push(recovery(&run, lost));
        }
        Ok(session)
    }

    /// Takes a run that is there, as if it went by this template.
    pub(super) fn reopen(
        project: &'p Project,
        mission: &'p Mission,
        template: &Template,
    ) -> Result<Option<Self>> {
        let held = runs::hold(project, mission)?;
        let mut warnings = Vec::new();
        let decisions = decided(project, mission, &mut warnings)?;
        let Some(stored) = held.find()? else {
            return Ok(None);
        };
        let known = Known::by(project, template.clone(), &stored, decisions)?;
        Self::take(project, mission, held, stored, known, warnings).map(Some)
    }

    fn take(
        project: &'p Project,
        mission: &'p Mission,
        held: Held<'p>,
        stored: Stored,
        known: Known,
        mut warnings: Vec<String>,
    ) -> Result<Self> {
        skipped(&stored, &mut warnings);
        let mut session = Self {
            project,
            mission,
            known,
            stored,
            warnings,
            receipt: None,
            held,
            fresh: Vec::new(),
            began: false,
        };
        if begun(&session.known.rows).is_none() {
            session.begin_again()?;
        }
        session.own()?;
        Ok(session)
    }

    /// The owner that the mission was created with owns its run, unless somebody was named since.
    fn own(&mut self) -> Result<()> {
        match (&self.mission.owner, self.known.fold().owner) {
            (Some(owner), None) => self.note(&Payload::OwnerSet(OwnerSet {
                run_id: self.known.run_id.clone(),
                owner: owner.clone(),
                actor: decisions::actor("system", ActorType::Service),
            })),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// The first row of the log is damaged: what it said is known from elsewhere, and is said again.
    fn begin_again(&mut self) -> Result<()> {
        let hash = template::hash(&self.stored.template);
        let found = discovery::find(self.project, &self.mission.mission_type);
        let path = match found {
            Ok(found) if found.hash == hash => found.path,
            // Which file it came from is unknown, so nobody can say that it changed.
            Ok(_) | Err(_) => format!("unknown:{}", self.mission.mission_type),
        };
        self.warnings.push(
            "the run's first row is damaged or missing; it was written again from the claim and the frozen template"
                .to_owned(),
        );
        self.start(&path, hash, true)
    }

    fn start(&mut self, path: &str, hash: TemplateHash, recovered: bool) -> Result<()> {
        let mut inputs = std::collections::BTreeMap::new();
        inputs.insert(
            "mission_slug".to_owned(),
            self.mission.mission_slug.as_str().into(),
        );
        self.note(&Payload::Started(Box::new(Started {
            run_id: self.stored.run_id.clone(),
            mission_type: self.known.template.key.clone(),
            actor: decisions::actor("system", ActorType::Service),
            template_hash: Some(hash),
            template_path: Some(path.to_owned()),
            mission_id: Some(self.mission.mission_id.clone()),
            mission_slug: Some(self.mission.mission_slug.clone()),
            inputs,
            recovered,
        })))
    }

    /// Adds an event to what is to be written, and to what is known.
    pub(super) fn note(&mut self, payload: &Payload) -> Result<()> {
        let at = time::iso(self.project.now());
        let event_id = EventId::from(self.project.ulid());
        let event = run::event(self.project.sanitizer(), &at, &event_id, payload)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let line = json::log(event.value());
        let row = run::parse_row(line.trim_end()).map_err(|error| Error::Invalid {
            what: "the template",
            message: format!(
                "a name in it holds private data, so the run's log can't say what happened ({error}); choose another name"
            ),
        })?;
        self.known.rows.push(row);
        self.fresh.push(event);
        Ok(())
    }

    /// Writes what was gathered, durably.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.held.append(&self.stored, &self.fresh)?;
        self.fresh.clear();
        if self.began {
            self.held.began(&self.stored)?;
            self.began = false;
        }
        Ok(())
    }

    /// Plans; what has to be written down before anything else is gathered on the way.
    pub(super) fn plan(&mut self) -> Result<(Run, Plan)> {
        for _ in 0..=self.known.template.nodes().count() {
            let run = self.known.fold();
            let plan = self.known.plan(self.project, &run);
            if plan.records.is_empty() {
                return Ok((run, plan));
            }
            for record in &plan.records {
                self.note(record)?;
            }
        }
        Err(Error::Internal("the plan doesn't come to rest".to_owned()))
    }

    /// Asks what the plan wants to have asked.
    pub(super) fn ask(&mut self, asked: &DecisionPlan, agent: &str) -> Result<()> {
        let id = &asked.decision_id;
        if decisions::written_id(self.project, id) != *id {
            return Err(Error::Invalid {
                what: "the template",
                message: format!(
                    "`{id}` holds private data, which can't be part of an id; rename it"
                ),
            });
        }
        self.flush()?;
        let written = decisions::request(
            self.project,
            self.mission,
            Ask {
                question: asked.question.clone(),
                options: asked.options.clone().unwrap_or_default(),
                step: Some(asked.step_id.clone()),
                input_key: asked.input_key.as_ref().map(|key| key.as_str().to_owned()),
                decision_id: Some(id.clone()),
                run: Some(self.known.run_id.as_str().to_owned()),
                actor: Some(decisions::actor(agent, ActorType::Llm)),
                idempotency_key: None,
            },
        )?;
        self.warnings.extend(written.warnings);
        self.read_decisions()
    }

    /// Reads the decisions anew.
    pub(super) fn read_decisions(&mut self) -> Result<()> {
        let mut said = Vec::new();
        self.known.decisions = decided(self.project, self.mission, &mut said)?;
        for warning in said {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        Ok(())
    }

    /// Lets the run go by another template.
    pub(super) fn replace_template(&mut self, found: &discovery::Found) -> Result<()> {
        self.flush()?;
        self.held
            .replace_template(&self.stored, found.text.as_bytes())?;
        self.known.template = found.template.clone();
        self.known.live = None;
        Ok(())
    }

    /// As [`Session::show`], and the prompt before: what is issued has one.
    pub(super) fn finish(&mut self, run: &Run, plan: &Plan, agent: &str) -> Result<()> {
        if let Some((path, text)) = self.prompt(run, plan, agent)? {
            runs::write_prompt(&path, &text)?;
        }
        self.show(run)
    }

    /// Writes everything, and what the Python tool's readers find.
    pub(super) fn show(&mut self, run: &Run) -> Result<()> {
        self.flush()?;
        let entry = Indexed {
            mission_type: self.known.template.key.clone(),
            mission_slug: self.mission.mission_slug.to_string(),
            mission_id: Some(self.mission.mission_id.to_string()),
        };
        let state = snapshot::state(&self.known, run, self.project, &self.stored)?;
        self.held.show(&self.stored, &state, &entry)?;
        Ok(())
    }

    fn prompt(
        &self,
        run: &Run,
        plan: &Plan,
        agent: &str,
    ) -> Result<Option<(std::path::PathBuf, String)>> {
        let material = Material {
            project: self.project,
            mission: self.mission,
            run,
            decisions: &self.known.decisions,
            agent,
        };
        Ok(match &plan.next {
            Next::Step(step) => Some((
                runs::prompt_path(&self.stored, step.step_id.as_str()),
                prompt::step(material, step)?,
            )),
            Next::Decision(asked) => Some((
                runs::prompt_path(&self.stored, asked.decision_id.as_str()),
                prompt::decision(material, asked),
            )),
            Next::Blocked(_) | Next::Terminal(_) => None,
        })
    }
}
