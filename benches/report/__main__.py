"""`python -m report`, in `benches/`: run, write, baseline, compare."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from report import baseline
from report.baseline import Move
from report.figures import Figures
from report.machine import commit, machine, versions
from report.page import About, notes, page
from report.plots import draw
from report.programs import PROGRAMS, ROOT, Ending, Run, run
from report.verdict import judge, watch

MEASURED = ROOT / "target/report"
ABOUT = MEASURED / "about.json"
REPORT = ROOT / "target/report.json"
PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"
BASELINE = ROOT / "benches/baseline.json"

NOTHING = "nothing was measured yet; run `just report` or `just report-quick`"


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; 1 if a program failed, or a ratio got worse."""
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="measure, and write the report")
    running.add_argument("--quick", action="store_true", help="less of it, within ten minutes")
    running.add_argument("--rounds", type=int, help="how many rounds (5; quick 2)")
    running.add_argument("--only", nargs="+", default=[], choices=[program.name for program in PROGRAMS])
    commands.add_parser("write", help="write the report from what was measured last")
    commands.add_parser("baseline", help="store the last report's ratios")
    commands.add_parser("compare", help="say what moved since then, beyond noise")
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "run":
            return _run(chosen.quick, chosen.rounds or (2 if chosen.quick else 5), chosen.only)
        case "write":
            return _write(_about())
        case "baseline":
            return _baseline()
        case _:
            return _compare()


def _run(quick: bool, rounds: int, only: list[str]) -> int:
    began = datetime.now(UTC)
    # Asked before anything is measured: the tree may change meanwhile.
    measured = commit()
    runs = [replace(each, commit=measured) for each in run(MEASURED, rounds, quick, only, _say)]
    if only and ABOUT.exists():  # what the other programs measured before stays
        runs += [each for each in _about().runs if each.program not in only]
    about = About(measured, f"{began:%Y-%m-%d}", rounds, quick, machine(), versions(), runs)
    ABOUT.parent.mkdir(parents=True, exist_ok=True)
    kept = {**asdict(about), "runs": [{**asdict(each), "ending": each.ending.name} for each in runs]}
    ABOUT.write_text(json.dumps(kept, indent=2), "utf-8")
    return _write(about)


def _say(line: str) -> None:
    print(line, flush=True)


def _write(about: About) -> int:
    figures = Figures.read(MEASURED)
    lines = judge(figures)
    PAGE.write_text(page(about, figures, lines, draw(PLOTS, figures, lines), notes()), "utf-8")
    said = {
        **{key: value for key, value in asdict(about).items() if key != "runs"},
        "lines": [line.to_json() for line in lines],
        "figures": {
            figure.case: {"value": summary.median, "unit": figure.unit, "spread": summary.spread}
            for figure in figures
            if (summary := figure.summary())
        },
    }
    REPORT.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for line in lines:
        ratio = f"{line.ratio.median:.3g} ×" if line.ratio else ""
        print(f"{line.outcome.value:<14} {line.goal.name}: {ratio} ({line.goal.bounds})")
    print(f"{len(figures)} cases in {PAGE.relative_to(ROOT)} and {REPORT.relative_to(ROOT)}")
    for problem in sorted(set(figures.problems)):
        print(problem, file=sys.stderr)
    failed = any(each.ending in (Ending.FAILED, Ending.TOO_LONG) for each in about.runs)
    return int(failed or bool(figures.problems))


def _baseline() -> int:
    about, figures = _about(), Figures.read(MEASURED)
    watched = watch(figures, judge(figures))
    baseline.write(BASELINE, watched, commit=about.commit, rounds=about.rounds, quick=about.quick)
    print(f"{len(watched)} ratios of {about.commit} in {BASELINE.relative_to(ROOT)}")
    return 0


def _compare() -> int:
    if not BASELINE.exists():
        print("there is no benches/baseline.json; `just bench-baseline` writes one", file=sys.stderr)
        return 2
    figures = Figures.read(MEASURED)
    if not len(figures):
        raise SystemExit(NOTHING)
    compared = baseline.compare(baseline.read(BASELINE), watch(figures, judge(figures)))
    order = list(Move)
    for each in sorted(compared, key=lambda one: (order.index(one.move), one.name)):
        if each.move is not Move.SAME:
            print(each)
    counts = {move: sum(each.move is move for each in compared) for move in Move}
    print(", ".join(f"{number} {move.value}" for move, number in counts.items() if number))
    return int(counts[Move.WORSE] > 0)


def _about() -> About:
    if not ABOUT.exists():
        raise SystemExit(NOTHING)
    said: dict[str, Any] = json.loads(ABOUT.read_text("utf-8"))
    said["runs"] = [Run(**{**each, "ending": Ending[each["ending"]]}) for each in said["runs"]]
    return About(**said)


if __name__ == "__main__":
    sys.exit(main())
