"""The dashboard and the alerts: queries of what is exposed, and rules that Prometheus' own tools accept."""

import re
import shutil
import subprocess

import pytest
import yaml

from deployed import ALERTS, DASHBOARD, DEPLOY, alerts, marks, panels
from sark_policy.sark.metrics import tallies
from sark_policy.sark.metrics.families import FAMILIES

SCRAPED = {"up": {"job", "instance"}}
"""What Prometheus itself makes of a scrape."""

TARGET = {"job", "instance"}
"""Labels that Prometheus adds."""

WORDS = {"sum", "max", "min", "count", "by", "rate", "increase", "changes", "histogram_quantile", "and", "or", "vector"}


def exposed() -> dict[str, set[str]]:
    """Return the labels of each series that we expose."""
    series = dict(SCRAPED)
    for family in FAMILIES:
        labels = set(family.labels) | TARGET
        if family.kind == "histogram":
            series |= {f"{family.name}_bucket": labels | {"le"}}
            series |= {f"{family.name}_{suffix}": labels for suffix in ("sum", "count")}
        else:
            series[family.name] = labels
    return series


VALUES: dict[str, tuple[str, ...]] = {
    "implementation": tallies.SIDES,
    "result": ("allow", "deny", "hit", "miss", "error", "stored"),
    "state": tallies.CIRCUITS,
    "cause": tallies.CAUSES,
    "kind": tallies.SHADOWS,
    "status": ("success", "failure"),
    "error_type": (
        *tallies.ERRORS,
        *tallies.FAILURES,
        *(f"{path}_{failure}" for path in ("opa", "engine") for failure in tallies.FAILURES),
    ),
    "revision": ("none",),
}
"""What the labels are, where we know."""


@pytest.mark.parametrize("query", [pytest.param(query, id=name) for name, query in (*panels(), *marks(), *alerts())])
def test_a_query_names_what_we_expose(query: str) -> None:
    """A metric, a label or a value that does not exist is a panel that stays empty, and an alert that never comes."""
    series = exposed()
    bare = re.sub(r'"[^"]*"', '""', query)
    selectors = re.findall(r"([a-z_]+)\s*(\{[^}]*\})", bare)
    asked = set(re.findall(r"[a-z_]{2,}", re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^\]]*\]", "", bare)))
    assert set() == asked - WORDS - series.keys()
    named = asked & series.keys()
    assert named
    for metric, labels in selectors:
        assert set() == set(re.findall(r"(\w+)\s*[=!]~?", labels)) - series[metric]
    everywhere = set.intersection(*(series[metric] for metric in named))
    for labels in re.findall(r"by \(([^)]*)\)", bare):
        assert set() == {label.strip() for label in labels.split(",")} - everywhere
    for label, operator, values in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', query):
        if label not in TARGET:
            wanted = re.compile(values if "~" in operator else re.escape(values)).fullmatch
            assert any(map(wanted, VALUES[label])), f"{label} is never {values}"


def test_the_dashboard_shows_everything_we_expose() -> None:
    """A figure that nobody sees need not be counted: each is on the dashboard, or is another's by an older name."""
    shown = " ".join(query for _, query in panels())
    older = {"sark_policy_allows_total", "sark_policy_cache_latency_seconds"}
    assert older == {family.name for family in FAMILIES if not re.search(rf"\b{family.name}", shown)}


def test_the_dashboard_is_sound() -> None:
    """Panels have ids, titles and descriptions of their own, do not overlap, and ask the chosen data source."""
    every = DASHBOARD["panels"]
    shown = [panel for panel in every if panel["type"] != "row"]
    assert len(every) == len({panel["id"] for panel in every}) == len({panel["title"] for panel in every})
    assert all(panel["description"] and panel["targets"] for panel in shown)
    assert {"${datasource}"} == {target["datasource"]["uid"] for panel in shown for target in panel["targets"]}
    taken: set[tuple[int, int]] = set()
    for panel in every:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert all(x < 24 for x, _ in cells)
        assert not taken & cells
        taken |= cells


def test_both_paths_stand_side_by_side() -> None:
    """For every panel of one path there is the same of the other, beside it."""
    pairs: dict[str, list[tuple[int, list[str]]]] = {}
    for panel in DASHBOARD["panels"]:
        for side, title in (("rust", "In-process: "), ("python", "OPA over HTTP: ")):
            if panel["title"].startswith(title):
                queries = [target["expr"].replace(f'"{side}"', '""') for target in panel["targets"]]
                pairs.setdefault(panel["title"].removeprefix(title), []).append((panel["gridPos"]["y"], queries))
    assert 3 == len(pairs)
    assert all(left == right for left, right in pairs.values())


def test_every_alert_says_what_to_do() -> None:
    """Whoever is woken reads what it means and where to look first."""
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            assert {"summary", "action"} == rule["annotations"].keys()
            assert rule["labels"]["severity"] in ("critical", "warning", "info")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "command", ["check config prometheus.yaml", "check rules alerts.yaml", "test rules alerts.test.yaml"]
)
def test_promtool_accepts_it(command: str) -> None:
    """The configuration loads, and each alert fires for what it is about and is quiet for what it is not."""
    done = subprocess.run(
        ["promtool", *command.split()], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_every_alert_has_its_tests() -> None:
    """One in which it fires, one in which it is quiet."""
    tests = yaml.safe_load((DEPLOY / "prometheus" / "alerts.test.yaml").read_text())["tests"]
    expected = {f"{alert} {does}" for alert, _ in alerts() for does in ("fires", "is quiet")}
    assert expected == {test["name"] for test in tests}
