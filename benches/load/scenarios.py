"""The scenarios: what is done to a gateway, and what is measured meanwhile."""

import csv
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from load import processes, soak
from load.bench import Bench, await_that
from load.figures import Figures
from load.generator import Connection, Generator, worker_of
from load.questions import Outcome
from load.soak import Sample
from load.stack import PATHS, REVISIONS, WORKERS, Stack
from load.truth import Truth

NEW = {"cold": 1, "http-new": 1}
"""Paths that are only asked what nobody has asked before."""
SHARE = 0.4
"""The load, as a share of what a gateway can do, under which swaps and the soak are done."""
STEPS = (16, 64, 256, 1024, 2048)
"""Connections of the ramp."""
BROKEN = 2_000
"""A p99 beyond which a gateway counts as broken, in milliseconds."""
SAMPLED = 5.0
"""How often a soak is looked at, in seconds."""


def sustained(bench: Bench) -> None:
    """As much as there are answers to, on each path: throughput, time, processor, memory."""
    rounds, seconds = (1, 5.0) if bench.quick else (3, 15.0)
    for number in range(rounds):
        for path in (*PATHS, "http-new"):
            with bench.running(path.removesuffix("-new")) as running:
                with bench.generator(running, path, new_each=NEW.get(path, 0)) as generator:
                    generator.run(4)  # each worker has seen each question
                    before = processes.seconds(running.workers)
                    figures = bench.count(generator.run(seconds))
                    spent = processes.seconds(running.workers) - before
                bench.say(f"{path}, round {number + 1}: {figures.told()}")
                bench.results.add(f"load/{path}-rps", figures.rps, "req/s")
                bench.results.add(f"load/{path}-p95", figures.ms(0.95), "ms")
                bench.results.add(f"load/{path}-cpu", 1e6 * spent / max(figures.count, 1), "us")
                _memory(bench, path, running)


def _memory(bench: Bench, path: str, running: Stack) -> None:
    """Measure what is in memory: PSS, so that what several processes share counts once."""
    gateway = processes.pss(processes.family(running.gateway.process.pid))
    if path == "warm":
        bench.results.add("load/gateway-memory", gateway / processes.MIB, "MiB")
    elif path == "http" and running.opa is not None and running.redis is not None:
        beside = processes.pss([running.opa.pid, running.redis.pid])
        bench.results.add("load/peers-memory", (gateway + beside) / processes.MIB, "MiB")


def ramp(bench: Bench) -> None:
    """More and more connections, until it breaks. It must break by denying, never by a wrong answer."""
    for path in ("warm", "http"):
        held, broke = 0, False
        with bench.running(path) as running:
            for connections in STEPS[:4] if bench.quick else STEPS:
                with bench.generator(running, path, connections=connections, balanced=False) as generator:
                    figures = generator.run(3 if bench.quick else 8)
                bench.note(figures)
                bench.say(f"{path}, {connections} connections: {figures.told()}")
                bench.outcomes[Outcome.WRONG] += figures.outcomes[Outcome.WRONG]
                broke = figures.success < 99.9 or figures.ms(0.99) > BROKEN
                if broke:
                    break
                held = connections
        bench.say(f"{path} held {held} connections{', and broke at the next step' if broke else ''}")
        bench.results.add(f"load/{path}-held", held, "connections")


def swaps(bench: Bench) -> None:
    """Bundles go live one after the other, then the rollout moves, under a steady load."""
    many, seconds = (10, 5.0) if bench.quick else (50, 20.0)
    with bench.running("warm", opa=True) as running:
        with bench.generator(running, "warm") as generator:
            generator.run(4)
            rate = SHARE * generator.run(4).rps
        truth = Truth(REVISIONS["r1"])
        with bench.generator(running, "warm", truth, rate=rate) as generator, _Load(generator) as load:
            steady = load.stretch(lambda: time.sleep(seconds))
            swapped = load.stretch(lambda: _activate(running, truth, many))
            rolled = load.stretch(lambda: _roll(running))
        figures = bench.count(load.figures)
    bench.say(f"{rate:,.0f} req/s with {many} activations and 3 changes of the rollout: {figures.told()}")
    bench.results.add("load/steady-p99", figures.ms(0.99, *steady), "ms")
    bench.results.add("load/swap-p99", figures.ms(0.99, *swapped), "ms")
    bench.results.add("load/rollout-p99", figures.ms(0.99, *rolled), "ms")


class _Load:
    """A generator that runs beside, on a thread of its own."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._thread = threading.Thread(target=lambda: generator.run(3600 * 24))
        self.figures = Figures()

    def __enter__(self) -> "_Load":
        self._thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._generator.stop()
        self._thread.join()
        self.figures = self._generator.figures

    def stretch(self, work: Callable[[], None]) -> tuple[float, float]:
        """Do something, and return when that was."""
        began = time.perf_counter()
        work()
        return began, time.perf_counter()


def _activate(running: Stack, truth: Truth, many: int) -> None:
    """Activate two bundles in turn, each once every worker has the one before."""
    host = "{}:{}".format(*running.address)
    request = f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    watched: dict[int, Connection] = {}
    while len(watched) < WORKERS:
        connection = Connection(running.address, 10)
        watched.setdefault(worker_of(connection, host), connection)
    with running.client() as client:
        for number in range(many):
            source = ("r2", "r1")[number % 2]
            revision = REVISIONS[source]
            truth.changing(revision)
            client.post("/admin/generations/activate", json={"source": source}).raise_for_status()

            def live(revision: str = revision) -> bool:
                told = (orjson.loads(connection.ask(request)[1])["revision"] for connection in watched.values())
                return all(each is not None and each.startswith(revision) for each in told)

            await_that(live, 30, f"going over to `{revision}`")
            truth.changed(revision)
    for connection in watched.values():
        connection.socket.close()


def _roll(running: Stack) -> None:
    """Move the rollout: all users to OPA, half of them back, all of them back."""
    with running.client() as client:
        for percentage in (0, 50, 100):
            change = {"feature": "rust_opa", "percentage": percentage}
            client.post("/admin/rollout/set", json=change).raise_for_status()
            time.sleep(3)


def locust(bench: Bench) -> None:
    """People with pauses of their own, by Locust: right answers, and how long they wait."""
    seconds = 8 if bench.quick else 30
    with bench.running("warm") as running:
        prefix = bench.folder / "locust"
        command = [
            *(sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))),
            *("--headless", "--only-summary", "--users", "20", "--spawn-rate", "20", "--run-time", f"{seconds}s"),
            *("--host", running.gateway.url, "--csv", str(prefix), "--exit-code-on-error", "0"),
        ]
        environment = running.environment(LOAD_QUESTIONS=bench.questions_file)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"locust failed: {done.stderr[-2000:]}")
    with prefix.with_name("locust_stats.csv").open(encoding="utf-8") as file:
        total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    asked, failed = int(total["Request Count"]), int(total["Failure Count"])
    with prefix.with_name("locust_failures.csv").open(encoding="utf-8") as file:
        wrong = sum(int(row["Occurrences"]) for row in csv.DictReader(file) if "wrong" in row["Error"])
    bench.outcomes[Outcome.RIGHT] += asked - failed
    bench.outcomes[Outcome.WRONG] += wrong
    bench.outcomes[Outcome.DENIED] += failed - wrong
    bench.say(f"locust: {float(total['Requests/s']):,.0f} req/s, p95 {total['95%']} ms, {failed} of {asked} failed")
    bench.results.add("load/locust-p95", float(total["95%"]), "ms")


def soaked(bench: Bench, minutes: float) -> None:
    """A steady load for long: memory and file descriptors must not grow."""
    # Small caches, so that they are full by the end of the warm-up.
    small: dict[str, object] = {"SARK_POLICY_CACHE_ENTRIES": 500, "SARK_POLICY_ENGINE_CACHE_ENTRIES": 200}
    with bench.running("warm", opa=False, **small) as running:
        with bench.generator(running, "warm", new_each=4) as generator:
            generator.run(2)
            rate = SHARE * generator.run(4).rps
        workers = running.workers
        samples: list[Sample] = []
        with bench.generator(running, "warm", rate=rate, new_each=4) as generator, _Load(generator) as load:
            began = time.monotonic()
            while (at := time.monotonic() - began) < 60 * minutes:
                samples.append(Sample.take(at, workers))
                if len(samples) % 12 == 0:
                    resident = sum(samples[-1].memory) / processes.MIB
                    bench.say(f"soak, minute {at / 60:.0f} of {minutes:g}: {resident:.1f} MiB resident")
                time.sleep(min(SAMPLED, max(0.0, 60 * minutes - at)))
            samples.append(Sample.take(time.monotonic() - began, workers))
            same = workers == running.workers
        figures = bench.count(load.figures)
    soak.save(samples, bench.out / "soak.csv")
    (bench.out / "soak.svg").write_text(soak.plot(samples), encoding="utf-8")
    bench.say(f"soak of {minutes:g} minutes at {rate:,.0f} req/s: {figures.told()}")
    if not same:
        raise RuntimeError("a worker ended during the soak; its log says why")
    bench.results.add("load/soak-growth", soak.growth(samples), "%")
    bench.results.add("load/soak-fds", soak.leaked(samples), "fds")
