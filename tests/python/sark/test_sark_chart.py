"""The chart: what it makes of its values. Helm is an option of these tests; without it they are left out."""

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from deployed import ALERTS, CHART, DASHBOARD, made

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
