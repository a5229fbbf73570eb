"""What a scrape of our metrics shows, in this process and in others that count together."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from sark_policy.sark import metrics

COUNT = """
import sys
from sark_policy.sark import metrics
from sark_policy.sark.metrics import tally
from sark_policy.sark.answer import Failure
for _ in range(int(sys.argv[1])):
    metrics.evaluated("rust", "tool:invoke", "high", True, "miss", 0.0004)
    metrics.evaluation_failed("python", Failure.TIMEOUT)
metrics.circuit("python", "open")
metrics.rollout("rust_opa", int(sys.argv[2]))
"""

SHOW = """
from sark_policy.sark import metrics
from sark_policy.sark.metrics import tally
print(metrics.exposition()[0].decode())
"""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Read an exposition, as Prometheus does."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def now() -> Samples:
    """Read what is exposed now."""
    return samples(metrics.exposition()[0].decode())


def at(found: Samples, name: str, **labels: str) -> float:
    """Return a figure, 0 if there is none."""
    return found.get((name, frozenset(labels.items())), 0.0)


class Grown:
    """What has grown since."""

    def __init__(self) -> None:
        self.before = now()

    def by(self, name: str, **labels: str) -> float:
        """Return by how much."""
        return at(now(), name, **labels) - at(self.before, name, **labels)


def alone(**variables: str) -> dict[str, str]:
    """Return the environment of a process that counts by itself, or in the folder that it is told."""
    kept = {name: value for name, value in os.environ.items() if name.lower() != "prometheus_multiproc_dir"}
    return {**kept, **variables}


def started(folder: Path, script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a worker that counts in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=alone(PROMETHEUS_MULTIPROC_DIR=str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    """Return what a worker printed until it ended."""
    out, _ = process.communicate(timeout=60)
    assert 0 == process.returncode
    return out
