"""`just demo`: a running gateway, asked everything. One table, and the addresses to look at.

Usage: python gateway_demo.py [--full] [--serve]

    --full   with a real OPA server as the second path, a real Redis for the flags, and four workers
    --serve  leave it running afterwards, until Ctrl-C

Everything here is real: the gateway is `python -m sark_policy.gateway`, in a process of its own, and is asked
over HTTP. Nothing of it is kept; the secret that signs the tokens is made up at each start.
"""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import httpx

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE / "gateway"), str(HERE.parent / "python")]

from asking import API, NOBODY, SQL, WAREHOUSE, Asking, everything  # noqa: E402
from parts import EXAMPLE, Missing, Parts, running  # noqa: E402
from real_gateway import bearer, mint  # noqa: E402

PEOPLE = 200
NAMES = {"rust": "in-process", "python": "by OPA"}


class Load:
    """Asks on and on, from four threads, and counts what fails."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        self._lock = threading.Lock()
        self.asked = 0
        self.failed = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        asked = failed = 0
        headers = bearer("kim", self._parts.secret)
        with httpx.Client(base_url=self._parts.gateway.url, headers=headers, timeout=10) as client:
            while not self._done.is_set():
                asked += 1
                try:
                    response = client.post(f"{API}/authorize", json={**SQL, "parameters": {"limit": asked}})
                    failed += response.status_code != httpx.codes.OK or not response.json()["allow"]
                except httpx.HTTPError:
                    failed += 1
                time.sleep(0.005)
        with self._lock:
            self.asked += asked
            self.failed += failed


def rollout(asking: Asking) -> None:
    """Move the rollout, and look at who goes where."""
    parts = asking.parts
    if parts.opa is not None:
        shadow, seconds = asking.admin("compare the answers of both paths", "GET", "/shadow")
        said = f"{shadow['compared']} compared, {sum(shadow['differences'].values())} differ"
        asking.row("compare the answers of both paths", "ada", said, seconds)
    for percentage in (25, 50, 100):
        change = {"feature": "rust_opa", "percentage": percentage}
        _, seconds = asking.admin("move the rollout", "POST", "/rollout/set", json=change)
        agreed(parts, percentage)
        of = "" if parts.opa is None else f"; of {PEOPLE} users {in_process(asking)} go in-process"
        asking.row("move the rollout", "ada", f"rust_opa {percentage} % in each worker{of}", seconds)
    asking.listed("list tools, in one crossing", "tools", 36, "kim", 26)


def swap(asking: Asking) -> None:
    """Change the bundle's files under load."""
    parts = asking.parts
    asking.authorize("an analyst queries, by revision 1", "lee", WAREHOUSE, allow=True)
    with Load(parts) as load:
        start = time.perf_counter()
        shutil.copytree(EXAMPLE / "r2", parts.bundle, dirs_exist_ok=True)
        live(parts, 2)
        seconds = time.perf_counter() - start
    asking.row("change the bundle's files", "operator", "revision 2 is live in each worker", seconds)
    asking.row("  … meanwhile", "kim", f"{load.asked} requests, {load.failed} failed", right=not load.failed)
    asking.authorize("an analyst queries, by revision 2", "lee", WAREHOUSE, allow=False)


def rollback(asking: Asking) -> None:
    """Go back to the revision before, under load."""
    with Load(asking.parts) as load:
        start = time.perf_counter()
        asking.admin("roll the bundle back", "POST", "/generations/rollback")
        live(asking.parts, 1)
        seconds = time.perf_counter() - start
    asking.row("roll the bundle back", "ada", "revision 1 is live in each worker", seconds)
    asking.row("  … meanwhile", "kim", f"{load.asked} requests, {load.failed} failed", right=not load.failed)
    asking.authorize("an analyst queries, by revision 1", "lee", WAREHOUSE, allow=True)


def live(parts: Parts, revision: int) -> None:
    """Wait until a revision is live in each worker."""
    parts.everywhere(lambda client: client.get("/health").json()["revision"] == f"mcp-gateway-{revision}")


def back(asking: Asking) -> None:
    """Take all rollouts back, under load."""
    with Load(asking.parts) as load:
        start = time.perf_counter()
        asking.admin("take all rollouts back", "POST", "/rollout/rollback-all")
        agreed(asking.parts, 0)
        seconds = time.perf_counter() - start
    where = "OPA decides again" if asking.parts.opa else "there is no OPA, so the engine goes on"
    asking.row("take all rollouts back", "ada", f"0 % in each worker: {where}", seconds)
    asking.row("  … meanwhile", "kim", f"{load.asked} requests, {load.failed} failed", right=not load.failed)


def agreed(parts: Parts, percentage: int) -> None:
    """Wait until each worker has a rollout."""
    ada = bearer("ada", parts.secret)
    parts.everywhere(lambda client: client.get("/admin/rollout/status", headers=ada).json()["rust_opa"] == percentage)


def in_process(asking: Asking) -> int:
    """Ask as many users, and return how many of them the flag sent to the engine."""

    def counted() -> float:
        text = asking.ask(NOBODY, "GET", "/metrics")[0].text
        name = 'feature_flag_assignments_total{feature="rust_opa",implementation="rust"}'
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    before = counted()
    with httpx.Client(base_url=asking.parts.gateway.url, timeout=30) as client:
        for n in range(PEOPLE):
            headers = bearer("kim", asking.parts.secret, sub=f"user-{n}")
            client.post(f"{API}/authorize", json=SQL, headers=headers)
    return round(counted() - before)


def look(asking: Asking) -> None:
    """Look at how it is."""
    response, seconds = asking.ask(NOBODY, "GET", "/health/ready")
    checks = ", ".join(name for name, good in response.json()["checks"].items() if good)
    asking.row("is it ready?", NOBODY, f"{response.json()['status']}: {checks}", seconds, right=response.is_success)
    compared, seconds = asking.admin("compare the figures of both paths", "GET", "/metrics/comparison")
    medians = {name: compared[f"{side}_opa"]["p50"] for side, name in NAMES.items()}
    said = ", ".join(f"{name}: {median * 1e3:.2f} ms" for name, median in medians.items() if median)
    asking.row("compare the figures of both paths", "ada", f"median of a decision {said}", seconds)
    trail, seconds = asking.admin("read the trail of changes", "GET", "/audit")
    asking.row("read the trail of changes", "ada", f"{len(trail['events'])} changes", seconds)
    response, seconds = asking.ask(NOBODY, "GET", "/metrics")
    asking.row("read the metrics", NOBODY, f"{len(response.text.splitlines())} lines", seconds)


def addresses(parts: Parts) -> str:
    """Return where to look, and how to ask."""
    url = parts.gateway.url
    ask = 'curl -s -H "Authorization: Bearer $TOKEN"'
    return f"""
Look at       {url}/health   {url}/metrics   {url}/admin/
The bundle    {parts.bundle}   (change a file: it goes live)
Written down  {parts.gateway.folder}/audit.jsonl   {parts.gateway.folder}/gateway.log

TOKEN={mint("kim", parts.secret)}
{ask} {url}{API}/tools
{ask} {url}{API}/authorize --json '{json.dumps(SQL)}'
"""


def main() -> int:
    """Run it all; 1 if an answer is wrong, 2 if a part is missing."""
    parser = argparse.ArgumentParser(description="Run a gateway, ask it everything, and print one table.")
    parser.add_argument("--full", action="store_true", help="with real OPA, real Redis, and four workers")
    parser.add_argument("--serve", action="store_true", help="leave it running afterwards, until Ctrl-C")
    options = parser.parse_args()
    with_what = "OPA, Redis and four workers" if options.full else "nothing else: no OPA, no Redis"
    print(f"== starting the gateway with {with_what}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sark-policy-demo-") as folder:
        try:
            with running(Path(folder), options.full) as parts:
                asking = Asking(parts)
                print("== asking", flush=True)
                for step in (everything, rollout, swap, rollback, back, look):
                    step(asking)
                print(f"\n{asking.table()}\n")
                print("Every answer is right." if asking.sound else "SOMETHING IS WRONG: see the table.")
                if options.serve:
                    print(addresses(parts), flush=True)
                    wait(parts)
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 2
    return 0 if asking.sound else 1


def wait(parts: Parts) -> None:
    """Wait for Ctrl-C, or for the gateway to end."""
    try:
        print("Ctrl-C ends it.", flush=True)
        parts.gateway.process.wait()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
