"""Resident memory of a process that decides by the data of many users: Python with our host, and an OPA server.

Whole processes, the interpreter and its libraries included.
"""

import json
from pathlib import Path

import pytest

from cases import MIB, users
from over_http import serve
from processes import answer_of
from recording import Record

NUMBERS = [1_000, 100_000]


@pytest.mark.parametrize("number", NUMBERS)
def test_ours(record: Record, tmp_path: Path, number: int) -> None:
    """memory/py-users-*: a Python process with one instance; memory/py-peak-users-* at most, while activating."""
    case = users(number)
    said = answer_of("memory", str(case.write(tmp_path)), case.entrypoint, json.dumps(case.input))
    assert said["result"] == case.answer
    record.value(said["now"], "MiB")
    record.value(said["most"], "MiB", case=f"memory/py-peak-users-{number}")


@pytest.mark.parametrize("number", NUMBERS)
def test_opa(record: Record, number: int) -> None:
    """memory/opa-server-users-*: an OPA server with the same bundle, asked a thousand times."""
    case = users(number)
    with serve(case) as server, server.client() as client:
        for _ in range(1_000):
            assert server.answer == server.ask(client)
        status = Path(f"/proc/{server.opa.pid}/status").read_text("ascii")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    record.value(int(resident.split()[1]) * 1024 / MIB, "MiB")
