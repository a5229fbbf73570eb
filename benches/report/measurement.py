"""What measuring programs say: one case of one round, a line of JSON each.

    {"case": "area/case", "value": 12.5, "unit": "us", "p95": 14.1, "p99": 19.0, "round": 1}

A program appends its lines to the file that `$MEASURED` names. `p95`, `p99` and `round` may be left out. Units are
`us`, `ms`, `s`, `req/s`, `MiB`, `%`, `x`, or what is counted.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One case, measured once: a median of many calls, or a single number."""

    case: str
    value: float
    unit: str
    p95: float | None = None
    p99: float | None = None
    round: int | None = None

    @classmethod
    def from_json(cls, text: str) -> "Measurement":
        """Read a line.

        Raises:
            ValueError: It is no measurement.
        """
        try:
            said: Any = json.loads(text)
        except ValueError as error:
            raise ValueError(f"give a line of JSON: {error}") from error
        if not isinstance(said, dict) or not isinstance(said.get("case"), str) or "/" not in said["case"]:
            raise ValueError(f"give the case as `area/case`: {text}")
        if not isinstance(said.get("unit"), str):
            raise ValueError(f"give the unit: {text}")
        if not _is_number(said.get("value")):
            raise ValueError(f"give the value as a number: {text}")
        for name in ("p95", "p99"):
            if said.get(name) is not None and not _is_number(said[name]):
                raise ValueError(f"give `{name}` as a number: {text}")
        if said.get("round") is not None and type(said["round"]) is not int:
            raise ValueError(f"give `round` as a whole number: {text}")
        kept = {name: said[name] for name in ("case", "value", "unit", "p95", "p99", "round") if name in said}
        return cls(**kept)

    def to_json(self) -> str:
        """Write a line."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})


def lines_of(file: Path) -> list[str]:
    """Return the lines of a file of measurements; none, if there is no such file."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [line for line in lines if line.strip()]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values does not exceed; the mean of the middle two for a median."""
    ordered = sorted(values)
    if share == 0.5 and len(ordered) % 2 == 0:
        return (ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
