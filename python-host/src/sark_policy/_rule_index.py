"""What the rule index of a policy can tell apart."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tried:
    """A definition that no look-up tells apart from others."""

    file: str
    """The file in the bundle."""
    row: int
    """The row it begins in; the first is 1."""
    reasons: tuple[str, ...]
    """Why: a reason for each row of conditions that has one."""


@dataclass(frozen=True, slots=True)
class RuleIndex:
    """The index of one rule that has several definitions."""

    rule: str
    """Where the definitions lie: `mcp/gateway/allow`."""
    definitions: int
    """How many there are, `else` branches included."""
    asks: tuple[str, ...]
    """What a look-up asks for, as `input.role ==`, sorted."""
    tried: tuple[Tried, ...]
    """The definitions that are tried for every input that has what they look at.

    A decision's cost grows with how many of them there are.
    """

    @classmethod
    def of_record(cls, record: Any) -> "RuleIndex":
        """Read what the component returns: a record with these fields."""
        tried = (Tried(each.file, each.row, tuple(each.reasons)) for each in record.tried)
        return cls(record.rule, record.definitions, tuple(record.asks), tuple(tried))
