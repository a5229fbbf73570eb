"""What was measured, by case: appended to the file that `MEASURED` names, shown as a table, held against the goals."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from statistics import median

MEASURED = "MEASURED"
"""The variable that names a file: each value is appended to it as a line of JSON."""

Units = str


class Results:
    """Values by case, one for each round."""

    def __init__(self, file: Path | None = None) -> None:
        """Keep them in memory, and append each to a file if there is one."""
        self._file = file
        self._values: dict[str, list[float]] = {}
        self._units: dict[str, Units] = {}

    @classmethod
    def of_environment(cls) -> "Results":
        """Append to the file that the environment names, if it does."""
        named = os.environ.get(MEASURED)
        return cls(Path(named) if named else None)

    def add(self, case: str, value: float, unit: Units) -> None:
        """Keep the next round's value of a case."""
        values = self._values.setdefault(case, [])
        values.append(value)
        self._units[case] = unit
        if self._file is not None:
            line = {"case": case, "value": round(value, 4), "unit": unit, "round": len(values)}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")

    def values(self, case: str) -> list[float]:
        """Return the values of a case; none if it was not measured."""
        return self._values.get(case, [])

    def median(self, case: str) -> float | None:
        """Return the median of a case; `None` if it was not measured."""
        return median(self._values[case]) if case in self._values else None

    def ratio(self, case: str, floor: str) -> float | None:
        """Return the median of the rounds' ratios: what a round has in common with another case cancels out."""
        pairs = list(zip(self.values(case), self.values(floor), strict=False))
        return median(one / other for one, other in pairs if other) if any(other for _, other in pairs) else None

    def table(self) -> str:
        """Return medians and spreads as a table."""
        rows = [("case", "median", "least", "most", "unit", "rounds")]
        for case, values in self._values.items():
            shown = [f"{value:,.2f}" for value in (median(values), min(values), max(values))]
            rows.append((case, shown[0], shown[1], shown[2], self._units[case], str(len(values))))
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        left = (0, 4)
        return "\n".join(
            "  ".join(
                text.ljust(width) if column in left else text.rjust(width)
                for column, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )

    def verdicts(self) -> list[tuple[str, bool]]:
        """Return each goal that was measured, in words, and whether it holds."""
        found: list[tuple[str, bool]] = []

        def goal(text: str, value: float | None, holds: Callable[[float], bool]) -> None:
            if value is not None:
                found.append((f"{text}: {value:,.2f}", holds(value)))

        warm, none = self.median("load/warm-rps"), self.median("load/none-rps")
        goal(
            "warm / no policy at all, at least 0.85", self.ratio("load/warm-rps", "load/none-rps"), lambda x: x >= 0.85
        )
        goal("the same in processor time", self.ratio("load/none-cpu", "load/warm-cpu"), lambda x: x >= 0.85)
        goal("warm / OPA over HTTP, at least 2.4", self.ratio("load/warm-rps", "load/http-rps"), lambda x: x >= 2.4)
        goal("the same for new questions", self.ratio("load/cold-rps", "load/http-new-rps"), lambda x: x >= 2.4)
        if none is not None and none >= 2_400:
            goal("warm, at least 2,000 req/s where no policy makes 2,400", warm, lambda x: x >= 2_000)
        goal("success, at least 99.9 %", self.median("load/success"), lambda x: x >= 99.9)
        goal("wrong answers, none", self.median("load/wrong"), lambda x: x == 0)
        goal("p99 during swaps / steady, at most 2", self.ratio("load/swap-p99", "load/steady-p99"), lambda x: x <= 2)
        goal(
            "memory of the gateway / with OPA and Redis beside it, at most 1",
            self.ratio("load/gateway-memory", "load/peers-memory"),
            lambda x: x <= 1,
        )
        goal("growth in the soak, below 1 %", self.median("load/soak-growth"), lambda x: x < 1)
        return found
