"""Where the sandbox cannot run, the package says so and still imports."""

from collections.abc import Callable
from pathlib import Path

import pytest

import sark_policy

ASK = """
import sys
import sark_policy
assert "wasmtime" not in sys.modules, "importing the package imports wasmtime"
print(sark_policy.AVAILABLE, sark_policy.UNAVAILABLE_REASON)
try:
    sark_policy.PolicyHost.open(sark_policy.Bundle.of_files({"p.rego": "package p"}))
except sark_policy.SandboxUnavailable as error:
    print(error.reason == sark_policy.UNAVAILABLE_REASON)
"""


def test_available_here() -> None:
    """Here it can run, and there is no reason why not."""
    assert (sark_policy.AVAILABLE, sark_policy.UNAVAILABLE_REASON) == (True, None)


@pytest.mark.parametrize(
    "script",
    [
        "print(sark_policy.AVAILABLE)",
        "host = sark_policy.PolicyHost.open(bundle()); print(host.decide('p/ok', {}).defined)",
        "cache = sark_policy.Cache.open(); print(cache.length() == 0)",
        "host = sark_policy.PolicyHost.open(bundle()); host.close(); print(True)",
        "host = sark_policy.PolicyHost.open(bundle()); watch = host.watch('.'); print(True)",
    ],
)
def test_the_end_is_quiet(run: Callable[..., str], script: str) -> None:
    """A process that ends with everything open writes nothing to standard error, which `run` checks."""
    assert "True" == run(f"import sark_policy\nfrom conftest import bundle\n{script}")


def test_no_other_attribute_is_made_up() -> None:
    """An unknown name is an `AttributeError`."""
    with pytest.raises(AttributeError, match="AVIALABLE"):
        sark_policy.AVIALABLE  # noqa: B018


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ImportError('No module named wasmtime')", "No module named wasmtime"),
        ("raise RuntimeError('unsupported architecture for wasmtime: mips')", "unsupported architecture"),
        ("raise OSError('libwasmtime.so: cannot open')", "cannot open"),
    ],
)
def test_wasmtime_is_missing_or_broken(run: Callable[..., str], tmp_path: Path, body: str, reason: str) -> None:
    """The reason is what the import says, and what to install."""
    (tmp_path / "wasmtime.py").write_text(body)
    told, same = run(ASK, PYTHONPATH=str(tmp_path)).splitlines()
    assert told.startswith("False wasmtime cannot be loaded: ")
    assert reason in told
    assert told.endswith("install `wasmtime>=48,<51`")
    assert "True" == same


@pytest.mark.parametrize("version", ["47.0.0", "51.0.0"])
def test_another_release_of_wasmtime(run: Callable[..., str], tmp_path: Path, version: str) -> None:
    """A release that was not tested is not used."""
    (tmp_path / "wasmtime/component").mkdir(parents=True)
    (tmp_path / "wasmtime/__init__.py").touch()
    (tmp_path / "wasmtime/component/__init__.py").touch()
    (tmp_path / f"wasmtime-{version}.dist-info").mkdir()
    told, same = run(ASK, PYTHONPATH=str(tmp_path)).splitlines()
    assert f"False wasmtime {version} is installed; install `wasmtime>=48,<51`" == told
    assert "True" == same


def test_no_component(run: Callable[..., str]) -> None:
    """Without the component the reason says how to get it."""
    script = "from sark_policy import _sandbox; _sandbox.find_component = lambda: None\n" + ASK.replace(
        'assert "wasmtime" not in sys.modules', "assert True"
    )
    told, same = run(script).splitlines()
    assert "just guest" in told
    assert "True" == same
