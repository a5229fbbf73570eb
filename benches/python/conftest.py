"""Every benchmark here is handed on to the report: `recording.py` says how."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "benches"), str(ROOT / "tests/python")]

from recording import pytest_runtest_makereport as pytest_runtest_makereport  # noqa: E402
from recording import record as record  # noqa: E402
