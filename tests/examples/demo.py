"""`just compare`: both hosts decide the example, swap its bundles under load, and roll back. One table.

Everything here is real: the Rust half is `host/examples/mcp_gateway.rs`, the answers to compare with were
made by OPA (`expected-*.jsonl`).
"""

import itertools
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sark_policy import PolicyHost, Undecided

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE / "mcp-gateway"
RUST = HERE.parents[1] / "target/release/examples/mcp_gateway"

Case = dict[str, Any]


def main() -> int:
    """Run both halves, compare them, print the table; 1 if anything disagrees."""
    cases = [json.loads(line) for line in (EXAMPLE / "inputs.jsonl").read_text("utf-8").split("\n") if line]
    say(f"deciding {len(cases)} inputs by both revisions in the Rust host")
    ran = subprocess.run([RUST, EXAMPLE], check=True, capture_output=True, text=True)
    rust = json.loads(ran.stdout)
    say("… and in the Python host")
    python = measure(cases)

    opa = {revision(folder): expected(folder) for folder in ("r1", "r2")}
    agree = sum(same(rust, python, opa, name, case["name"]) for name in opa for case in cases)
    first, second = (parsed(python["answers"][name]) for name in opa)
    changed = [name for name in first if first[name] != second[name]]
    print_table(rust, python, agree, len(cases) * len(opa))
    print_changes(changed, first, second)
    sound = agree == len(cases) * len(opa) and not any(
        half[what] for half in (rust, python) for what in ("errors", "mixed")
    )
    print(f"\n{'All of it agrees.' if sound else 'SOMETHING DISAGREES: see the table.'}")
    return 0 if sound else 1


def measure(cases: list[Case]) -> dict[str, Any]:
    """Do in Python what the Rust half does."""
    answers = {}
    for folder in ("r1", "r2"):
        with PolicyHost.open(EXAMPLE / folder) as host:
            answers[host.describe().revision] = decide_all(host, cases)
    report: dict[str, Any] = {"answers": answers}
    with PolicyHost.open(EXAMPLE / "r1", cache_entries=0) as host:
        report["miss_us"] = median_us(host, cases)
    with PolicyHost.open(EXAMPLE / "r1") as host:
        report["hit_us"] = median_us(host, cases)
        report.update(swap_under_load(host, cases, {name: parsed(by) for name, by in answers.items()}))
    return report


def decide(host: PolicyHost, case: Case) -> str:
    """Return the answer to a case as JSON, or why there is none."""
    try:
        return host.decide_json(case["entrypoint"], json.dumps(case["input"]))
    except Undecided as error:
        return f"undecided: {error}"


def decide_all(host: PolicyHost, cases: list[Case]) -> dict[str, str]:
    """Return the answers to all cases by name."""
    return {case["name"]: decide(host, case) for case in cases}


def median_us(host: PolicyHost, cases: list[Case]) -> float:
    """Return the median time of a decision, dict in and value out, in microseconds, each decided once before."""
    times = []
    for counted in (False, True):
        for case in cases:
            start = time.perf_counter()
            try:
                host.decide(case["entrypoint"], case["input"])
            except Undecided:
                continue
            if counted:
                times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def swap_under_load(host: PolicyHost, cases: list[Case], answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Activate the second revision and roll back while four threads decide."""
    done = threading.Event()
    counts = {"decisions": 0, "errors": 0, "mixed": 0}
    lock = threading.Lock()

    def load() -> None:
        mine = dict.fromkeys(counts, 0)
        for case in itertools.cycle(cases):
            if done.is_set():
                break
            mine["decisions"] += 1
            try:
                decision = host.decide(case["entrypoint"], case["input"])
            except Undecided:
                mine["errors"] += 1
                continue
            answer = {"result": decision.result} if decision.defined else {}
            mine["mixed"] += answers[decision.revision][case["name"]] != answer
        with lock:
            for what, count in mine.items():
                counts[what] += count

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    activate = timed(lambda: host.activate(EXAMPLE / "r2"))
    time.sleep(0.3)
    rollback = timed(host.rollback)
    time.sleep(0.3)
    done.set()
    for thread in threads:
        thread.join()
    return {**counts, "activate_ms": activate * 1e3, "rollback_us": rollback * 1e6}


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def revision(folder: str) -> str:
    """Return the revision that a bundle's manifest names."""
    manifest = json.loads((EXAMPLE / folder / ".manifest").read_text("utf-8"))
    return str(manifest["revision"])


def expected(folder: str) -> dict[str, Any]:
    """Return OPA's answers to all inputs by name."""
    lines = (EXAMPLE / f"expected-{folder}.jsonl").read_text("utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    return {row["name"]: {"result": row["result"]} if "result" in row else {} for row in rows}


def parsed(answers: dict[str, str]) -> dict[str, Any]:
    """Return answers as values; what is undecided stays text."""
    return {name: text if text.startswith("undecided") else json.loads(text) for name, text in answers.items()}


def same(rust: dict[str, Any], python: dict[str, Any], opa: dict[str, Any], revision: str, name: str) -> bool:
    """Return whether both hosts and OPA agree on an input."""
    texts = [half["answers"][revision][name] for half in (rust, python)]
    return texts[0] == texts[1] and not texts[0].startswith("undecided") and json.loads(texts[0]) == opa[revision][name]


def print_table(rust: dict[str, Any], python: dict[str, Any], agree: int, of: int) -> None:
    """Print what both halves measured."""
    rows = [
        ("cached decision, median µs", "hit_us", ".2f"),
        ("evaluated decision, median µs", "miss_us", ".1f"),
        ("activation under load, ms", "activate_ms", ".1f"),
        ("rollback under load, µs", "rollback_us", ".1f"),
        ("decisions during the swaps", "decisions", ",d"),
        ("… of them failed", "errors", ",d"),
        ("… of them by another revision than named", "mixed", ",d"),
    ]
    print(f"\n{'':44}{'Rust':>14}{'Python':>14}")
    for title, key, form in rows:
        print(f"{title:44}{rust[key]:>14{form}}{python[key]:>14{form}}")
    print(f"{'answers on which Rust, Python and OPA agree':44}{f'{agree} of {of}':>28}")


def print_changes(changed: list[str], first: dict[str, Any], second: dict[str, Any]) -> None:
    """Print which decisions the second revision changed."""
    print(f"\nRevision 2 changes {len(changed)} decisions and rollback takes them back; the first of them:")
    for name in changed[:8]:
        print(f"  {name[:60]:60}  {brief(first[name])} -> {brief(second[name])}")


def brief(answer: Any) -> str:
    """Return what matters of an answer in a few words."""
    result = answer.get("result", "undefined") if isinstance(answer, dict) else answer
    if isinstance(result, dict) and "allow" in result:
        allow = "allow" if result["allow"] else "deny"
        return f"{allow} ({str(result.get('audit_reason', result.get('reason', '')))[:40]})"
    return str(result)[:40]


def say(text: str) -> None:
    """Show progress."""
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
