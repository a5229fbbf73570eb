"""Packages that we are compared with; the extra `bench` has them."""

from typing import Any

import pytest


def peer(module: str) -> Any:
    """Import a peer. Where it is not installed, the test is skipped."""
    return pytest.importorskip(module, reason=f"`{module}` is not installed; `pip install 'python-host[bench]'`")
