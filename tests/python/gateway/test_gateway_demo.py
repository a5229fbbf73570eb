"""The demo: `just demo` and its relatives do what they say, and end what they started."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from real_gateway import EXAMPLES, environment
from real_opa import find

DEMO = EXAMPLES / "gateway_demo.py"


def run(folder: Path, *options: str) -> str:
    """Run the demo with a folder for what it keeps meanwhile, and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(DEMO), *options],
        env=environment(TMPDIR=folder),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert [] == list(folder.iterdir())
    return done.stdout


def test_demo(tmp_path: Path) -> None:
    """With nothing else at all: every answer is right."""
    printed = run(tmp_path)
    assert printed.endswith("Every answer is right.\n")
    assert "revision 2 is live in each worker" in printed


@pytest.mark.slow
def test_demo_in_full(tmp_path: Path) -> None:
    """With OPA, Redis and four workers: every answer is right, whichever path and worker gives it."""
    if find() is None or not (shutil.which("redis-server") or shutil.which("valkey-server")):
        assert not os.environ.get("CI"), "OPA and Redis must be here"
        pytest.skip("no OPA, or no Redis")
    printed = run(tmp_path, "--full")
    assert printed.endswith("Every answer is right.\n")
    assert "of 200 users 200 go in-process" in printed


def test_demo_left_running(tmp_path: Path) -> None:
    """It prints how to ask, serves until Ctrl-C, and leaves nothing behind."""
    with subprocess.Popen(
        [sys.executable, str(DEMO), "--serve"],
        env=environment(TMPDIR=tmp_path),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Ctrl-C"):
                break
        asked = next(line for line in printed.splitlines() if line.startswith("curl") and line.endswith("/tools"))
        token = next(line for line in printed.splitlines() if line.startswith("TOKEN="))
        answer = subprocess.run(["bash", "-c", f"{token}\n{asked}"], capture_output=True, text=True, check=True)
        assert '"tool_name":"run_sql"' in answer.stdout
        os.killpg(process.pid, signal.SIGINT)
        assert 0 == process.wait(30)
    assert [] == list(tmp_path.iterdir())
