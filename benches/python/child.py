"""What is measured in a process of its own: `python child.py start|rate|memory ARGUMENTS`, one line of JSON out.

Whatever it imports before its clock starts is no part of a start.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def start(policy: str, entrypoint: str, question: str, aot_folder: str) -> dict[str, Any]:
    """From the import to the first decision, in seconds."""
    began = time.perf_counter()
    from sark_policy import PolicyHost

    # The limits as they are, save the time that a busy machine may take for a first decision.
    with PolicyHost.open(policy, aot_folder=aot_folder, deadline=5.0) as host:
        decision = host.decide(entrypoint, json.loads(question))
        took = time.perf_counter() - began
        return {"seconds": took, "result": decision.result}


def rate(kind: str, seconds: str, threads: str) -> dict[str, Any]:
    """Decisions in a second, by so many threads with a shard each. Starts when its input ends."""
    from concurrent.futures import ThreadPoolExecutor

    from cases import example, question

    case = example()
    asked = [question(number) for number in range(64)]
    with case.open(shards=int(threads), cache_entries=0 if kind == "miss" else 10_000) as host:
        for each in asked:
            host.decide(case.entrypoint, each)

        def decide(until: float) -> int:
            done = wrong = 0
            while time.perf_counter() < until:
                for each in asked:
                    decision = host.decide(case.entrypoint, each)
                    wrong += decision.cached is not (kind == "hit") or decision.result != case.answer
                done += len(asked)
            return -1 if wrong else done

        print("ready", flush=True)
        sys.stdin.read()
        began = time.perf_counter()
        with ThreadPoolExecutor(int(threads)) as pool:
            counts = list(pool.map(decide, [began + float(seconds)] * int(threads)))
        took = time.perf_counter() - began
    return {"rate": sum(counts) / took, "right": min(counts) > 0}


def memory(policy: str, entrypoint: str, question: str) -> dict[str, Any]:
    """Resident memory once a bundle decides, in MiB: now, and at most so far."""
    from cases import MIB, ROOMY
    from sark_policy import PolicyHost

    with PolicyHost.open(policy, ROOMY) as host:
        result: Any = None
        for _ in range(1_000):
            result = host.decide(entrypoint, json.loads(question)).result
        with open("/proc/self/status", encoding="ascii") as status:
            said = dict(line.split(":", 1) for line in status)
    now, most = (int(said[name].split()[0]) * 1024 / MIB for name in ("VmRSS", "VmHWM"))
    return {"now": now, "most": most, "result": result}


WORK: dict[str, Callable[..., dict[str, Any]]] = {"start": start, "rate": rate, "memory": memory}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])), flush=True)
