"""What has to be shown, as data: ratios of two cases in one run on one machine.

The rest of the report knows no case by its name, save `areas` and `plots`, which say how they are shown.
"""

from dataclasses import dataclass

from report.figures import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One line. Whichever bounds are given hold one by one: any of them is enough."""

    name: str
    case: str
    against: str | None = None
    part: Part = "value"
    times: bool = False
    """The ratio is `against / case`, how many times faster we are, instead of `case / against`."""
    at_most: float | None = None
    """Bound of the ratio."""
    at_least: float | None = None
    """Bound of the ratio."""
    value_at_most: float | None = None
    """Bound of the case itself, in `unit`."""
    value_at_least: float | None = None
    """Bound of the case itself, in `unit`."""
    unit: str = "us"
    """The unit of the value's bounds."""
    applies: tuple[str, float] | None = None
    """Only where this case reaches this value."""

    @property
    def bounds(self) -> str:
        """What is demanded, for people."""
        unit = "" if self.unit == "x" else f" {self.unit.replace('us', 'µs')}"
        parts = [
            ("≤", self.at_most, "×"),
            ("≥", self.at_least, "×"),
            ("≤", self.value_at_most, unit),
            ("≥", self.value_at_least, unit),
        ]
        return " or ".join(f"{sign} {bound:g}{of}" for sign, bound, of in parts if bound is not None)

    @property
    def more_is_better(self) -> bool:
        """Whether a ratio that grows is good news."""
        return self.at_least is not None


_HIT, _MISS = "decide/py-hit", "decide/py-miss"

GOALS: tuple[Goal, ...] = (
    Goal(
        name="Python hit / the same crossing by a direct call, wasmtime as it comes",
        case=_HIT,
        against="decide/py-floor-direct",
        at_most=2.8,
        value_at_most=2.5,
    ),
    Goal(
        name="Python hit, faster than Redis get (asyncio)",
        case=_HIT,
        against="stores/redis-get",
        times=True,
        at_least=20,
    ),
    Goal(
        name="Python hit, faster than OPA over HTTP",
        case=_HIT,
        against="peers/opa-http",
        times=True,
        at_least=300,
    ),
    Goal(
        name="Python miss / cedarpy, prepared",
        case=_MISS,
        against="peers/cedarpy",
        at_most=0.5,
        value_at_most=14,
    ),
    Goal(
        name="Python miss at p95, faster than OPA over HTTP at p95",
        case=_MISS,
        against="peers/opa-http",
        part="p95",
        times=True,
        at_least=50,
    ),
    Goal(name="Python miss, faster than regopy", case=_MISS, against="peers/regopy", times=True, at_least=15),
    Goal(name="Python batch of 100 hits, each", case="decide/py-batch-hit", value_at_most=0.6),
    Goal(
        name="Python batch of 100 misses, each / Rust miss",
        case="decide/py-batch-miss",
        against="decide/miss",
        at_most=1.2,
    ),
    Goal(
        name="Rust miss / OPA in its own process, JSON in and out",
        case="example/ours",
        against="example/opa",
        at_most=0.2,
    ),
    Goal(name="Rust miss / the same evaluator native", case="decide/miss", against="decide/native", at_most=1.25),
    Goal(name="Rust hit / the same crossing doing nothing", case="decide/hit", against="decide/floor", at_most=3),
    Goal(
        name="Rust miss at 20,000 indexable rules / at 10",
        case="rules/equal-20000",
        against="rules/equal-10",
        at_most=1.3,
    ),
    Goal(
        name="Python miss at 20,000 indexable rules / at 10",
        case="rules/py-equal-20000",
        against="rules/py-equal-10",
        at_most=1.3,
    ),
    Goal(
        name="Rust miss at 1,000 rules without index / OPA in its own process",
        case="rules/scan-1000",
        against="rules/scan-1000-opa",
        at_most=0.2,
    ),
    Goal(
        name="Rust miss at 100,000 users of data / at 1,000",
        case="data/users-100000",
        against="data/users-1000",
        at_most=1.2,
    ),
    Goal(
        name="Python miss at 100,000 users of data / at 1,000",
        case="data/py-users-100000",
        against="data/py-users-1000",
        at_most=1.2,
    ),
    Goal(
        name="Memory of a Python process at 100,000 users of data / an OPA server's",
        case="memory/py-users-100000",
        against="memory/opa-server-users-100000",
        at_most=2,
    ),
    Goal(
        name="Two Python threads / one, misses",
        case="decide/py-threads-2",
        against="decide/py-threads-1",
        at_least=1.5,
    ),
    Goal(
        name="Activation of 1,000 rules / OPA's preparation",
        case="activate/ours",
        against="activate/opa",
        at_most=0.5,
    ),
    Goal(
        name="p99 of hits during 50 swaps / steady",
        case="swaps/py-hit-during",
        against="swaps/py-hit-steady",
        part="p99",
        at_most=2,
    ),
    Goal(
        name="p99 of misses during 50 swaps / steady",
        case="swaps/py-miss-during",
        against="swaps/py-miss-steady",
        part="p99",
        at_most=2,
    ),
    Goal(name="First start, import to decision", case="start/py-first", value_at_most=3, unit="s"),
    Goal(name="Later start, import to decision", case="start/py-later", value_at_most=60, unit="ms"),
    Goal(
        name="Gateway, in-process warm / no policy at all",
        case="load/warm-rps",
        against="load/none-rps",
        at_least=0.85,
    ),
    Goal(
        name="Gateway, in-process warm / OPA over HTTP with Redis",
        case="load/warm-rps",
        against="load/http-rps",
        at_least=2.4,
    ),
    Goal(
        name="Gateway, in-process warm",
        case="load/warm-rps",
        value_at_least=2_000,
        unit="req/s",
        applies=("load/none-rps", 2_400),
    ),
    Goal(
        name="Gateway, p99 during bundle swaps / steady",
        case="load/swap-p99",
        against="load/steady-p99",
        at_most=2,
    ),
    Goal(name="Wrong answers under load", case="load/wrong", value_at_most=0, unit="answers"),
    Goal(name="Requests answered rightly under load", case="load/success", value_at_least=99.9, unit="%"),
    Goal(
        name="Memory of the gateway with the engine / with its share of OPA and Redis",
        case="load/gateway-memory",
        against="load/peers-memory",
        at_most=1,
    ),
    Goal(name="Memory growth in the soak after warm-up", case="load/soak-growth", value_at_most=1, unit="%"),
    Goal(name="File descriptors more after the soak", case="load/soak-fds", value_at_most=0, unit="fds"),
)

FLOORS = {"python": "decide/py-floor", "rust": "decide/floor"}
"""By program: the crossing that does nothing. Our times are watched as multiples of it."""

PEERS = frozenset({"cachetools", "cedarpy", "interpreter", "machine", "opa", "redis", "regopy", "valkey"})
"""Parts of a name that say whose case it is: what others take is not ours to watch."""
