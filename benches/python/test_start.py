"""From `import sark_policy` to the first decision, in a process of its own: on a new machine, and from then on."""

import json
from pathlib import Path

from cases import example
from processes import answer_of
from recording import Record

STARTS = 7


def start(policy: Path, aot_folder: Path) -> float:
    """Start once, and return the seconds it took."""
    case = example()
    said = answer_of("start", str(policy), case.entrypoint, json.dumps(case.input), str(aot_folder))
    assert said["result"] == case.answer
    return float(said["seconds"])


def test_start(record: Record, tmp_path: Path) -> None:
    """start/py-first: the component is compiled; start/py-later loads what was."""
    policy, compiled = tmp_path / "policy", tmp_path / "compiled"
    policy.mkdir()
    example().write(policy)
    record.value(start(policy, compiled), "s")
    later = sorted(start(policy, compiled) * 1e3 for _ in range(STARTS))
    record.value(later[STARTS // 2], "ms", case="start/py-later")
