"""Drives the Python tool for tests: one JSON request a line in, one JSON answer a line out."""

import dataclasses
import json
import logging
import os
import sys
from pathlib import Path

# What the tool prints is no answer.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
logging.disable(logging.CRITICAL)

from spec_kitty_events.conformance import validate_event
from specify_cli.coordination.status_transition import emit_status_transition_transactional
from specify_cli.status import emit, lifecycle_events, reducer, store
from specify_cli.status.locking import feature_status_lock
from specify_cli.status.models import (
    InnerStateChanged,
    ReviewResult,
    StatusEvent,
    TransitionRequest,
    WPInnerStateDelta,
)

QUIET = {"ensure_sync_daemon": False, "sync_dossier": False}


def request(given):
    fields = dict(given["fields"])
    if fields.get("review_result") is not None:
        fields["review_result"] = ReviewResult.from_dict(fields["review_result"])
    root = given.get("root")
    return TransitionRequest(
        feature_dir=Path(given["dir"]),
        mission_slug=Path(given["dir"]).name,
        repo_root=Path(root) if root else None,
        **fields,
    )


def move(given):
    """A transition as library callers make it: written, not committed."""
    return emit.emit_status_transition(request(given), **QUIET).to_dict()


def move_committed(given):
    """A transition as the tool's commands make it: in a transaction that commits."""
    return emit_status_transition_transactional(request(given), **QUIET).to_dict()


def annotate(given):
    path = Path(given["dir"])
    return emit.emit_inner_state_changed(
        path,
        given["wp_id"],
        WPInnerStateDelta.from_dict(given["delta"]),
        actor=given["actor"],
        mission_slug=path.name,
    ).to_dict()


def wp_created(given):
    """A lifecycle row: appended without a lock."""
    path = Path(given["dir"])
    lifecycle_events.emit_wp_created_local(
        feature_dir=path, mission_slug=path.name, wp_id=given["wp_id"],
        wp_title=given["title"], wp_path=given["path"], depends_on=[], actor=given["actor"],
        mission_number=None,
    )


def append_unlocked(given):
    """The store's plain append: no lock, no flush."""
    store.append_event(Path(given["dir"]), StatusEvent.from_dict(given["row"]))


def replace_unlocked(given):
    """The store's atomic append without the lock, which the batch writer uses so."""
    store.append_events_atomic(Path(given["dir"]), [StatusEvent.from_dict(given["row"])])


def snapshot(given):
    return reducer.materialize_to_json(reducer.materialize_snapshot(Path(given["dir"])))


def rows(given):
    """What the strict reader makes of the file."""
    stream = store.read_event_stream(Path(given["dir"]))
    return {
        "transitions": [event.to_dict() for event in stream.transitions],
        "annotations": [event.to_dict() for event in stream.annotations],
        "all": [row.get("event_id") for row in store.read_events_raw(Path(given["dir"]))],
    }


def validate(given):
    """What the event package says against a payload."""
    result = validate_event(given["payload"], given["event_type"], strict=True)
    return {"valid": result.valid, "why": repr(result)}


def fixtures(given):
    """The event package's own examples of a family: each payload with the package's verdict."""
    import spec_kitty_events.conformance as conformance

    root = Path(conformance.__file__).parent / "fixtures"
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    found = []
    for entry in manifest["fixtures"]:
        kind = entry.get("fixture_type")
        if entry["path"].split("/")[0] != given["family"] or kind == "reducer_output":
            continue
        text = (root / entry["path"]).read_text(encoding="utf-8")
        lines = text.splitlines() if kind == "replay_stream" else [text]
        for line in lines:
            payload = json.loads(line)
            event_type = payload["event_type"] if kind == "replay_stream" else entry["event_type"]
            found.append(
                {
                    "path": entry["path"],
                    "event_type": event_type,
                    "valid": entry["expected_result"] == "valid",
                    "payload": payload,
                }
            )
    return found


def verdicts(given):
    """What the event package says about each of many payloads: true, false."""
    return [
        validate_event(payload, given["event_type"], strict=True).valid
        for payload in given["payloads"]
    ]


def reduce_run(given):
    """What the event package's reducer makes of the events of a run."""
    from spec_kitty_events.mission_next import reduce_mission_next_events
    from spec_kitty_events.models import Event

    events = [Event(**event) for event in given["events"]]
    return reduce_mission_next_events(events).model_dump(mode="json")


def run_payload(given):
    """What the runtime's own models say against a payload that the event package doesn't know."""
    from runtime.next._internal_runtime.schema import ResolvedRACIBinding
    from runtime.next._internal_runtime.significance import (
        SignificanceEvaluatedPayload,
        SignificanceScore,
        TimeoutExpiredPayload,
    )

    models = {
        "SignificanceEvaluated": SignificanceEvaluatedPayload,
        "DecisionTimeoutExpired": TimeoutExpiredPayload,
    }
    payload = given["payload"]
    models[given["event_type"]].model_validate(payload)
    SignificanceScore.model_validate(payload["significance_score"])
    if "raci_snapshot" in payload:
        ResolvedRACIBinding.model_validate(payload["raci_snapshot"])


def template_problem(given):
    """Why the runtime refuses a template; null where it takes it."""
    from runtime.next._internal_runtime.schema import load_mission_template_file

    try:
        load_mission_template_file(Path(given["path"]))
    except Exception as error:
        return type(error).__name__
    return None


def run_start(given):
    """Starts a run from a template's file."""
    from runtime.next._internal_runtime import engine
    from runtime.next._internal_runtime.schema import MissionPolicySnapshot

    ref = engine.start_mission_run(
        given["template"], given["inputs"], MissionPolicySnapshot(),
        run_store=Path(given["store"]),
    )
    return ref.model_dump(mode="json")


def run_next(given):
    """Reports the result of what was issued, and returns what comes next."""
    from runtime.next._internal_runtime import engine

    ref = engine.MissionRunRef(**given["run"])
    return engine.next_step(ref, given["agent"], given["result"]).model_dump(mode="json")


def run_answer(given):
    from runtime.next._internal_runtime import engine
    from runtime.next._internal_runtime.schema import ActorIdentity

    engine.provide_decision_answer(
        engine.MissionRunRef(**given["run"]), given["decision_id"], given["answer"],
        ActorIdentity(**given["actor"]),
    )


def hold_lock(given):
    """Holds the mission's lock until a file is there."""
    import time

    with feature_status_lock(Path(given["root"]), Path(given["dir"]).name):
        Path(given["held"]).touch()
        while not Path(given["until"]).exists():
            time.sleep(0.005)


def next_query(given):
    """What the tool's `next` shows without a result."""
    from runtime.next import runtime_bridge

    return runtime_bridge.query_current_state(
        given.get("agent"), given["mission"], Path(given["root"])
    ).to_dict()


def next_result(given):
    """What the tool's `next --result` does, after its checks of the charter."""
    from runtime.next import runtime_bridge

    return runtime_bridge.decide_next_via_runtime(
        given["agent"], given["mission"], given["result"], Path(given["root"])
    ).to_dict()


def next_state(given):
    """A run's `state.json`, read and written again by the tool: its text."""
    from runtime.next._internal_runtime import engine

    snapshot = engine._read_snapshot(Path(given["dir"]))
    return json.dumps(snapshot.model_dump(mode="json"), indent=2, sort_keys=True, default=str)


def next_answer(given):
    """What the tool's `next --answer` records."""
    from runtime.next import runtime_bridge

    runtime_bridge.answer_decision_via_runtime(
        given["mission"], given["decision_id"], given["answer"], given["agent"], Path(given["root"])
    )


OPERATIONS = {
    name: globals()[name]
    for name in (
        "move", "move_committed", "annotate", "wp_created", "append_unlocked",
        "replace_unlocked", "snapshot", "rows", "validate", "fixtures",
        "verdicts", "hold_lock", "reduce_run", "run_payload", "template_problem",
        "run_start", "run_next", "run_answer", "next_query", "next_result", "next_answer",
        "next_state",
    )
}

for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = {"ok": OPERATIONS[given["op"]](given)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
