"""What is decided in the benchmarks: policies, data and inputs of many sizes, each with its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sark_policy import Bundle, PolicyHost, Settings

POLICY = Path(__file__).parents[1] / "policy"

KIB = 1 << 10
MIB = 1 << 20

ROOMY = Settings(deadline=5, bundle=256 * MIB, unpacked=256 * MIB, memory=2_000 * MIB)
"""Limits that the largest case fits into, with time enough for a busy machine. Limits cost nothing by being wide."""


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle, a question, and its answer: without the right one nothing is measured."""

    files: Mapping[str, str]
    entrypoint: str
    input: Mapping[str, Any]
    answer: Any

    @property
    def bundle(self) -> Bundle:
        """Its bundle."""
        return Bundle.of_files(self.files)

    def open(self, **settings: Any) -> PolicyHost:
        """Open a host that has given the right answer once."""
        host = PolicyHost.open(self.bundle, ROOMY, **settings)
        assert host.decide(self.entrypoint, self.input).result == self.answer
        return host

    def write(self, folder: Path) -> Path:
        """Write its bundle's files into a folder."""
        for name, text in self.files.items():
            (folder / name).write_text(text, "utf-8")
        return folder


@cache
def example() -> Case:
    """Return the example policy: 12 rules that a gateway could have."""
    return Case(
        {"policy.rego": (POLICY / "policy.rego").read_text("utf-8")},
        "mcp/gateway/result",
        json.loads((POLICY / "input.json").read_text("utf-8")),
        {
            "allow": True,
            "audit_reason": "allowed: user-1842 with level 2",
            "filtered_parameters": {"limit": 100, "query": "select * from accounts where id = 7"},
        },
    )


def question(number: int) -> dict[str, Any]:
    """Return the example's input with another person in it: a question of its own, decided as the example's."""
    asked = dict(example().input)
    asked["user"] = {**asked["user"], "email": f"dev-{number}@example.com"}
    return asked


def of_size(size: int) -> Case:
    """Return the example with an input of so many bytes of JSON, or the example's few hundred: a list of texts more."""
    asked = dict(example().input)
    if size < len(_compact(asked)):
        # The smallest question that the example answers: nobody asks for nothing.
        return Case(example().files, "mcp/gateway/allow", {"action": "x" * (size - len('{"action":""}'))}, False)
    labels: list[str] = []
    asked["labels"] = labels
    one = "label of a request, thirty-two b"
    labels += [one] * ((size - len(_compact(asked))) // (len(one) + 3))
    return Case(example().files, example().entrypoint, asked, example().answer)


def equal(rules: int) -> Case:
    """Return so many rules of which an index finds the one that holds: each wants another user."""
    each = [f'allow if {{ input.user.id == "user-{rule}"; input.action == "read" }}' for rule in range(rules)]
    return Case(
        {"policy.rego": _module(each)},
        "bench/allow",
        {"user": {"id": "user-7", "roles": ["viewer"]}, "action": "read"},
        True,
    )


def scan(rules: int) -> Case:
    """Return so many rules that no index tells apart, of which the last one holds."""
    each = [f'allow if {{ input.amount > {1_000 + rule}; input.action != "write" }}' for rule in range(1, rules)]
    each.append('allow if { input.amount > 10; input.action != "write" }')
    return Case({"policy.rego": _module(each)}, "bench/allow", {"action": "read", "amount": 20}, True)


def users(number: int) -> Case:
    """Return a policy that looks one of so many users up in its data: 36 bytes of JSON each."""
    held = {f"user-{user:06}": {"role": "developer"} for user in range(number)}
    rule = 'allow if data.users[input.user.id].role == "developer"'
    asked = {"user": {"id": f"user-{number // 2:06}"}, "action": "read"}
    return Case({"policy.rego": _module([rule]), "data.json": _compact({"users": held})}, "bench/allow", asked, True)


def _module(rules: list[str]) -> str:
    return "\n".join(["package bench", "", "default allow := false", "", *rules, ""])


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
