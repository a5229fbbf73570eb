"""The benchmarks' report: medians, goals, what was not measured, what moved. Nothing is timed here."""

import json
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from report import __main__ as command
from report import baseline
from report.areas import AREAS
from report.baseline import Move
from report.figures import Figures, Summary
from report.goals import GOALS, Goal
from report.machine import machine
from report.measurement import Measurement, quantile
from report.page import About, notes, page
from report.plots import PLOTS, Bars, draw
from report.programs import Ending, Program, Run, run
from report.verdict import Line, Outcome, Watched, judge, watch

ABOUT = About("c0ffee", "2026-01-02", 2, True, {"cores": "2"}, {"OPA": "1.22.2"}, [])


def figures(cases: Mapping[str, tuple[str, list[float]]], program: str = "python") -> Figures:
    """Return figures of cases: a unit, and a value for each round."""
    found = Figures()
    for case, (unit, values) in cases.items():
        for number, value in enumerate(values, 1):
            found.add(Measurement(case, value, unit), number, program)
    return found


def judged(goal: Goal, cases: Mapping[str, tuple[str, list[float]]]) -> Line:
    """Judge one goal."""
    (line,) = judge(figures(cases), [goal])
    return line


def summary(cases: Figures, case: str) -> Summary:
    """Return the summary of a case that was measured."""
    figure = cases.get(case)
    assert figure is not None
    found = figure.summary()
    assert found is not None
    return found


def test_measurement_round_trips() -> None:
    """A measurement is read as it was written."""
    measured = Measurement("a/b", 1.5, "us", p95=2.0, round=3)
    assert measured == Measurement.from_json(measured.to_json())


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "nonsense",
        '{"case": "nowhere", "value": 1, "unit": "us"}',
        '{"case": "a/b", "value": 1}',
        '{"case": "a/b", "value": "1", "unit": "us"}',
        '{"case": "a/b", "value": true, "unit": "us"}',
        '{"case": "a/b", "value": NaN, "unit": "us"}',
        '{"case": "a/b", "value": 1, "unit": "us", "p95": "2"}',
        '{"case": "a/b", "value": 1, "unit": "us", "round": "first"}',
    ],
)
def test_what_is_no_measurement_is_refused(line: str) -> None:
    """A line that says nothing sound is an error, never a number."""
    with pytest.raises(ValueError, match="give"):
        Measurement.from_json(line)


def test_quantile() -> None:
    """The median of an even number of values lies between two of them, a tail is one of them."""
    assert (2.5, 4, 1) == (quantile([4, 1, 2, 3], 0.5), quantile([1, 2, 3, 4], 0.95), quantile([1], 0.99))


def test_median_and_spread_are_over_rounds() -> None:
    """A case's figure is its rounds' median, its spread (max - min) / median."""
    found = figures({"a/b": ("us", [10, 12, 9])})
    assert Summary(10, 0.3, 3) == summary(found, "a/b")


def test_one_round_counts_once() -> None:
    """A case that a round measures twice is that round's median."""
    found = figures({"a/b": ("us", [10, 20])})
    found.add(Measurement("a/b", 30, "us", round=1), 1, "python")
    assert Summary(20, 0, 2) == summary(found, "a/b")


def test_ratio_is_taken_round_by_round() -> None:
    """A machine that is twice as slow in a round does not move a ratio."""
    found = figures({"a/ours": ("us", [1, 2, 1]), "a/peer": ("us", [10, 20, 10])})
    assert Summary(0.1, 0, 3) == found.ratio("a/ours", "a/peer")


def test_ratio_of_rounds_apart_is_of_medians() -> None:
    """Cases that share no round are compared by their medians, with both spreads."""
    found = figures({"a/ours": ("us", [9, 10, 11])})
    found.add(Measurement("a/peer", 5, "us", round=7), 1, "python")
    assert Summary(2, 0.2, 1) == found.ratio("a/ours", "a/peer")


def test_ratio_knows_units() -> None:
    """Times of different units have a ratio; times and rates have none."""
    found = figures({"a/us": ("us", [500]), "a/ms": ("ms", [1]), "a/rate": ("req/s", [7]), "a/size": ("MiB", [7])})
    halved = found.ratio("a/us", "a/ms")
    assert halved is not None
    assert halved.median == 0.5
    assert found.ratio("a/us", "a/rate") is None
    assert found.ratio("a/rate", "a/size") is None


def test_ratio_of_a_part_that_was_not_measured() -> None:
    """Without a p95 there is no ratio of p95."""
    found = figures({"a/ours": ("us", [1]), "a/peer": ("us", [1])})
    assert found.ratio("a/ours", "a/peer", "p95") is None


def test_case_of_two_programs_is_a_problem(tmp_path: Path) -> None:
    """Two programs that use one name do not mix; the rest is read."""
    (tmp_path / "1").mkdir()
    for program in ("python", "rust"):
        line = Measurement("decide/hit", 1, "us").to_json()
        (tmp_path / "1" / f"{program}.jsonl").write_text(f"{line}\n\nnonsense\n", "utf-8")
    found = Figures.read(tmp_path)
    assert Summary(1, 0, 1) == summary(found, "decide/hit")
    assert len(found.problems) == 3
    assert "give one of them another name" in found.problems[1]


@pytest.mark.parametrize(
    ("goal", "ours", "outcome"),
    [
        (Goal(name="g", case="a/ours", against="a/peer", at_most=0.5), 50, Outcome.HOLDS),
        (Goal(name="g", case="a/ours", against="a/peer", at_most=0.5), 51, Outcome.MISSED),
        (Goal(name="g", case="a/ours", against="a/peer", times=True, at_least=20), 5, Outcome.HOLDS),
        (Goal(name="g", case="a/ours", against="a/peer", times=True, at_least=20), 5.1, Outcome.MISSED),
        (Goal(name="g", case="a/ours", value_at_most=2.5), 2.5, Outcome.HOLDS),
        (Goal(name="g", case="a/ours", value_at_most=2.5), 2.6, Outcome.MISSED),
        (Goal(name="g", case="a/ours", value_at_most=1, unit="ms"), 999, Outcome.HOLDS),
        (Goal(name="g", case="a/ours", value_at_most=1, unit="ms"), 1_001, Outcome.MISSED),
        (Goal(name="g", case="a/ours", value_at_most=1, unit="MiB"), 0.5, Outcome.UNMEASURED),
    ],
)
def test_bounds(goal: Goal, ours: float, outcome: Outcome) -> None:
    """A bound holds up to itself, and not beyond."""
    assert outcome is judged(goal, {"a/ours": ("us", [ours]), "a/peer": ("us", [100])}).outcome


EITHER = Goal(name="g", case="a/ours", against="a/floor", at_most=2.8, value_at_most=2.5)


@pytest.mark.parametrize(
    ("cases", "holds"),
    [
        ({"a/ours": 2.0, "a/floor": 0.1}, True),
        ({"a/ours": 5.0, "a/floor": 2.0}, True),
        ({"a/ours": 5.0, "a/floor": 1.0}, False),
        ({"a/ours": 2.0}, True),
        ({"a/ours": 5.0}, None),
        ({"a/floor": 5.0}, None),
        ({}, None),
    ],
)
def test_either_bound_is_enough(cases: dict[str, float], holds: bool | None) -> None:
    """Of two bounds one has to hold; while one is unmeasured, the other cannot make it a miss."""
    line = judged(EITHER, {case: ("us", [value]) for case, value in cases.items()})
    assert holds is line.to_json()["holds"]


def test_unmeasured_line_invents_nothing() -> None:
    """A line without its cases has no value, no ratio, and neither holds nor is missed."""
    said = judged(EITHER, {}).to_json()
    assert [None] * 4 == [said[name] for name in ("value", "ratio", "holds", "spread")]
    assert ("a/floor", "≤ 2.8× or ≤ 2.5 µs", "not measured") == (said["against"], said["goal"], said["outcome"])


@pytest.mark.parametrize(
    ("reached", "outcome"),
    [(2_500, Outcome.MISSED), (2_000, Outcome.NOT_APPLICABLE), (None, Outcome.UNMEASURED)],
)
def test_condition(reached: float | None, outcome: Outcome) -> None:
    """A goal that only applies on a fast machine is not judged on a slow one."""
    goal = Goal(name="g", case="a/warm", value_at_least=2_000, unit="req/s", applies=("a/none", 2_400))
    cases: dict[str, tuple[str, list[float]]] = {"a/warm": ("req/s", [1_900])}
    if reached is not None:
        cases["a/none"] = ("req/s", [reached])
    line = judged(goal, cases)
    assert outcome is line.outcome
    assert line.holds is (False if outcome is Outcome.MISSED else None)


def test_off_by() -> None:
    """How far a goal is off is told by the bound it comes closest to."""
    assert judged(EITHER, {"a/ours": ("us", [5]), "a/floor": ("us", [1])}).off_by == pytest.approx(2.8 / 5)
    assert judged(EITHER, {}).off_by is None


def test_every_goal_is_sound() -> None:
    """Goals have names of their own and bounds, and ratios where their bounds need them."""
    assert len(GOALS) == len({goal.name for goal in GOALS})
    for goal in GOALS:
        assert goal.bounds, goal.name
        bounded = goal.at_most is not None or goal.at_least is not None
        assert bounded == (goal.against is not None), goal.name
        assert goal.case.partition("/")[0] in AREAS, goal.name


def test_every_plot_shows_areas_that_exist() -> None:
    """What is drawn is measured somewhere."""
    for plot in PLOTS:
        curves = [plot.cases] if isinstance(plot, Bars) else list(plot.curves.values())
        assert all(case.partition("/")[0] in AREAS for cases in curves for case in cases.values()), plot.name


def test_notes_name_goals() -> None:
    """Every note is about a goal that exists, and says why."""
    for name, note in notes().items():
        assert name in {goal.name for goal in GOALS}
        assert note.keys() <= {"why", "closes"}
        assert note["why"]


def test_watched_ratios() -> None:
    """Goals' ratios are watched, and our times by their floor; peers, floors, rates and sizes are not."""
    found = figures(
        {
            "decide/py-floor": ("us", [10]),
            "decide/py-hit": ("us", [20]),
            "peers/opa-http": ("us", [900]),
            "rules/py-equal-10-opa-http": ("us", [900]),
            "threads/py-hit-1": ("req/s", [1]),
            "memory/py-users-1000": ("MiB", [1]),
        }
    )
    found.add(Measurement("rules/equal-10", 3, "us"), 1, "rust")
    goal = Goal(name="faster than OPA", case="decide/py-hit", against="peers/opa-http", times=True, at_least=20)
    watched = watch(found, judge(found, [goal]))
    assert [("faster than OPA", 45, True), ("decide/py-hit / decide/py-floor", 2, False)] == [
        (each.name, each.ratio.median, each.more_is_better) for each in watched
    ]


def moved(before: float, now: float, *, spread: float = 0.0, more_is_better: bool = False) -> Move:
    """Compare one ratio."""
    (compared,) = baseline.compare(
        {"r": Summary(before, 0, 5)}, [Watched("r", Summary(now, spread, 5), more_is_better)]
    )
    return compared.move


def test_moves_within_noise() -> None:
    """A move within what always differs, or within a run's spread, is none."""
    assert moved(10, 10.9) is Move.SAME
    assert moved(10, 9.2) is Move.SAME
    assert moved(10, 14, spread=0.5) is Move.SAME


def test_moves_beyond_noise() -> None:
    """Beyond noise a ratio got better or worse, by what is good for it."""
    assert moved(10, 12) is Move.WORSE
    assert moved(10, 8) is Move.BETTER
    assert moved(10, 16, spread=0.5) is Move.WORSE
    assert moved(10, 12, more_is_better=True) is Move.BETTER
    assert moved(10, 8, more_is_better=True) is Move.WORSE


def test_new_and_gone() -> None:
    """A ratio that only one of two runs has is told, and no regression."""
    compared = baseline.compare({"old": Summary(1, 0, 5)}, [Watched("new", Summary(1, 0, 5), False)])
    assert [("new", Move.NEW), ("old", Move.GONE)] == [(each.name, each.move) for each in compared]
    assert ["new          new", "not measured old"] == [str(each) for each in compared]


def test_baseline_round_trips(tmp_path: Path) -> None:
    """What is stored is read again, and says which commit it is of."""
    file = tmp_path / "baseline.json"
    baseline.write(file, [Watched("a ≤ b", Summary(0.25, 0.1, 5), False)], commit="c0ffee")
    assert {"a ≤ b": Summary(0.25, 0.1, 0)} == baseline.read(file)
    assert json.loads(file.read_text("utf-8"))["commit"] == "c0ffee"


def test_page_says_what_holds_and_why_not() -> None:
    """The page has every goal with its outcome, and beside a missed one why."""
    found = figures({"a/ours": ("us", [5, 6]), "a/floor": ("us", [1, 1])})
    missed = Goal(name="missed one", case="a/ours", against="a/floor", at_most=2)
    unknown = Goal(name="unknown one", case="a/other", value_at_most=1)
    reasons = {"missed one": {"why": "the lock.", "closes": "no lock."}, "unknown one": {"why": "never shown"}}
    said = page(ABOUT, found, judge(found, [missed, unknown]), [("goals", "Goals")], reasons)
    assert "2 goals: 1 missed, 1 not measured." in said
    assert "| missed one | 5.5 µs | 5.5 × | ≤ 2× | 18 % | **missed** |" in said
    assert "| unknown one | – | – | ≤ 1 µs | – | not measured |" in said
    assert "- **missed one** (by 2.75 ×): the lock. What would close it: no lock." in said
    assert "never shown" not in said
    assert "| `a/ours` | 5.5 µs |  | 18 % | 2 |" in said
    assert "A **quick** run of 2 rounds, commit `c0ffee`" in said


def test_page_says_what_did_not_run() -> None:
    """Programs that failed or were not there stand at the top, and so does what could not be read."""
    runs = [Run("rust", 2, Ending.FAILED, 1.0), Run("load", 1, Ending.ABSENT, 0.0)]
    about = About("c", "d", 1, False, {}, {}, runs)
    found = Figures()
    found.problems.append("`1/x.jsonl`: nonsense")
    said = page(about, found, [], [], {})
    assert "**Not everything ran:** `rust` failed in round 2." in said
    assert "Left out, since it was not there: `load`." in said
    assert "- `1/x.jsonl`: nonsense" in said


def test_page_says_what_was_measured_at_another_commit() -> None:
    """What a run of some programs left as it was keeps its commit."""
    runs = [Run("rust", 1, Ending.MEASURED, 1.0, "c"), Run("load", 1, Ending.MEASURED, 1.0, "b")]
    said = page(About("c", "d", 1, False, {}, {}, runs), Figures(), [], [], {})
    assert "`load` ran at commit `b`." in said
    assert "`rust` ran" not in said


def test_programs_run_round_by_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program is told where to write, old figures go, and what fails or is not there is told."""
    say = """printf '{"case":"a/b","value":%s,"unit":"us"}\\n' "${0#--}" >> "$MEASURED" """
    monkeypatch.setattr(
        "report.programs.PROGRAMS",
        (
            Program("says", ("sh", "-c", say, "2"), quick=()),
            Program("once", ("sh", "-c", "exit 1"), once=True),
            Program("mute", ("sh", "-c", "true"), once=True),
            Program("gone", ("sh", "-c", "true"), needs=tmp_path / "nothing"),
        ),
    )
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "says.jsonl").write_text("old\n", "utf-8")
    told: list[str] = []
    runs = run(tmp_path, 2, quick=True, told=told.append)
    assert [
        ("says", 1, Ending.MEASURED),
        ("once", 1, Ending.FAILED),
        ("mute", 1, Ending.SILENT),
        ("gone", 1, Ending.ABSENT),
        ("says", 2, Ending.MEASURED),
        ("gone", 2, Ending.ABSENT),
    ] == [(each.program, each.round, each.ending) for each in runs]
    found = Figures.read(tmp_path)
    assert (Summary(2, 0, 2), []) == (summary(found, "a/b"), found.problems)
    assert "says round 1 of 2 …" in told


def test_commands_without_anything_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Writing needs a run, comparing needs a baseline; both say which command gives it."""
    monkeypatch.setattr(command, "ABOUT", tmp_path / "about.json")
    monkeypatch.setattr(command, "BASELINE", tmp_path / "baseline.json")
    with pytest.raises(SystemExit, match="just report"):
        command.main(["write"])
    assert command.main(["compare"]) == 2
    assert "just bench-baseline" in capsys.readouterr().err


@pytest.mark.parametrize(("now", "code"), [(20, 0), (40, 1)])
def test_compare_fails_on_a_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], now: float, code: int
) -> None:
    """Comparing ends with 1 if a ratio got worse beyond noise, and names it."""
    monkeypatch.setattr(command, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(command, "MEASURED", tmp_path)
    name = "decide/py-hit / decide/py-floor"
    baseline.write(tmp_path / "baseline.json", [Watched(name, Summary(2, 0, 5), False)])
    (tmp_path / "1").mkdir()
    lines = [Measurement("decide/py-floor", 10, "us"), Measurement("decide/py-hit", now, "us")]
    (tmp_path / "1" / "python.jsonl").write_text("".join(f"{line.to_json()}\n" for line in lines), "utf-8")
    assert code == command.main(["compare"])
    assert (f"worse        {name}: 2 → 4 (+100 %, noise ±10 %)" in capsys.readouterr().out) == bool(code)


def test_plots_of_what_was_measured(tmp_path: Path) -> None:
    """What was measured is drawn, the same twice over; the rest is left out, and old plots go."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed; `pip install 'python-host[bench]'`")
    (tmp_path / "old.svg").write_text("", "utf-8")
    found = figures({f"batch/py-hit-{size}": ("us", [1.0 * size]) for size in (1, 10, 100)})
    assert [] == draw(tmp_path, Figures(), [])
    assert ["batch"] == [name for name, _ in draw(tmp_path, found, [])]
    first = (tmp_path / "batch.svg").read_bytes()
    draw(tmp_path, found, [])
    assert first == (tmp_path / "batch.svg").read_bytes()
    assert [tmp_path / "batch.svg"] == list(tmp_path.iterdir())


def recording() -> Any:
    """Import what hands benchmarks on; their folder is not on the path, since its modules have names of their own."""
    spec = spec_from_file_location("recording", Path(command.__file__).parents[1] / "python/recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_pytest(doc: str | None, parameters: str | None) -> Any:
    """Return what stands for a test of pytest's."""
    known = {} if parameters is None else {"callspec": SimpleNamespace(id=parameters)}
    return SimpleNamespace(function=SimpleNamespace(__doc__=doc), nodeid="test_x", **known)


@pytest.mark.parametrize(
    ("doc", "parameters", "name"),
    [
        ("decide/hit: from the cache: fast.", None, "decide/hit"),
        ("peers/ours-*: ours.", "miss", "peers/ours-miss"),
        ("*-opa-http: OPA.", "rules/py-equal-10", "rules/py-equal-10-opa-http"),
        ("filter/one-by-one, filter/together: both.", "together", "filter/together"),
    ],
)
def test_benchmark_is_named_by_its_docstring(doc: str, parameters: str | None, name: str) -> None:
    """A benchmark's name is what its docstring begins with, its parameters in place of a star."""
    assert name == recording().name_of(of_pytest(doc, parameters))


@pytest.mark.parametrize("doc", [None, "", "decide/hit", "Says nothing: of a name.", "a/b, a/c: two."])
def test_benchmark_without_a_name_is_refused(doc: str | None) -> None:
    """A benchmark that has no name, or several, is an error."""
    with pytest.raises(ValueError, match="does not begin with its name"):
        recording().name_of(of_pytest(doc, None))


def test_benchmark_is_read_by_item() -> None:
    """A batch is told by item, in microseconds or as a rate."""
    of_benchmark = recording()._of_benchmark
    assert Measurement("a/b", 20.0, "us", 30.0, 30.0) == of_benchmark("a/b", {"items": 100}, [0.001, 0.002, 0.003])
    assert Measurement("a/b", 50_000, "req/s") == of_benchmark("a/b", {"items": 100, "unit": "req/s"}, [0.002])


def test_machine_is_described_without_its_name() -> None:
    """The machine's CPU, cores, memory and kernel are told."""
    assert {"CPU", "cores", "memory", "kernel"} == machine().keys()
    assert "-" not in machine()["kernel"]
