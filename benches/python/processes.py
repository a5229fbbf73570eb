"""How `child.py` is run."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("child.py")
PATIENCE = 120


def answer_of(*arguments: str) -> Any:
    """Run one child, and return what it says."""
    command = [sys.executable, str(CHILD), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def answers_of_all(number: int, *arguments: str) -> Sequence[Any]:
    """Run several children that start together once all of them are ready, and return what they say."""
    command = [sys.executable, str(CHILD), *arguments]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(number)]
    try:
        for child in children:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.close()
            child.stdin = None
        return [json.loads(child.communicate(timeout=PATIENCE)[0]) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
