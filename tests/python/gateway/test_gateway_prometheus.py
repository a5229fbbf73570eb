"""Prometheus scrapes the running gateway: every query of the dashboard and of the alerts has an answer."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deployed import DEPLOY, alerts, panels
from real_gateway import Gateway, bearer, free_port, gateway
from real_opa import EXAMPLE, serving

WORKERS = 2

pytestmark = pytest.mark.slow


def queries() -> Iterator[Any]:
    """Yield what the dashboard and the alerts ask; an alert without the comparison that makes it one."""
    for name, query in panels():
        yield pytest.param(query.replace("$__rate_interval", "1m").replace("$job", ".+"), id=name)
    for name, query in alerts():
        query, compared = re.subn(r"\s[<>]\s*[\d.e]+\s*$", "", query)
        assert 1 == compared
        yield pytest.param(query, id=name)


class Prometheus:
    """A real Prometheus that scrapes one gateway every second."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=30, trust_env=False)

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its API."""
        response = self._client.get(path, params=parameters)
        assert (200, "success") == (response.status_code, response.json()["status"]), response.text
        return response.json()["data"]

    def ask(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Return the series of a query's result, and their values."""
        return [(each["metric"], float(each["value"][1])) for each in self.get("query", query=query)["result"]]

    def total(self, query: str) -> float:
        """Return the sum of a query's result."""
        return sum(value for _, value in self.ask(query))

    def wait(self, query: str, seconds: float = 60) -> None:
        """Wait until a query has a result."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self.ask(query):
                    return
            except (httpx.TransportError, ValueError):
                pass  # it starts: nobody listens yet, or what answers is not JSON
            assert time.monotonic() < until, f"`{query}` has no result"
            time.sleep(0.1)

    def close(self) -> None:
        """End the connection."""
        self._client.close()


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """Start a Prometheus with the alerts, and end it afterwards."""
    program = shutil.which("prometheus")
    if program is None:
        reason = "prometheus is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder.mkdir()
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / "alerts.yaml")]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    running = Prometheus(f"http://{address}")
    try:
        yield running
    finally:
        running.close()
        process.terminate()
        process.wait(30)


def traffic(running: Gateway, users: range) -> None:
    """Ask the gateway for everything, as many users, and for the same thing twice."""
    with running.client() as client:
        for n in users:
            user = bearer("kim", sub=f"u-{n}")
            for tool, level in (("run_sql", "high"), ("run_sql", "high"), ("restore_backup", "critical")):
                asked: dict[str, Any] = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": tool}
                asked |= {"sensitivity_level": level, "parameters": {"query": "select 1"}}
                answer = client.post("/api/v1/gateway/authorize", json=asked, headers=user)
                assert 200 == answer.status_code, answer.text
            for path in ("servers", "tools"):
                assert 200 == client.get(f"/api/v1/gateway/{path}", headers=user).status_code
        a2a = {"source_agent_id": "planner", "target_agent_id": "ag-2", "capability": "query"}
        a2a |= {"message_type": "request", "target_environment": "prod"}
        answer = client.post("/api/v1/gateway/authorize-a2a", json=a2a, headers=bearer("planner"))
        assert 200 == answer.status_code, answer.text


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that saw a gateway of several workers with traffic of all kinds, and its OPA die."""
    folder = tmp_path_factory.mktemp("prometheus")
    rollout = json.dumps({"rust_opa": 50, "rust_cache": 100})
    with (
        serving(EXAMPLE / "r1") as opa,
        gateway(
            folder,
            SARK_GATEWAY_WORKERS=WORKERS,
            SARK_POLICY_OPA_URL=opa.url,
            SARK_POLICY_ROLLOUT=rollout,
            SARK_POLICY_SHADOW_SHARE=1,
            SARK_POLICY_BREAKER_FAILURES=3,
            SARK_POLICY_BREAKER_SECONDS=60,
        ) as running,
        prometheus(folder / "prometheus", running.url.removeprefix("http://")) as prometheus_,
    ):
        prometheus_.wait("up == 1")
        for n in range(3):
            traffic(running, range(10 * n, 10 * n + 10))
        opa.kill()
        traffic(running, range(40, 70))
        # What is scraped from now on holds all of it.
        prometheus_.wait(f"timestamp(up) > {time.time()}")
        prometheus_.wait(f"sum(sark_policy_workers{{revision!='none'}}) == {WORKERS}")
        prometheus_.wait("sum(sark_policy_cache_entries) > 0")  # workers note their figures every few seconds
        prometheus_.wait('sum(rate(sark_policy_evaluations_total{result="allow"}[1m])) > 0')
        yield prometheus_


@pytest.mark.parametrize("query", list(queries()))
def test_a_query_has_an_answer(scraped: Prometheus, query: str) -> None:
    """No panel of the dashboard is empty, and every alert has something to compare."""
    assert scraped.ask(query)


def test_prometheus_evaluates_every_alert(scraped: Prometheus) -> None:
    """All alerts are loaded, and none fails."""
    rules = [rule for group in scraped.get("rules")["groups"] for rule in group["rules"]]
    assert {name for name, _ in alerts()} == {rule["name"] for rule in rules}
    assert {""} == {rule.get("lastError", "") for rule in rules}


def test_the_figures_are_those_of_all_workers(scraped: Prometheus) -> None:
    """A scrape reaches one worker, and what it shows adds up."""
    assert WORKERS == scraped.total("sark_policy_workers")
    # Each worker opened the bundle.
    assert WORKERS == scraped.total("sark_policy_engine_activations_total")
    assert 0 < scraped.total("sark_policy_cache_entries")
    assert {"rust_opa": 50, "rust_cache": 100} == {
        labels["feature"]: value for labels, value in scraped.ask("feature_flag_rollout_percentage")
    }
    users = 60
    # Three requests of each user, of which those to a dead OPA are undecided; lists besides.
    assert 3 * users <= scraped.total("sark_policy_evaluations_total") + scraped.total("sark_policy_undecided_total")
    assert 2 * users == scraped.total("sark_batch_policy_evaluations_total")
    decided = scraped.total("sark_policy_allows_total") + scraped.total("sark_policy_denials_total")
    assert scraped.total("sark_policy_evaluations_total") == decided


def test_what_happened_shows(scraped: Prometheus) -> None:
    """Both sides answered, the shadow found nothing, OPA died, and its circuits opened."""
    for side in ("rust", "python"):
        assert 0 < scraped.total(f'opa_evaluation_duration_seconds_count{{implementation="{side}"}}')
        assert 0 < scraped.total(f'feature_flag_assignments_total{{feature="rust_opa",implementation="{side}"}}')
    assert 0 < scraped.total("sark_opa_request_duration_seconds_count")
    assert 0 < scraped.total('sark_policy_shadow_total{kind="compared"}')
    assert 0 == scraped.total('sark_policy_shadow_total{kind=~"allowed_denied|denied_allowed"}')
    assert 0 < scraped.total('sark_policy_evaluation_errors_total{error_type="opa_connection"}')
    assert 0 < scraped.total('sark_policy_circuits{implementation="python",state="open"}')
    assert 0 < scraped.total("sark_policy_cache_hits_total")
    assert 0 == scraped.total('sark_policy_evaluation_errors_total{error_type=~"engine_.*"}')
