"""A hub as the contract describes it, and nothing of ours in it: it checks what a clone sends and does what it is told.

One argument: the plan, as JSON. It prints one JSON object a line: where it listens, each handshake, each frame with what is
wrong with it, each pong, each end. Lines of JSON on its input change the plan for the next connection.
"""

import json
import re
import ssl
import sys
import threading
import time
from http import HTTPStatus

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

plan = json.loads(sys.argv[1])
printing = threading.Lock()
connections = 0
seen = []


def tell(event, **fields):
    with printing:
        print(json.dumps({"event": event, **fields}), flush=True)


HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
COMMIT = {"type", "git_hash", "mission_id", "build_id", "changed_files", "committed_at"}
OPTIONAL = {"project_uuid", "mission_slug", "branch", "parents", "supersedes", "changed_files_total"}


def wrong_with(text, pinged):
    """What the contract has against this frame of a clone."""
    if not isinstance(text, str):
        return ["no text frame"]
    if len(text.encode()) > 64 * 1024:
        return ["larger than 64 KiB"]
    try:
        frame = json.loads(text)
    except ValueError as error:
        return [f"no JSON: {error}"]
    if not isinstance(frame, dict):
        return ["no object"]
    kind = frame.get("type")
    found = []
    if kind == "LocalCommit":
        found += [f"{name} is missing" for name in COMMIT - frame.keys()]
        found += [f"{name} is not in the contract" for name in frame.keys() - COMMIT - OPTIONAL]
        if found:
            return found
        if not HASH.fullmatch(frame["git_hash"]):
            found.append("git_hash")
        for name in ("mission_id", "build_id"):
            if not ULID.fullmatch(frame[name]):
                found.append(name)
        files = frame["changed_files"]
        if not 1 <= len(files) <= 1000 or not all(path.startswith("kitty-specs/") for path in files):
            found.append("changed_files")
        if not UTC.fullmatch(frame["committed_at"]):
            found.append("committed_at")
        if "project_uuid" in frame and frame["project_uuid"] != plan["project"]:
            found.append("project_uuid")
        for name in ("parents", "supersedes"):
            if not all(HASH.fullmatch(commit) for commit in frame.get(name, [])):
                found.append(name)
        return found
    if kind == "pong":
        if frame.get("timestamp") not in pinged:
            found.append("a pong with a timestamp that was in no ping")
        if not ULID.fullmatch(frame.get("build_id", "")):
            found.append("a pong without its build")
        return found
    return [f"a clone never sends {kind!r}"]


def before(connection, request):
    """The handshake: tells of it, and refuses it where the plan says so."""
    headers = {}
    for name, value in request.headers.raw_items():
        headers.setdefault(name.lower(), []).append(value)
    tell("handshake", path=request.path, headers=headers)
    status = plan.get("refuse")
    if status is not None:
        return connection.respond(HTTPStatus(status), plan.get("body", "{}"))
    return None


def answers(frame):
    """What the plan answers to a commit, in order."""
    commit = frame["git_hash"]
    rule = plan.get("rules", {}).get(str(seen.index(commit)))
    if rule == "refuse":
        return [{"type": "error", "code": "NOT_WANTED", "message": "no", "retryable": False, "git_hash": commit}]
    if rule == "later" and not plan.setdefault("refused", False):
        plan["refused"] = True
        return [{"type": "error", "code": "BUSY", "message": "later", "retryable": True, "git_hash": commit}]
    return [{"type": "LocalCommitAck", "git_hash": commit}]


def say(connection, frame):
    connection.send(frame if isinstance(frame, str) else json.dumps(frame))


def handle(connection):
    global connections
    connections += 1
    number = connections
    pinged = set()
    # Whatever comes before the snapshot is too early.
    time.sleep(plan.get("silence", 0.2))
    try:
        early = connection.recv(timeout=0)
    except TimeoutError:
        early = None
    except ConnectionClosed:
        return
    if early is not None:
        tell("frame", connection=number, text=early, wrong=["before the snapshot"])
    held = []
    try:
        say(connection, plan["snapshot"])
        for frame in plan.get("first", []):
            if isinstance(frame, dict) and frame.get("type") == "ping":
                pinged.add(frame["timestamp"])
            say(connection, frame)
        if plan.get("ping"):
            answered = connection.ping()
            tell("pong below the frames", came=answered.wait(5))
        for text in connection:
            wrong = wrong_with(text, pinged)
            tell("frame", connection=number, text=text, wrong=wrong)
            frame = json.loads(text)
            if wrong or frame["type"] != "LocalCommit":
                continue
            if frame["git_hash"] not in seen:
                seen.append(frame["git_hash"])
            held += answers(frame)
            # Answers may be held back and come in another order, some of them twice.
            if len(held) >= plan.get("hold", 1):
                for answer in reversed(held):
                    for _ in range(plan.get("times", 1)):
                        say(connection, answer)
                held = []
    except ConnectionClosed:
        pass
    tell("end", connection=number)


def follow_new_plans():
    for line in sys.stdin:
        plan.update(json.loads(line))
        tell("planned")


def certificate():
    """The context of a hub that speaks TLS, where the plan has a certificate."""
    if "certificate" not in plan:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(plan["certificate"])
    return context


with serve(handle, "127.0.0.1", 0, process_request=before, ping_interval=None, ssl=certificate()) as server:
    tell("listening", port=server.socket.getsockname()[1])
    threading.Thread(target=follow_new_plans, daemon=True).start()
    server.serve_forever()
