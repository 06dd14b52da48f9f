"""A clone as the contract describes it, and nothing of ours in it: it talks to a hub and fails where the hub does otherwise.

Two arguments: the hub's address, and the name of the conversation. The facts come as JSON on the first line of input.
"""

import json
import sys
import time
import uuid

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

base, name = sys.argv[1], sys.argv[2]
facts = json.loads(sys.stdin.readline())
assert base.startswith("http://127.0.0.1:"), base
address = base.replace("http", "ws", 1).rstrip("/") + "/api/v1/ws"

BUILD = "01KT119YA7GD2Y0D7MZRH5JSS4"


def good():
    return {"Authorization": f"Bearer {facts['token']}", "X-Pawtrail-Protocol": "1"}


def open_line(headers=None, to=address, **more):
    return connect(to, additional_headers=good() if headers is None else headers, compression=None, proxy=None, **more)


def refused(headers=None, to=address, **more):
    """The status and the body of a refusal."""
    try:
        open_line(headers, to, **more)
    except InvalidStatus as error:
        return error.response.status_code, json.loads(error.response.body)
    raise AssertionError(f"not refused: {headers} {to} {more}")


def receive(line, kind):
    """The next frame of a kind; pings come whenever the hub likes, and nothing else may come between."""
    while True:
        text = line.recv(timeout=30)
        assert isinstance(text, str), "a frame is text"
        assert len(text.encode()) <= 64 * 1024
        frame = json.loads(text)
        assert isinstance(frame, dict), text
        if frame["type"] == kind:
            return frame
        assert frame["type"] == "ping", f"{kind} was due, and this came: {text}"


def commit(number, **more):
    return {
        "type": "LocalCommit",
        "git_hash": f"{number:040x}",
        "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3",
        "build_id": BUILD,
        "changed_files": ["kitty-specs/payments-01KT119Y/spec.md"],
        "committed_at": "2026-06-01T07:55:08Z",
        **more,
    }


def say(line, frame):
    line.send(frame if isinstance(frame, str) else json.dumps(frame))


def acknowledged(line, number, status):
    ack = receive(line, "LocalCommitAck")
    assert ack["git_hash"] == f"{number:040x}", ack
    assert ack.get("status") in (None, status), ack


def an_error(line, commit=None):
    error = receive(line, "error")
    assert isinstance(error["code"], str) and error["code"], error
    assert isinstance(error["message"], str) and error["message"], error
    assert error["retryable"] is False, error
    if commit is not None:
        assert error["git_hash"] == commit, error


def refusals():
    wrong = dict(good(), Authorization="Bearer " + "0" * 68)
    assert refused(wrong)[0] == 401
    assert refused({"X-Pawtrail-Protocol": "1"})[0] == 401
    assert refused({"Authorization": f"Basic {facts['token']}", "X-Pawtrail-Protocol": "1"})[0] == 401
    # The token counts in its header and nowhere else.
    without = {"X-Pawtrail-Protocol": "1"}
    assert refused(without, f"{address}?token={facts['token']}")[0] in (400, 401)
    assert refused(good(), f"{address}?token={facts['token']}")[0] == 400
    for version in ("2", "0", "1.0", "", "x"):
        status, body = refused(dict(good(), **{"X-Pawtrail-Protocol": version}))
        assert status == 426, (version, status)
        assert 1 in body["protocol"], body
    status, body = refused({"Authorization": f"Bearer {facts['token']}"})
    assert (status, body["protocol"]) == (426, [1]), body
    # A token of another project than the clone speaks for.
    assert refused(dict(good(), **{"X-Pawtrail-Project": str(uuid.uuid4())}))[0] == 403
    with open_line(dict(good(), **{"X-Pawtrail-Project": facts["project"]})) as line:
        receive(line, "snapshot")
    # Another site's page, and another name for this machine.
    assert refused(good(), origin="http://evil.example")[0] == 403
    assert refused(dict(good(), Host="evil.example"))[0] == 403


def conversation():
    with open_line() as line:
        snapshot = receive(line, "snapshot")
        assert snapshot["protocol"] == 1, snapshot
        assert snapshot["builds"] == [], snapshot
        say(line, commit(1))
        acknowledged(line, 1, "accepted")
        say(line, commit(1))
        acknowledged(line, 1, "duplicate")
        # All optional fields, and one that a later version may have.
        more = {
            "project_uuid": facts["project"],
            "mission_slug": "payments-01KT119Y",
            "branch": "refs/heads/kitty/mission-payments-01KT119Y",
            "parents": [f"{1:040x}"],
            "supersedes": [],
            "changed_files_total": 1,
            "from_a_later_version": {"a": [1, 2]},
        }
        say(line, commit(2, **more))
        acknowledged(line, 2, "accepted")
        # A hash of the longer kind.
        long = commit(3, git_hash="ab" * 32)
        say(line, long)
        assert receive(line, "LocalCommitAck")["git_hash"] == "ab" * 32
        # Many at once are answered in order.
        for number in range(100, 400):
            say(line, commit(number))
        for number in range(100, 400):
            acknowledged(line, number, "accepted")
    with open_line() as line:
        builds = receive(line, "snapshot")["builds"]
        assert len(builds) == 1, builds
        assert builds[0]["build_id"] == BUILD, builds
        assert builds[0]["last_acknowledged"] == f"{399:040x}", builds


def oddities():
    with open_line() as line:
        receive(line, "snapshot")
        for text in ("{", "[]", '"x"', "null", '{"type":"LocalCommit"}', json.dumps({"no": "type"})):
            say(line, text)
            an_error(line)
        bad = commit(7, changed_files=["src/main.rs"])
        say(line, bad)
        an_error(line, bad["git_hash"])
        for files in ([], ["kitty-specs/../x"], ["kitty-specs/a"] * 1001):
            bad = commit(8, changed_files=files)
            say(line, bad)
            an_error(line, bad["git_hash"])
        foreign = commit(9, project_uuid=str(uuid.uuid4()))
        say(line, foreign)
        an_error(line, foreign["git_hash"])
        large = commit(10, changed_files=["kitty-specs/" + "x" * (64 * 1024)])
        say(line, large)
        an_error(line)
        # Unknown types are ignored: the next answer is the commit's.
        for kind in ("CommitPushed", "subscribe", "snapshot", "LocalCommitAck"):
            say(line, {"type": kind, "git_hash": f"{11:040x}"})
        say(line, commit(12))
        acknowledged(line, 12, "accepted")


def pings():
    with open_line() as line:
        receive(line, "snapshot")
        ping = receive(line, "ping")
        assert isinstance(ping["timestamp"], str), ping
        say(line, {"type": "pong", "timestamp": ping["timestamp"], "build_id": BUILD})
        began = time.monotonic()
        assert line.ping().wait(5), "a protocol-level ping is answered"
        assert time.monotonic() - began < 5
        say(line, commit(20))
        acknowledged(line, 20, "accepted")


def largest():
    """A frame of 64 KiB exactly is taken; a message far beyond may cost the connection, and the hub goes on."""
    frame = commit(30, note="")
    frame["note"] = "x" * (64 * 1024 - len(json.dumps(frame)))
    assert len(json.dumps(frame)) == 64 * 1024
    with open_line() as line:
        receive(line, "snapshot")
        say(line, frame)
        acknowledged(line, 30, "accepted")
        try:
            say(line, "x" * (8 * 1024 * 1024))
            while True:
                line.recv(timeout=30)
        except ConnectionClosed:
            pass
    with open_line() as line:
        receive(line, "snapshot")
        say(line, commit(31))
        acknowledged(line, 31, "accepted")


conversations = {check.__name__: check for check in (refusals, conversation, oddities, pings, largest)}
conversations[name]()
print("kept")
