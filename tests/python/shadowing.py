"""A router with a shadow between a real engine and a real OPA, in tests."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from real_opa import Opa, serving
from sark_policy.sark.answer import Side
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.breaker import Breaker, Guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.paths.in_process import InProcess
from sark_policy.sark.paths.router import Router
from sark_policy.sark.paths.shadow import Shadow
from sark_policy.sark.question import Question
from sark_policy.sark.settings import SarkSettings

BOTH = {Side.IN_PROCESS: Side.HTTP, Side.HTTP: Side.IN_PROCESS}

# Two policies that differ in everything a decision is made of; `input.k` says in what.
MINE = """package p

import rego.v1

default allow := false
allow if input.k in ["allowed_denied", "filtered_parameters", "reason", "audit_id", "doubt", "same"]
reason := "granted"
reason := "given" if input.k == "doubt"
filtered_parameters := {"a": 1} if input.k == "filtered_parameters"
audit_id := "1" if input.k == "audit_id"
sometimes := {"allow": false, "reason": "no"} if input.k != "undefined"
object := {"allow": true, "ttl": 1, "n": 2, "set": {3, 1}}
number := 1.5 / 5 * 100 + 1 / 3
fails := {"allow": true} if input.k == "fails"
fails := {"allow": false} if input.k == "fails"
"""
THEIRS = """package p

import rego.v1

default allow := false
allow if input.k in ["denied_allowed", "filtered_parameters", "reason", "audit_id", "doubt", "same"]
reason := "granted" if input.k != "reason"
reason := "permitted" if input.k == "reason"
filtered_parameters := {"a": 2} if input.k == "filtered_parameters"
audit_id := "2" if input.k == "audit_id"
sometimes := {"allow": false, "reason": "no"}
object := {"allow": true, "ttl": 1 + (1 - count([1 | input.k != "result"])), "n": 2.0, "set": {1, 3}}
number := (1 / 3) + ((1.5 / 5) * 100)
fails := {"allow": true} if input.k == "fails"
"""


@contextmanager
def opened(bundle: Path) -> Iterator[Engine]:
    """Open an engine that a busy machine does not hurry."""
    engine = Engine(bundle, SarkSettings(deadline=20))
    try:
        yield engine
    finally:
        engine.close()


@asynccontextmanager
async def shadowing(engine: Engine, url: str, shadow: Shadow, failures: int = 3) -> AsyncIterator[Router]:
    """Open a router with a shadow, and close it."""
    paths = {
        Side.IN_PROCESS: Guarded(InProcess(engine), Breaker(Side.IN_PROCESS, failures=failures, seconds=600)),
        Side.HTTP: Guarded(
            HttpPath(url, timeout=20, connections=20), Breaker(Side.HTTP, failures=failures, seconds=600)
        ),
    }
    router = Router(paths, fallback=BOTH, shadow=shadow)
    try:
        yield router
    finally:
        await router.close()


def digest(question: Question) -> str:
    """Return what a difference names its input by."""
    return hashlib.sha256(question.text.encode()).hexdigest()


def of_kind(k: str, path: str = "p/allow", **more: Any) -> Question:
    """Make a question that the two policies answer otherwise in one way."""
    return Question.of({"k": k} | more, path)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine with one of the two policies."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "p.rego").write_text(MINE)
    with opened(folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the other."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "p.rego").write_text(THEIRS)
    with serving(folder) as server:
        yield server
