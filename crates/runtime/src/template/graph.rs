//! Whether the steps of a template can all be reached: ids that are unique, dependencies that exist, no circle.

use std::collections::HashMap;

use pawtrail_event::StepId;

use super::fields::{Findings, shown};
use super::read::Mark;
use super::spelling;

/// The most steps of a circle that a message names.
const MAX_SHOWN: usize = 12;

/// Reports what keeps a step from ever being reached.
pub(super) fn check(marks: &[Mark], findings: &mut Findings) {
    let mut places: HashMap<&StepId, usize> = HashMap::new();
    for (at, mark) in marks.iter().enumerate() {
        let first = *places.entry(&mark.id).or_insert(at);
        if let Some(other) = marks.get(first).filter(|_| first != at) {
            let message = format!("`{}` stands twice; first at {}", mark.id, other.place);
            findings.problem(mark.place, message);
        }
    }
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); marks.len()];
    for (at, mark) in marks.iter().enumerate() {
        for (place, id) in &mark.depends_on {
            match places.get(id) {
                Some(target) if *target == at => {
                    findings.problem(*place, format!("`{}` depends on itself", mark.id));
                }
                Some(target) => {
                    if let Some(list) = after.get_mut(at) {
                        list.push(*target);
                    }
                }
                None => {
                    let hint = near(id, marks)
                        .map(|known| format!("; is `{known}` meant?"))
                        .unwrap_or_default();
                    let message = format!(
                        "`{}` depends on `{}`, which is no step{hint}",
                        mark.id,
                        shown(id.as_str())
                    );
                    findings.problem(*place, message);
                }
            }
        }
    }
    for circle in circles(&after) {
        let names: Vec<String> = circle
            .iter()
            .filter_map(|at| marks.get(*at))
            .map(|mark| format!("`{}`", mark.id))
            .collect();
        let Some(first) = circle.first().and_then(|at| marks.get(*at)) else {
            continue;
        };
        let more = names.len().saturating_sub(MAX_SHOWN);
        let mut shown = names;
        shown.truncate(MAX_SHOWN);
        let dots = if more > 0 {
            format!(" → … {more} more")
        } else {
            String::new()
        };
        let message = format!(
            "these wait for each other, so that none can begin: {}{dots} → `{}`",
            shown.join(" → "),
            first.id
        );
        findings.problem(first.place, message);
    }
}

fn near(id: &StepId, marks: &[Mark]) -> Option<String> {
    let wrong = id.as_str();
    marks
        .iter()
        .map(|mark| mark.id.as_str())
        .find(|known| spelling::near(wrong, known))
        .map(str::to_owned)
}

/// One circle of each knot of steps, each once, from the step that stands first.
fn circles(after: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; after.len()];
    let mut found = Vec::new();
    for start in 0..after.len() {
        // Each entry is a step and how many of its dependencies were followed.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        if marks.get(start) != Some(&Mark::New) {
            continue;
        }
        while let Some((at, next)) = path.last().copied() {
            if let Some(mark) = marks.get_mut(at) {
                *mark = Mark::Open;
            }
            let Some(target) = after.get(at).and_then(|list| list.get(next)).copied() else {
                if let Some(mark) = marks.get_mut(at) {
                    *mark = Mark::Done;
                }
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            match marks.get(target) {
                Some(Mark::New) => path.push((target, 0)),
                Some(Mark::Open) => {
                    let from = path.iter().position(|(step, _)| *step == target);
                    let mut circle: Vec<usize> = path
                        .iter()
                        .skip(from.unwrap_or_default())
                        .map(|(step, _)| *step)
                        .collect();
                    let first = circle.iter().enumerate().min_by_key(|(_, step)| **step);
                    let turn = first.map(|(place, _)| place).unwrap_or_default();
                    circle.rotate_left(turn);
                    found.push(circle);
                }
                Some(Mark::Done) | None => {}
            }
        }
    }
    found
}
