"""Load on the real gateway. Progress on standard error, one table at the end.

Usage: python benches/load/run.py [--quick] [--scenario NAME]… [--minutes N]

    --quick      seconds in place of minutes: whether it works, not how fast it is
    --scenario   sustained, ramp, swaps, locust, soak; may be given several times; all but the soak if not given
    --minutes    how long the soak takes; without `--scenario`, a soak is part of the run

Needs OPA (`just opa`), redis-server, and the extra `bench`. The load is made on the same machine, so compare ratios
within one run. Each value is appended as JSON to the file that `MEASURED` names. Exit code 1: a wrong answer.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

from load import scenarios  # noqa: E402
from load.bench import Bench  # noqa: E402
from load.generator import unlimited  # noqa: E402
from load.questions import Outcome  # noqa: E402
from load.results import Results  # noqa: E402
from load.stack import ROOT, Missing  # noqa: E402

SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "sustained": scenarios.sustained,
    "ramp": scenarios.ramp,
    "swaps": scenarios.swaps,
    "locust": scenarios.locust,
}
SOAK = "soak"
MINUTES = 30.0


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Load on the real gateway: one table.")
    parser.add_argument("--quick", action="store_true", help="seconds in place of minutes")
    parser.add_argument("--scenario", action="append", choices=[*SCENARIOS, SOAK], help="only this one; repeatable")
    parser.add_argument("--minutes", type=float, help=f"how long the soak takes; {MINUTES:g} if not given")
    return parser.parse_args()


def main() -> int:
    """Run it; 1 if an answer was wrong, 2 if a program is missing."""
    chosen = options()
    names = chosen.scenario or [*SCENARIOS, *([SOAK] if chosen.minutes else [])]
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:6.1f} s] {text}", file=sys.stderr, flush=True)

    unlimited()
    with tempfile.TemporaryDirectory(prefix="sark-policy-load-") as folder:
        bench = Bench(Path(folder), ROOT / "target/load", Results.of_environment(), say, chosen.quick)
        try:
            bench.prepare()
            for name in names:
                say(f"== {name}")
                if name == SOAK:
                    scenarios.soaked(bench, chosen.minutes or (1 if chosen.quick else MINUTES))
                else:
                    SCENARIOS[name](bench)
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 2
    return tell(bench)


def tell(bench: Bench) -> int:
    """Print what came of it; 1 if an answer was wrong."""
    total = bench.outcomes.total()
    wrong = bench.outcomes[Outcome.WRONG]
    if total:
        bench.results.add("load/success", 100 * bench.outcomes[Outcome.RIGHT] / total, "%")
    bench.results.add("load/wrong", wrong, "answers")
    print(f"\n{bench.results.table()}\n")
    for text, holds in bench.results.verdicts():
        print(f"{'holds ' if holds else 'MISSED'}  {text}")
    for example in bench.wrong:
        print(f"wrong: {example}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
