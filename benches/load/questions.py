"""What is asked under load, and what is right: who asks for which tool, with the answer that OPA gives.

Every answer of a run is held against its own question's. What is right is found out by asking a real OPA, before the
run, with each revision of the example bundle.
"""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import orjson

ROUTE = "/api/v1/gateway/authorize"
ROLES = ("viewer", "developer", "analyst", "lead", "service", "security", "admin", "contractor")
TEAMS = (["payments"], ["data"], ["platform", "web"])
PERMISSIONS = ["cluster:exec", "data:export", "db:restore", "ledger:post"]
TOOLS_EACH = 10
SEED = 7

ROW = "row"
"""The parameter that makes a question a new one, where it has to be."""

PARAMETERS: tuple[dict[str, Any], ...] = (
    {"query": "select 1", "limit": 10},
    {"query": "select name from t", "password": "hunter2"},
    {"path": "reports/q3.csv", "api_token": "abc"},
    {"query": "drop table t"},
)

FAILED_CLOSED = ("Policy evaluation failed", "Internal error during policy evaluation", "Authorization error")
"""How the reason begins of a denial that no policy has pronounced: nobody could decide."""

TURNED_AWAY = frozenset({403, 408, 413, 429, 503})
"""Statuses that deny."""


class Outcome(Enum):
    """What became of a request."""

    RIGHT = auto()
    """The answer that the policy gives."""
    DENIED = auto()
    """Denied or turned away for want of an answer: safe, and no success."""
    LOST = auto()
    """No answer at all, or an error of the server."""
    WRONG = auto()
    """Another answer than the policy's. There must be none."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a revision of the bundle answers."""

    allow: bool
    filtered: dict[str, Any] | None
    """The parameters that may be passed on."""

    def row(self, row: int) -> "Expected":
        """Return the same for the question with another row."""
        if self.filtered is None or ROW not in self.filtered:
            return self
        return Expected(self.allow, {**self.filtered, ROW: row})


@dataclass(frozen=True, slots=True)
class Question:
    """A request, ready to be sent, and what is right."""

    token: str
    asked: dict[str, Any]
    """The body, in which the row is 0."""
    right: Mapping[str, Expected]
    """The answer of each revision."""

    def body(self, row: int = 0) -> bytes:
        """Return the request's body, with a row of its own."""
        return orjson.dumps({**self.asked, "parameters": {**self.asked["parameters"], ROW: row}})

    def request(self, host: str, row: int = 0) -> bytes:
        """Return the whole request, as HTTP has it."""
        body = self.body(row)
        head = (
            f"POST {ROUTE} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def judge(question: Question, row: int, revisions: Iterable[str], status: int, body: bytes) -> Outcome:
    """Return what an answer is worth.

    Args:
        question: What was asked.
        row: The row that it was asked with.
        revisions: Which bundles may have decided it.
        status: The answer's status.
        body: The answer's body.
    """
    if status in TURNED_AWAY:
        return Outcome.DENIED
    if status >= 500:
        return Outcome.LOST
    if status != 200:
        return Outcome.WRONG
    try:
        answer = orjson.loads(body)
        allow, reason, filtered = answer["allow"], answer["reason"], answer["filtered_parameters"]
    except (ValueError, KeyError, TypeError):
        return Outcome.WRONG
    if any(Expected(allow, filtered) == question.right[revision].row(row) for revision in revisions):
        return Outcome.RIGHT
    if allow is False and str(reason).startswith(FAILED_CLOSED):
        return Outcome.DENIED
    return Outcome.WRONG


def people() -> dict[str, dict[str, Any]]:
    """Return the claims of everybody who asks, by their id."""
    claims = {}
    for number, (role, teams) in enumerate((role, teams) for role in ROLES for teams in TEAMS):
        who = f"load-{number}"
        permissions = PERMISSIONS if role == "admin" else []
        claims[who] = {
            "sub": who,
            "email": f"{who}@acme.test",
            "role": role,
            "teams": teams,
            "permissions": permissions,
        }
    return claims


def bodies(catalogue: Path) -> list[dict[str, Any]]:
    """Return what may be asked: every tool of the catalogue, each with some parameters."""
    servers = json.loads(catalogue.read_text("utf-8"))["servers"]
    named = [(server["server_name"], tool["tool_name"]) for server in servers for tool in server["tools"]]
    return [
        {
            "action": "gateway:tool:invoke",
            "server_name": server,
            "tool_name": tool,
            "parameters": {**PARAMETERS[place % len(PARAMETERS)], ROW: 0},
            "context": {"client_ip": "192.0.2.7", "hour": 11},
        }
        for place, (server, tool) in enumerate(named)
    ]


def mix(catalogue: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return who asks what: everybody for ten tools, always the same ones, in an order of no meaning."""
    chance = random.Random(SEED)
    every = bodies(catalogue)
    asked = [(who, body) for who in people() for body in chance.sample(every, TOOLS_EACH)]
    chance.shuffle(asked)
    return asked


def save(questions: Iterable[Question], path: Path) -> None:
    """Write questions down for another process."""
    lines = (
        orjson.dumps(
            {
                "token": each.token,
                "asked": each.asked,
                "right": {revision: [right.allow, right.filtered] for revision, right in each.right.items()},
            }
        )
        for each in questions
    )
    path.write_bytes(b"\n".join(lines))


def load(path: Path) -> list[Question]:
    """Read what `save` wrote."""
    read = map(orjson.loads, path.read_bytes().splitlines())
    return [
        Question(
            each["token"],
            each["asked"],
            {revision: Expected(allow, filtered) for revision, (allow, filtered) in each["right"].items()},
        )
        for each in read
    ]
