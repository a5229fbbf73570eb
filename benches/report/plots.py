"""The plots, as SVG. What they show is data; one of which nothing was measured is left out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report.figures import BASE, Figures
from report.verdict import Line

HELD, LOST, OTHERS = "#2a7f62", "#c0392b", "#8a94a0"
SHOWN = 10
"""How far beyond a bound is shown."""
COLOURS = (HELD, "#c9822b", "#3a6ea5", "#7b519d")


@dataclass(frozen=True, slots=True)
class Bars:
    """Cases beside each other; what is not ours is grey."""

    name: str
    title: str
    cases: Mapping[str, str]
    logarithmic: bool = True


@dataclass(frozen=True, slots=True)
class Curves:
    """How cases grow: by label the cases at each place of the lower axis."""

    name: str
    title: str
    axis: str
    curves: Mapping[str, Mapping[int, str]]
    logarithmic: bool = True


_RULES, _USERS = (10, 100, 1_000, 20_000), (1_000, 10_000, 100_000, 850_000)
_BYTES, _SIZES, _SHARES = (100, 1_000, 10_000, 100_000, 1_000_000), (1, 10, 100, 1_000), (0, 50, 90, 100)

PLOTS: Sequence[Bars | Curves] = (
    Bars(
        "peers",
        "One decision of the example policy",
        {
            "Rust, cached": "decide/hit",
            "Python, cached": "decide/py-hit",
            "Rust, evaluated": "decide/miss",
            "Python, evaluated": "decide/py-miss",
            "Redis get, asyncio": "stores/redis-get",
            "Cedar from Python": "peers/cedarpy",
            "OPA as a library, Go": "example/opa",
            "rego-cpp from Python": "peers/regopy",
            "OPA over HTTP, httpx": "peers/opa-http-sync",
            "OPA over HTTP, httpx asyncio": "peers/opa-http",
        },
    ),
    Curves(
        "rules",
        "A decision by the number of rules",
        "rules",
        {
            "Python, indexable": {rules: f"rules/py-equal-{rules}" for rules in _RULES},
            "Python, not indexable": {rules: f"rules/py-scan-{rules}" for rules in _RULES},
            "OPA over HTTP, indexable": {rules: f"rules/py-equal-{rules}-opa-http" for rules in _RULES},
            "OPA over HTTP, not indexable": {rules: f"rules/py-scan-{rules}-opa-http" for rules in _RULES},
        },
    ),
    Curves(
        "data",
        "A decision by the number of users in the data",
        "users",
        {
            "Python": {users: f"data/py-users-{users}" for users in _USERS},
            "OPA over HTTP": {users: f"data/py-users-{users}-opa-http" for users in _USERS},
        },
    ),
    Curves(
        "input",
        "A decision by the size of its input",
        "bytes of JSON",
        {
            "Python, evaluated": {size: f"input/py-{size}" for size in _BYTES},
            "Python, cached": {size: f"input/py-{size}-hit" for size in _BYTES},
            "OPA over HTTP": {size: f"input/py-{size}-opa-http" for size in _BYTES},
        },
    ),
    Curves(
        "batch",
        "A decision by the size of its batch",
        "decisions at once",
        {
            "Python, cached": {size: f"batch/py-hit-{size}" for size in _SIZES},
            "Python, evaluated": {size: f"batch/py-miss-{size}" for size in _SIZES},
        },
    ),
    Curves(
        "hits",
        "A decision by the share that is cached",
        "per cent in the cache",
        {"Python": {share: f"hits/py-{share}" for share in _SHARES}},
        logarithmic=False,
    ),
    Bars(
        "load",
        "The gateway's requests in a second",
        {
            "no policy at all": "load/none-rps",
            "in-process, warm": "load/warm-rps",
            "in-process, cold": "load/cold-rps",
            "OPA over HTTP with Redis": "load/http-rps",
        },
        logarithmic=False,
    ),
)

_OURS = ("Rust", "Python", "in-process")


def draw(folder: Path, figures: Figures, lines: Sequence[Line]) -> list[tuple[str, str]]:
    """Draw what was measured into `folder`, and return the plots' names and titles."""
    import matplotlib as mpl

    mpl.use("svg")
    # Text stays text, and the same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "report", "font.family": "sans-serif"})
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    drawn: list[tuple[str, str]] = []
    if _goals(folder, lines):
        drawn.append(("goals", "How far each goal is from its bound"))
    for plot in PLOTS:
        shown = _bars(folder, plot, figures) if isinstance(plot, Bars) else _curves(folder, plot, figures)
        if shown:
            drawn.append((plot.name, plot.title))
    return drawn


def _goals(folder: Path, lines: Sequence[Line]) -> bool:
    judged = {
        line.goal.name: min(margin, SHOWN)
        for line in lines
        if line.holds is not None and (margin := line.off_by) is not None and math.isfinite(margin)
    }
    if not judged:
        return False
    figure, axes = _canvas(len(judged))
    colours = [HELD if margin >= 1 else LOST for margin in judged.values()]
    bars = axes.barh(list(judged), [margin - 1 for margin in judged.values()], left=1, color=colours)
    axes.bar_label(bars, labels=[f" {margin:.2f}" if margin < SHOWN else f" ≥ {SHOWN}" for margin in judged.values()])
    axes.axvline(1, color="black", linewidth=1)
    _logarithmic(axes.xaxis)
    axes.margins(x=0.15)
    axes.set_xlabel("times better than demanded; below 1 the goal is missed", loc="right")
    axes.invert_yaxis()
    _save(figure, folder, "goals")
    return True


def _bars(folder: Path, plot: Bars, figures: Figures) -> bool:
    shown: dict[str, float] = {}
    unit = "µs"
    for label, case in plot.cases.items():
        found = figures.get(case)
        summary = found.summary() if found else None
        if found and summary:
            unit = "µs" if found.unit in BASE else found.unit
            shown[label] = summary.median * BASE.get(found.unit, 1)
    if len(shown) < 2:
        return False
    figure, axes = _canvas(len(shown))
    colours = [HELD if label.startswith(_OURS) else OTHERS for label in shown]
    bars = axes.barh(list(shown), list(shown.values()), color=colours)
    axes.bar_label(bars, labels=[f" {value:,.3g}" if value < 1e3 else f" {value:,.0f}" for value in shown.values()])
    if plot.logarithmic:
        _logarithmic(axes.xaxis)
    axes.margins(x=0.15)
    axes.set_xlabel(unit)
    axes.set_title(plot.title)
    axes.invert_yaxis()
    _save(figure, folder, plot.name)
    return True


def _curves(folder: Path, plot: Curves, figures: Figures) -> bool:
    figure, axes = _canvas(8)
    drawn = 0
    for (label, cases), colour in zip(plot.curves.items(), COLOURS, strict=False):
        points = [(place, found) for place, case in cases.items() if (found := figures.get(case)) is not None]
        known = [(place, s.median * BASE.get(found.unit, 1)) for place, found in points if (s := found.summary())]
        if len(known) > 1:
            drawn += 1
            axes.plot(*zip(*known, strict=True), marker="o", label=label, color=colour)
    if drawn:
        if plot.logarithmic:
            _logarithmic(axes.xaxis)
            _logarithmic(axes.yaxis)
            # Whole powers of ten: a few per cent shall not look like a slope.
            least, most = axes.get_ylim()
            axes.set_ylim(10 ** math.floor(math.log10(least)), 10 ** math.ceil(math.log10(most)))
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(plot.axis)
        axes.set_ylabel("µs")
        axes.set_title(plot.title)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        _save(figure, folder, plot.name)
    return drawn > 0


def _canvas(rows: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.34 * rows), layout="constrained")
    figure.patch.set_facecolor("white")
    return figure, figure.subplots()


def _logarithmic(axis: Any) -> None:
    """Make an axis logarithmic, labelled by plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_locator(LogLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def _save(figure: Any, folder: Path, name: str) -> None:
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
