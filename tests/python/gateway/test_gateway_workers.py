"""Four workers and a Redis: one gateway, whichever worker answers."""

import os
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from real_gateway import BUNDLE, Gateway, bearer, gateway
from real_redis import RealRedis

WORKERS = 4
SQL = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}
ADA = bearer("ada")


@contextmanager
def four(folder: Path, **variables: Any) -> Iterator[Gateway]:
    """Start a gateway with four workers, and wait for all of them."""
    with gateway(folder, SARK_GATEWAY_WORKERS=WORKERS, **variables) as running:
        running.everywhere(WORKERS, lambda client: True)
        yield running


def rollout(client: httpx.Client) -> dict[str, int]:
    """Return the percentages, as the worker of this connection has them."""
    status: dict[str, int] = client.get("/admin/rollout/status", headers=ADA).json()
    return status


def set_rollout(running: Gateway, percentage: int) -> None:
    """Set a percentage in whichever worker answers."""
    with running.client() as client:
        change = {"feature": "rust_opa", "percentage": percentage}
        assert 200 == client.post("/admin/rollout/set", json=change, headers=ADA).status_code


def test_flaw_5_13_four_workers_have_one_state(tmp_path: Path, redis_server: RealRedis) -> None:
    """A rollout that one worker sets is in force in all of them, and so is a rollback: there were four states."""
    with four(tmp_path, SARK_POLICY_FLAGS_URL=redis_server.url) as running:
        set_rollout(running, 25)
        running.everywhere(WORKERS, lambda client: rollout(client)["rust_opa"] == 25)
        with running.client() as client:
            assert 200 == client.post("/admin/rollout/rollback-all", headers=ADA).status_code
        running.everywhere(WORKERS, lambda client: set(rollout(client).values()) == {0})


def test_a_worker_that_dies_is_replaced_with_the_state_of_the_others(tmp_path: Path, redis_server: RealRedis) -> None:
    """The new worker knows the rollout, and requests are decided meanwhile by the others."""
    with four(tmp_path, SARK_POLICY_FLAGS_URL=redis_server.url) as running:
        set_rollout(running, 50)
        workers = running.everywhere(WORKERS, lambda client: rollout(client)["rust_opa"] == 50)
        victim = min(workers)
        os.kill(victim, signal.SIGKILL)
        with running.client("kim") as client:
            assert client.post("/api/v1/gateway/authorize", json=SQL).json()["allow"]
        after = running.everywhere(WORKERS, lambda client: rollout(client)["rust_opa"] == 50)
        assert (victim in after, WORKERS - 1) == (False, len(after & workers))


def decided(client: httpx.Client) -> float:
    """Return how many decisions all workers have made."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("sark_policy_evaluations_total{"))


def test_four_workers_count_together(tmp_path: Path) -> None:
    """Whichever worker is scraped tells what all of them did, from a folder of their own that goes with them."""
    with four(tmp_path) as running:
        for _ in range(40):  # a connection each, so that every worker gets some
            with running.client("kim") as client:
                assert client.post("/api/v1/gateway/authorize", json=SQL).json()["allow"]
        totals = set()
        for _ in range(10):
            with running.client() as client:
                totals.add(decided(client))
        assert {40.0} == totals
        folder = multiproc_folder(running.process.pid)
        assert (0o700, True) == (stat.S_IMODE(folder.stat().st_mode), any(folder.iterdir()))
        assert 0 == running.stop()
    assert not folder.exists()


def multiproc_folder(parent: int) -> Path:
    """Return the folder in which the workers of a server count."""
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text().split():
            for variable in Path(f"/proc/{child}/environ").read_text().split("\0"):
                if variable.startswith("PROMETHEUS_MULTIPROC_DIR="):
                    return Path(variable.split("=", 1)[1])
    raise AssertionError("no worker counts anywhere")


def test_one_worker_counts_by_itself(tmp_path: Path) -> None:
    """A single worker needs no folder."""
    with gateway(tmp_path) as running, running.client("kim") as client:
        assert client.post("/api/v1/gateway/authorize", json=SQL).json()["allow"]
        assert 1.0 == decided(client)


def test_a_bundle_changes_in_every_worker(tmp_path: Path) -> None:
    """A bundle that is changed on disk goes live in all workers, and no request fails meanwhile."""
    bundle = tmp_path / "bundle"
    shutil.copytree(BUNDLE, bundle)
    asked = {"action": "gateway:tool:invoke", "server_name": "warehouse", "tool_name": "query"}
    with four(tmp_path, SARK_POLICY_BUNDLE=bundle) as running:
        shutil.copytree(BUNDLE.parent / "r2", bundle, dirs_exist_ok=True)

        def changed(client: httpx.Client) -> bool:
            response = client.post("/api/v1/gateway/authorize", json=asked, headers=bearer("lee"))
            assert 200 == response.status_code
            live = client.get("/health").json()["revision"] == "mcp-gateway-2"
            return (
                live and not client.post("/api/v1/gateway/authorize", json=asked, headers=bearer("lee")).json()["allow"]
            )

        running.everywhere(WORKERS, changed)


def test_flags_in_memory_of_several_workers_are_warned_of(tmp_path: Path) -> None:
    """Without a Redis each worker has its own flags, and the log says so."""
    with four(tmp_path) as running:
        assert "flags_in_each_worker" in running.logs()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends all workers, without a trace of trouble."""
    with four(tmp_path) as running:
        running.process.send_signal(number)
        assert 0 == running.process.wait(30)
        assert "Traceback" not in running.logs()
        assert '"level": "error"' not in running.logs()
