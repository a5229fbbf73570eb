"""What is in force: one generation's entry points, and how each of them is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sark_policy._generation import Description
from sark_policy.sark.answer import MEMBERS

ALLOW = "/allow"

Kind = Literal["rule", "package", "absent"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How an entry point is asked, so that a decision comes with its reason and its parameters."""

    asked: tuple[str, ...]
    """The entry points to ask."""
    members: tuple[str, ...] = ()
    """Of a package: the names of what is asked, `allow` first. Empty: one rule is asked."""
    object: bool = False
    """Whether the one that is asked counts only as an object, for its members."""


class Policy:
    """The entry points of one generation, while it is the current one.

    - `P/allow`, where `P` is a package, asks for `allow` and every other member of a decision that the
      package has. So does `P` itself, if it has `allow`.
    - `P/allow`, where `P` is a rule, asks for `P`, which has to be an object.
    - Everything else is asked for as it is.
    """

    __slots__ = ("_packages", "_readings", "_rules", "description", "revision", "turn")

    def __init__(self, description: Description, revision: str, turn: int) -> None:
        self.description = description
        self.revision = revision
        """Names what decides, and nothing else: two bundles with one revision in their manifests differ here."""
        self.turn = turn
        """How many rollbacks there were before."""
        self._rules = frozenset(description.rules)
        self._packages = frozenset(
            rule[:end] for rule in description.rules for end, letter in enumerate(rule) if letter == "/"
        )
        # Of the bundle's own paths alone: callers may name anything.
        self._readings: dict[str, Reading] = {}

    def kind(self, path: str) -> Kind:
        """Return what is at a path: a rule, something with rules below it, or neither."""
        if path in self._rules:
            return "rule"
        return "package" if path in self._packages else "absent"

    def has(self, path: str) -> bool:
        """Whether a path is, leads to, or leads into a rule."""
        return self.kind(path) != "absent" or any(path[:end] in self._rules for end in _ends(path))

    def members(self, package: str) -> tuple[str, ...]:
        """Return which members of a decision a package has rules for."""
        return tuple(name for name in MEMBERS if f"{package}/{name}" in self._rules)

    def resolve(self, path: str, aliases: Mapping[str, str]) -> str:
        """Return where a path is: an alias counts only where the path is not there and the alias is."""
        there = aliases.get(path)
        return path if there is None or self.has(path) or not self.has(there) else there

    def reading(self, path: str) -> Reading:
        """Return how to ask for a path."""
        found = self._readings.get(path)
        if found is None:
            found = self._read(path)
            if found.object or self.kind(path) != "absent":
                self._readings[path] = found
        return found

    def _read(self, path: str) -> Reading:
        parent = path.removesuffix(ALLOW)
        package = parent if path in self._rules else path
        if self.kind(package) == "package":
            members = self.members(package)
            if members[:1] == ("allow",):
                return Reading(tuple(f"{package}/{name}" for name in members), members)
        elif parent != path and parent in self._rules:
            return Reading((parent,), object=True)
        return Reading((path,))


def _ends(path: str) -> list[int]:
    return [end for end, letter in enumerate(path) if letter == "/"]
