"""The engine and a real OPA, asked thousands of questions by way of the shadow.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
import importlib.util
import random
from collections import Counter
from types import ModuleType
from typing import Any

import pytest

from real_opa import EXAMPLE, Opa, serving
from sark_policy import PolicyHost, Undecided
from sark_policy._encoding import encode
from sark_policy.sark.answer import Side
from sark_policy.sark.paths.difference import Kind
from sark_policy.sark.paths.router import Router
from sark_policy.sark.paths.shadow import TASKS, Shadow
from sark_policy.sark.question import Question
from shadowing import digest, opened, shadowing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def makers() -> ModuleType:
    """The example's generator of inputs."""
    spec = importlib.util.spec_from_file_location("make_inputs", EXAMPLE / "make_inputs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def varied(makers: ModuleType, seed: int, size: int) -> list[Question]:
    """Make questions of every kind, the same ones for one seed: a day's traffic, and what nobody should send."""
    rng = random.Random(seed)
    parts = [
        makers.invocations(rng, size * 13 // 20),
        makers.listings(rng, size * 2 // 20),
        makers.registrations(rng, size * 2 // 20),
        makers.agent_calls(rng, size * 3 // 20),
        makers.odd(),
    ]
    questions = []
    for entrypoint, document in [(entrypoint, value) for part in parts for _, entrypoint, value in part][:size]:
        text = encode(document)
        questions.append(Question(entrypoint, document, text, "u", "a", "r", "default"))
    # What stands at the end would otherwise be cut off.
    questions += [Question(entry, value, encode(value), "u", "a", "r", "default") for _, entry, value in makers.odd()]
    return questions


async def ask_all(router: Router, questions: list[Question]) -> None:
    """Ask every question of the side it comes to: each third of OPA, half of the others in batches."""
    shadow = router.shadow
    assert shadow is not None
    size = TASKS - 1
    for start in range(0, len(questions), size):
        some = questions[start : start + size]
        side = Side.HTTP if start // size % 3 == 0 else Side.IN_PROCESS
        if start // size % 2:
            await router.decide_batch(some, side)
        else:
            await asyncio.gather(*[router.decide(question, side) for question in some])
        await shadow.drain()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_row_14_five_thousand_inputs_without_a_difference(makers: ModuleType, example_opa: Opa) -> None:
    """With the same bundle on both sides, the engine and OPA say the same to everything."""
    questions = varied(makers, 4, 5_000)
    shadow = Shadow(1, 1_000, inputs=True)
    with opened(EXAMPLE / "r1") as engine:
        async with shadowing(engine, example_opa.url, shadow) as router:
            await ask_all(router, questions)
    assert [] == [(each.kind, each.fields, each.input) for each in shadow.differences]
    assert (len(questions), 0, {}) == (shadow.compared, shadow.dropped, dict(shadow.counts))
    assert len({(question.path, question.text) for question in questions}) > 4_500


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_row_14_every_difference_to_another_bundle_is_found(makers: ModuleType) -> None:
    """With the next revision in OPA, exactly those inputs are found that the two revisions answer otherwise."""
    questions = varied(makers, 5, 2_000)
    shadow = Shadow(1, 10_000)
    with opened(EXAMPLE / "r1") as engine, serving(EXAMPLE / "r2") as server:
        async with shadowing(engine, server.url, shadow) as router:
            await ask_all(router, questions)
    with PolicyHost.open(EXAMPLE / "r1", deadline=20) as one, PolicyHost.open(EXAMPLE / "r2", deadline=20) as two:
        expected = Counter(
            (question.path, digest(question))
            for question in questions
            if decided(one, question) != decided(two, question)
        )
    assert expected == Counter((each.path, each.digest) for each in shadow.differences)
    assert (len(questions), sum(expected.values())) == (shadow.compared, sum(shadow.counts.values()))
    assert {Kind.ALLOWED_DENIED, Kind.FILTERED_PARAMETERS, Kind.REASON, Kind.RESULT} <= set(shadow.counts)


def decided(host: PolicyHost, question: Question) -> Any:
    """Return what an engine says to a question, by itself: of `…/allow` all that belongs to the decision."""
    parent = question.path.removesuffix("/allow")
    members = ("allow", "audit_reason", "reason", "filtered_parameters", "restrictions", "audit_id")
    paths = [question.path] if parent == question.path else [f"{parent}/{name}" for name in members]
    found = []
    for path in paths:
        try:
            decision = host.decide(path, question.document)
        except Undecided as undecided:
            found.append(type(undecided).__name__)
        else:
            found.append(str((decision.defined, decision.result)))
    return found
