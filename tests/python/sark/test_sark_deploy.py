"""What `deploy/` holds: queries of metrics that exist, settings that exist, and files that their tools accept."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from conftest import Opener
from sark_policy import Watch
from sark_policy.gateway.settings import GatewaySettings
from sark_policy.sark import tallies
from sark_policy.sark.families import FAMILIES
from sark_policy.sark.settings import SarkSettings

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
CHART = DEPLOY / "helm" / "sark-policy-gateway"
DASHBOARD = json.loads((DEPLOY / "grafana" / "sark-policy.json").read_text())
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())

SCRAPED = {"up": {"job", "instance"}}
"""What Prometheus itself makes of a scrape."""
TARGET = {"job", "instance"}
"""Labels that Prometheus adds."""
WORDS = {"sum", "max", "min", "count", "by", "rate", "increase", "changes", "histogram_quantile", "and", "or", "vector"}


def panels() -> Iterator[tuple[str, str]]:
    """Yield each query of the dashboard, by its panel and letter."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']}, {target['refId']}", target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def alerts() -> Iterator[tuple[str, str]]:
    """Yield each alert's expression."""
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


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


@pytest.mark.parametrize("query", [pytest.param(query, id=name) for name, query in (*panels(), *alerts())])
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


def settings(*classes: type[BaseSettings]) -> set[str]:
    """Return the names in the environment that settings are read from."""
    names = set()
    for each in classes:
        prefix = each.model_config["env_prefix"]
        for field, info in each.model_fields.items():
            names.add(f"{prefix}{field.upper()}")
            alias = info.validation_alias
            names |= {str(choice) for choice in getattr(alias, "choices", ())}
    return names


FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_is_a_real_one(path: Path) -> None:
    """A name that nothing reads is a setting that does not take effect."""
    real = settings(SarkSettings, GatewaySettings) | {"SARK_POLICY_COMPONENT"}
    named = set(re.findall(r"\bSARK_(?:POLICY|GATEWAY)_[A-Z0-9_]*[A-Z0-9]\b", path.read_text()))
    assert set() == named - real


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.suffix in (".yaml", ".json") and "templates" not in path.parts],
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_it_parses(path: Path) -> None:
    """YAML and JSON are well-formed."""
    assert yaml.safe_load(path.read_text())


def made(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> tuple[GatewaySettings, SarkSettings]:
    """Read the settings from an environment of nothing else."""
    for name in list(os.environ):
        if name in settings(SarkSettings, GatewaySettings):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return GatewaySettings(), SarkSettings()


def test_compose_sets_the_gateway_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the compose file and the image are settings with sound values, and lead to each other."""
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    environment = dict(compose["services"]["gateway"]["environment"])
    for name, value in environment.items():
        if value.startswith("${"):
            environment[name] = "x" * 64
    image = re.findall(r"(SARK_\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text().rsplit("FROM", 1)[1])
    gateway, policy = made(monkeypatch, {**dict(image), **environment})
    mounts = [volume.rsplit(":", 2)[-2] for volume in compose["services"]["gateway"]["volumes"]]
    assert ["/policies", "/catalogue.json"] == mounts == [str(policy.bundle), str(gateway.catalogue)]
    assert ("0.0.0.0", 8080, 4) == (gateway.host, gateway.port, gateway.workers)
    assert "http://opa:8181" == policy.opa_url
    assert policy.flags_url is not None
    assert "redis://valkey:6379/0" == policy.flags_url.get_secret_value()
    for default in re.findall(r":-([^}]+)\}", " ".join(compose["services"]["gateway"]["volumes"])):
        assert (DEPLOY / "compose" / default).exists()


def test_containers_are_hardened() -> None:
    """None is root, none writes to its own file system, none gains privileges."""
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"]), name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        published = [port.split(":")[0] for port in service.get("ports", [])]
        assert ["127.0.0.1"] * len(published) == published
    deployment = (CHART / "templates" / "deployment.yaml").read_text()
    assert deployment.count("image: ") == deployment.count('include "gateway.security"')
    assert "runAsUser: 1000" in deployment


def test_the_chart_ships_the_same_alerts_and_dashboard() -> None:
    """They are links, so that there is one copy."""
    for name, where in (("alerts.yaml", "prometheus"), ("sark-policy.json", "grafana")):
        link = CHART / "files" / name
        assert link.is_symlink()
        assert DEPLOY / where / name == link.resolve()


def test_the_image_is_built_of_what_is_there() -> None:
    """Everything that the Dockerfile copies exists, and is not ignored."""
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    kept = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert set(kept) == set(copied)
    assert all((DEPLOY.parent / source).exists() for source in copied)


# --- What the chart makes; Helm is an option of the tests

SOURCES = {
    "files": ["bundle.files.gateway\\.rego=package p"],
    "configMap": ["bundle.configMap=policies"],
    "claim": ["bundle.existingClaim=policies", "bundle.path=bundle.tar.gz"],
    "image": ["bundle.image=registry.example/policies:7"],
}
PATHS = {
    "alone": [],
    "sidecar": ["opa.sidecar.enabled=true", "valkey.enabled=true", "flags.rollout.rust_opa=5"],
    "server": ["opa.url=http://opa:8181", "flags.existingSecret=flags"],
}


def helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Helm on the chart."""
    if shutil.which("helm") is None:
        pytest.skip("helm is not installed")
    return subprocess.run(["helm", *arguments], cwd=CHART, capture_output=True, text=True, check=False)


def rendered(*sets: str) -> list[dict[str, Any]]:
    """Return what the chart makes of values."""
    values = [argument for each in ("auth.existingSecret=tokens", *sets) for argument in ("--set", each)]
    done = helm("template", "test", ".", "--kube-version", "1.30.0", *values)
    assert 0 == done.returncode, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def kind(documents: list[dict[str, Any]], kind: str, suffix: str = "gateway") -> dict[str, Any]:
    """Return the one document of a kind whose name ends so."""
    (found,) = [each for each in documents if each["kind"] == kind and each["metadata"]["name"].endswith(suffix)]
    return found


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("path", PATHS)
def test_the_chart_sets_the_gateway_up(source: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source of a bundle with each way to OPA gives a deployment whose settings are sound."""
    documents = rendered(*SOURCES[source], *PATHS[path])
    pod = kind(documents, "Deployment")["spec"]["template"]["spec"]
    environment = {**kind(documents, "ConfigMap")["data"], "SARK_GATEWAY_JWT_SECRET": "x" * 64}
    gateway, policy = made(monkeypatch, environment)
    ends = "/policies/bundle.tar.gz" if source == "claim" else "/policies"
    assert (ends, "0.0.0.0", 2) == (str(policy.bundle), gateway.host, gateway.workers)
    expected = {"alone": None, "sidecar": "http://127.0.0.1:8181", "server": "http://opa:8181"}
    assert expected[path] == policy.opa_url
    assert ({"rust_opa": 5} if path == "sidecar" else {}) == policy.rollout
    assert False is pod["enableServiceLinks"]
    mounted = {volume["name"] for volume in pod["volumes"]}
    for container in (*pod["initContainers"], *pod["containers"]):
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= mounted
        assert True is container["securityContext"]["readOnlyRootFilesystem"]
        assert "memory" in container["resources"]["limits"]


def test_the_chart_watches() -> None:
    """The alerts and the dashboard get there whole, and the job has the name that they ask for."""
    sets = [f"monitoring.{each}.enabled=true" for each in ("serviceMonitor", "prometheusRule", "dashboard")]
    documents = rendered(*SOURCES["configMap"], *sets)
    assert ALERTS["groups"] == kind(documents, "PrometheusRule")["spec"]["groups"]
    assert DASHBOARD == json.loads(kind(documents, "ConfigMap", "dashboard")["data"]["sark-policy.json"])
    label = kind(documents, "ServiceMonitor")["spec"]["jobLabel"]
    assert "sark-policy-gateway" == kind(documents, "Service")["metadata"]["labels"][label]


@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ([], "bundle: give exactly one"),
        ([*SOURCES["image"], *SOURCES["configMap"]], "bundle: give exactly one"),
        ([*SOURCES["image"], "opa.url=http://opa:8181"], "flags: with more than one worker"),
        ([*SOURCES["image"], "opa.url=http://opa:8181", "opa.sidecar.enabled=true"], "opa: give a url or"),
        ([*SOURCES["image"], "valkey.enabled=true", "flags.url=redis://x"], "flags: give url or"),
        ([*SOURCES["image"], "auth.existingSecret="], "auth: give existingSecret or jwtSecret"),
    ],
)
def test_the_chart_refuses_what_cannot_work(sets: list[str], problem: str) -> None:
    """A deployment that would deny everything, or whose workers would disagree, is not made."""
    values = [argument for each in ("auth.existingSecret=tokens", *sets) for argument in ("--set", each)]
    done = helm("template", "test", ".", "--kube-version", "1.30.0", *values)
    assert 1 == done.returncode
    assert problem in done.stderr


def test_the_chart_has_no_lint() -> None:
    """Helm's own linter finds nothing that fails."""
    done = helm("lint", ".", "--strict", "--set", "auth.existingSecret=tokens", "--set", "bundle.configMap=policies")
    assert 0 == done.returncode, done.stdout


def test_a_config_map_is_a_bundle(opened: Opener, tmp_path: Path) -> None:
    """Kubernetes publishes a ConfigMap by exchanging a link; the bundle behind it goes live all the same."""
    from queue import SimpleQueue

    def publish(revision: str) -> None:
        folder = tmp_path / f"..{revision}"
        folder.mkdir()
        (folder / "p.rego").write_text(f'package p\n\nv := "{revision}"\n')
        (folder / ".manifest").write_text(f'{{"revision": "{revision}"}}')
        (tmp_path / "..data_tmp").symlink_to(folder.name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    publish("r1")
    for name in ("p.rego", ".manifest"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    host = opened(tmp_path)
    told: SimpleQueue[Any] = SimpleQueue()
    watch: Watch = host.watch(tmp_path, told.put)
    try:
        assert "r1" == host.decide("p/v", {}).result
        publish("r2")
        shutil.rmtree(tmp_path / "..r1")
        assert "r2" == told.get(timeout=60).revision
        assert ("r2", "r2") == (host.decide("p/v", {}).result, host.decide("p/v", {}).revision)
    finally:
        watch.close()
