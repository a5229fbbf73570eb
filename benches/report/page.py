"""`docs/performance.md`: the goals, the figures by area, and what they depend on."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from report.areas import AREAS
from report.figures import Figure, Figures, Summary
from report.programs import Ending, Run
from report.verdict import Line, Outcome

OUTCOMES = {
    Outcome.HOLDS: "held",
    Outcome.MISSED: "missed",
    Outcome.UNMEASURED: "not measured",
    Outcome.NOT_APPLICABLE: "not applicable here",
}
NOTES = Path(__file__).with_name("notes.toml")


@dataclass(frozen=True, slots=True)
class About:
    """What the figures depend on."""

    commit: str
    date: str
    rounds: int
    quick: bool
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    runs: Sequence[Run]


def notes(file: Path = NOTES) -> dict[str, dict[str, str]]:
    """Read why goals are missed, by their names."""
    return tomllib.loads(file.read_text("utf-8"))


def page(
    about: About,
    figures: Figures,
    lines: Sequence[Line],
    plots: Sequence[tuple[str, str]],
    reasons: Mapping[str, Mapping[str, str]],
) -> str:
    """Write the page."""
    parts = ["# Performance", "", *_opening(about, figures.problems), *_goals(lines, reasons), *_plots(plots)]
    parts += ["## Figures", "", "Medians over the rounds; `p95` is within a round. Spread: (max − min) / median.", ""]
    areas = figures.areas()
    for area in [*(area for area in AREAS if area in areas), *(area for area in areas if area not in AREAS)]:
        parts += [f"### {area}", ""]
        parts += [AREAS[area], ""] if area in AREAS else []
        parts += [*_area(areas[area]), ""]
    parts += _closing(about)
    return "\n".join(parts) + "\n"


def _opening(about: About, problems: Sequence[str]) -> list[str]:
    kind = "A **quick** run" if about.quick else "A run"
    said = [
        f"{kind} of {_count(about.rounds, 'round')}, commit `{about.commit}`, {about.date}, written by `just report`.",
        "Ratios of one run on one machine are what counts; absolute times belong to the machine and the hour.",
        "What was not measured in this run says so.",
        "",
    ]
    others = sorted({(run.program, run.commit) for run in about.runs if run.commit not in ("", about.commit)})
    if others:
        said += [f"{', '.join(f'`{name}` ran at commit `{commit}`' for name, commit in others)}.", ""]
    bad = [run for run in about.runs if run.ending in (Ending.SILENT, Ending.FAILED, Ending.TOO_LONG)]
    if bad:
        ended = ", ".join(f"`{run.program}` {run.ending.value} in round {run.round}" for run in bad)
        said += [f"**Not everything ran:** {ended}.", ""]
    if problems:
        said += ["**Not everything fits:**", "", *(f"- {problem}" for problem in sorted(set(problems))), ""]
    absent = sorted({run.program for run in about.runs if run.ending is Ending.ABSENT})
    if absent:
        said += [f"Left out, since it was not there: {', '.join(f'`{name}`' for name in absent)}.", ""]
    return said


def _goals(lines: Sequence[Line], reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    counts = Counter(line.outcome for line in lines)
    told = ", ".join(f"{counts[outcome]} {words}" for outcome, words in OUTCOMES.items() if counts[outcome])
    rows = [
        "## Goals",
        "",
        f"{_count(len(lines), 'goal')}: {told}.",
        "",
        *_table("what", "measured", "ratio", "goal", "spread", ""),
    ]
    for line in lines:
        value = f"{_number(line.value)} {_unit(line.unit)}{_part(line)}" if line.value else "–"
        ratio = f"{_number(line.ratio)} ×" if line.ratio else "–"
        outcome = f"**{line.outcome.value}**" if line.outcome is Outcome.MISSED else line.outcome.value
        rows.append(_row(line.goal.name, value, ratio, line.goal.bounds, _share(line.spread), outcome))
    rows.append("")
    missed = [line for line in lines if line.outcome is Outcome.MISSED]
    for line in missed:
        reason = reasons.get(line.goal.name, {})
        off = f" (by {1 / line.off_by:.2f} ×)" if line.off_by else ""
        why = reason.get("why", "no profile yet.")
        closes = f" What would close it: {reason['closes']}" if "closes" in reason else ""
        rows.append(f"- **{line.goal.name}**{off}: {why}{closes}")
    return [*rows, ""] if missed else rows


def _plots(plots: Iterable[tuple[str, str]]) -> list[str]:
    return [line for name, title in plots for line in (f"![{title}](performance/{name}.svg)", "")]


def _area(cases: Iterable[Figure]) -> list[str]:
    rows = _table("case", "median", "p95", "spread", "rounds")
    for figure in cases:
        summary, tail = figure.summary(), figure.summary("p95")
        if summary is not None:
            median = f"{_number(summary)} {_unit(figure.unit)}"
            rows.append(
                _row(
                    f"`{figure.case}`",
                    median,
                    f"{_number(tail)} {_unit(figure.unit)}" if tail else "",
                    _share(summary.spread if summary.rounds > 1 else None),
                    str(summary.rounds),
                )
            )
    return rows


def _closing(about: About) -> list[str]:
    machine = ", ".join(f"{name} {said}" for name, said in about.machine.items())
    return [
        "## Machine and versions",
        "",
        f"{machine}.",
        "",
        *_table("what", "version"),
        *(_row(name, said) for name, said in about.versions.items()),
        "",
        "## How to repeat it",
        "",
        "```sh",
        "just report         # all of it: five rounds, then the load and its soak",
        "just report-quick   # less of it, within ten minutes",
        "just bench-compare  # what moved since `benches/baseline.json`, beyond noise; `just bench-baseline` writes it",
        "```",
        "",
        "Needs what `just test` needs; OPA comes by `just opa`, Redis from the system (`redis-server`). Peers that are "
        "not there are left out. `target/report.json` has the goals for programs, `target/report/` what was measured.",
    ]


def _table(*names: str) -> list[str]:
    return [_row(*names), _row(*("---" for _ in names))]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(summary: Summary) -> str:
    value = summary.median
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _unit(unit: str) -> str:
    return {"us": "µs", "x": "×"}.get(unit, unit)


def _part(line: Line) -> str:
    return "" if line.goal.part == "value" else f" ({line.goal.part})"


def _share(spread: float | None) -> str:
    return "–" if spread is None else f"{spread * 100:.0f} %"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
