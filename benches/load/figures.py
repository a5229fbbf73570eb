"""The figures of a run: what became of its requests, and how long they took."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from load.questions import Outcome


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of all does not exceed; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, max(0, -int(-share * len(values) // 1) - 1))]


class Figures:
    """What happened to the requests of one run."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.examples: list[str] = []
        """The first few wrong answers, for a person."""
        self.began = self.ended = 0.0
        """The time in which requests were sent, by `time.perf_counter`."""
        self._at = array("d")
        self._took = array("d")

    def add(self, outcome: Outcome, at: float, took: float) -> None:
        """Count a request that ended at a moment and took so many seconds."""
        self.outcomes[outcome] += 1
        self._at.append(at)
        self._took.append(took)

    @property
    def count(self) -> int:
        """All requests."""
        return self.outcomes.total()

    @property
    def rps(self) -> float:
        """Requests a second that had the right answer."""
        return self.outcomes[Outcome.RIGHT] / (self.ended - self.began) if self.ended > self.began else 0.0

    @property
    def success(self) -> float:
        """The share of right answers, in percent."""
        return 100 * self.outcomes[Outcome.RIGHT] / self.count if self.count else 0.0

    def ms(self, share: float, since: float = 0.0, until: float = float("inf")) -> float:
        """Return a quantile of how long requests took, in milliseconds: of those that ended in that time."""
        # Requests are added as they end.
        first, last = bisect_left(self._at, since), bisect_left(self._at, until)
        return 1e3 * quantile(self._took[first:last], share)

    def told(self) -> str:
        """Return it in one line."""
        others = ", ".join(f"{count} {each.name.lower()}" for each, count in self.outcomes.items() if count)
        return (
            f"{self.rps:,.0f} req/s, p50 {self.ms(0.5):.1f} ms, p95 {self.ms(0.95):.1f} ms, "
            f"p99 {self.ms(0.99):.1f} ms; {others}"
        )
