//! The file that tells an agent what a step asks of it: made from the template, what is known and what was decided.

use std::fmt::Write as _;
use std::path::{Component, Path};

use pawtrail_event::decision::{Decision, Status};
use pawtrail_repo::Project;
use pawtrail_repo::mission::Mission;
use pawtrail_repo::shell::quoted;

use crate::discovery;
use crate::error::Result;
use crate::plan::{DecisionPlan, StepPlan};
use crate::run::Run;

/// What a prompt is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Material<'a> {
    pub(crate) project: &'a Project,
    pub(crate) mission: &'a Mission,
    pub(crate) run: &'a Run,
    pub(crate) decisions: &'a [Decision],
    pub(crate) agent: &'a str,
}

/// Returns the prompt of a step.
pub(crate) fn step(material: Material<'_>, step: &StepPlan) -> Result<String> {
    let slug = &material.mission.mission_slug;
    let mut text = format!("# {}\n\n", line(&step.title));
    said(
        &mut text,
        format_args!(
            "Mission `{slug}` ({}), step `{}`, for {}.\n",
            line(&material.mission.title),
            step.step_id,
            line(material.agent)
        ),
    );
    paragraph(&mut text, "", &step.description);
    paragraph(&mut text, "What to do", &instructions(material, step)?);
    if let Some(output) = &step.expected_output {
        paragraph(&mut text, "What to leave behind", output);
    }
    if let Some(profile) = &step.agent_profile {
        paragraph(&mut text, "Meant for", profile);
    }
    known(&mut text, material);
    let report = format!(
        "pawtrail next --mission {slug} --agent {} --step {}",
        quoted(material.agent),
        quoted(step.step_id.as_str())
    );
    said(
        &mut text,
        format_args!(
            "\n## When it is done\n\n    {report} --result success\n\n\
             If it failed, or something keeps you from it: `--result failed` or `--result blocked`.\n"
        ),
    );
    Ok(text)
}

/// Returns the prompt of a question.
pub(crate) fn decision(material: Material<'_>, asked: &DecisionPlan) -> String {
    let slug = &material.mission.mission_slug;
    let mut text = "# A decision is needed\n\n".to_owned();
    said(
        &mut text,
        format_args!(
            "Mission `{slug}` ({}), decision `{}`.\n",
            line(&material.mission.title),
            asked.decision_id
        ),
    );
    paragraph(&mut text, "Question", &asked.question);
    if let Some(options) = &asked.options {
        let list: Vec<String> = options
            .iter()
            .map(|one| format!("- {}", line(one)))
            .collect();
        paragraph(&mut text, "Possible answers", &list.join("\n"));
    }
    known(&mut text, material);
    let answer = asked.options.as_ref().and_then(|options| options.first());
    said(
        &mut text,
        format_args!(
            "\n## To answer\n\n    pawtrail next --mission {slug} --agent {} --result success --decision-id {} --answer {}\n\n\
             Say who answers with `--actor NAME --actor-type human`; a language model needs a delegation.\n",
            quoted(material.agent),
            quoted(asked.decision_id.as_str()),
            answer.map_or_else(|| "ANSWER".to_owned(), |answer| quoted(answer)),
        ),
    );
    text
}

/// What is known from inputs, and what was decided.
fn known(text: &mut String, material: Material<'_>) {
    let inputs: Vec<String> = material
        .run
        .inputs
        .iter()
        .map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), line);
            format!("- {}: {value}", line(key))
        })
        .collect();
    paragraph(text, "Inputs", &inputs.join("\n"));
    let decided: Vec<String> = material.decisions.iter().filter_map(decided).collect();
    paragraph(text, "Decided so far", &decided.join("\n"));
}

fn decided(decision: &Decision) -> Option<String> {
    let given = decision.answer()?;
    let contested = match decision.status() {
        Status::Contested => " (contested: others answered differently)",
        Status::Open | Status::Answered => "",
    };
    Some(format!(
        "- {} **{}**, by {}{contested}",
        line(&decision.question),
        line(&given.answer),
        line(&given.actor.actor_id)
    ))
}

/// What the template says itself, or in the file that it names.
fn instructions(material: Material<'_>, step: &StepPlan) -> Result<String> {
    let Some(name) = &step.prompt_template else {
        return Ok(step.prompt.clone());
    };
    let named = Path::new(name);
    let inside = named
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if inside && let Some(place) = &material.run.template_path {
        let dir = place.rsplit_once('/').map_or("", |(dir, _)| dir);
        for dir in [dir.to_owned(), format!("{dir}/command-templates")] {
            let path = format!("{dir}/{name}");
            if let Some(found) = discovery::live(material.project, path.trim_start_matches('/'))? {
                return Ok(found);
            }
        }
    }
    Ok(format!(
        "{}\n\nThe template names `{}` for this step; that file isn't beside it.",
        step.prompt,
        line(name)
    ))
}

fn paragraph(text: &mut String, title: &str, body: &str) {
    let body = body.trim();
    if body.is_empty() {
        return;
    }
    if title.is_empty() {
        said(text, format_args!("\n{body}\n"));
    } else {
        said(text, format_args!("\n## {title}\n\n{body}\n"));
    }
}

fn said(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _ = text.write_fmt(words);
}

/// A stored text on one line.
fn line(text: &str) -> String {
    let flat: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    flat.trim().to_owned()
}
