"""The examples: docstrings, and the gateway's bundle against what OPA answers."""

import doctest
import json
from pathlib import Path

import pytest

import sark_policy
from conftest import Opener
from sark_policy import Decision

EXAMPLE = Path(__file__).parents[1] / "examples" / "mcp-gateway"


@pytest.mark.parametrize("name", ["sark_policy", "sark_policy._cache"])
def test_docstring(name: str) -> None:
    """What the docstrings show is what happens."""
    import importlib

    result = doctest.testmod(importlib.import_module(name))
    assert (0, True) == (result.failed, result.attempted > 0)


def test_the_package_opens_with_an_example() -> None:
    """The first thing in the documentation is code."""
    assert ">>> " in (sark_policy.__doc__ or "").split("\n\n")[1]


def lines(name: str) -> list[dict[str, object]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in (EXAMPLE / name).read_text("utf-8").split("\n") if line]


@pytest.mark.parametrize("revision", ["r1", "r2"])
def test_gateway(opened: Opener, revision: str) -> None:
    """Every request is decided as OPA decides it, one by one and in batches."""
    host = opened(EXAMPLE / revision)
    inputs, expected = lines("inputs.jsonl"), lines(f"expected-{revision}.jsonl")
    assert len(inputs) == len(expected) > 100
    different = []
    by_entrypoint: dict[str, list[tuple[dict[str, object], dict[str, object]]]] = {}
    for case, want in zip(inputs, expected, strict=True):
        decision = host.decide(str(case["entrypoint"]), case["input"])
        if (want.get("result"), "result" in want) != (decision.result, decision.defined):
            different.append((case["name"], decision.result))
        by_entrypoint.setdefault(str(case["entrypoint"]), []).append((case, want))
    for entrypoint, pairs in by_entrypoint.items():
        found = host.decide_batch(entrypoint, [case["input"] for case, _ in pairs])
        for (case, want), batched in zip(pairs, found, strict=True):
            if not isinstance(batched, Decision) or batched.result != want.get("result"):
                different.append((case["name"], batched))
    assert [] == different
