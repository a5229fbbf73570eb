"""What the figures depend on: machine, versions, commit. The machine's name is nobody's business."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = (
    *("wasmtime", "orjson", "pydantic", "fastapi", "httpx", "redis", "hiredis", "valkey", "libvalkey"),
    *("cachetools", "cedarpy", "regopy", "locust", "pytest-benchmark"),
)


def machine() -> dict[str, str]:
    """Describe the machine."""
    cpu = _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()
    kib = _field(Path("/proc/meminfo"), "MemTotal").split()
    memory = f"{int(kib[0]) / (1 << 20):.0f} GiB" if kib else "unknown"
    # The kernel's number, without what its builder added.
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    return {"CPU": cpu, "cores": str(len(os.sched_getaffinity(0))), "memory": memory, "kernel": kernel}


def versions() -> dict[str, str]:
    """Return the version of whatever was measured, where it is there."""
    found = {
        "rustc": _said(["rustc", "--version"], r"rustc (\S+)"),
        "wasmtime (Rust)": _locked("wasmtime"),
        "Python": platform.python_version(),
        **{f"{package} (Python)": _installed(package) for package in PACKAGES},
        "OPA": _said([_opa(), "version"], r"Version: (\S+)"),
        "Redis": _said(["redis-server", "--version"], r"v=(\S+)"),
        "Valkey": _said(["valkey-server", "--version"], r"v=(\S+)"),
    }
    return {name: said or "not there" for name, said in found.items()}


def commit() -> str:
    """Return the commit that was measured, and whether it was changed."""
    hashed = _said(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"], r"(\w+)")
    # The report writes into `docs`, and measures nothing of it.
    changes = _said(["git", "-C", str(ROOT), "status", "--porcelain", "-uno", "--", ".", ":!docs"], r"(.+)")
    return f"{hashed or 'unknown'}{' with changes' if changes else ''}"


def _field(file: Path, name: str) -> str:
    """Return a field of a file of `name: value` lines, or nothing."""
    if not file.exists():
        return ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", file.read_text("utf-8", "replace"), re.MULTILINE)
    return found.group(1).strip() if found else ""


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _locked(crate: str) -> str:
    text = (ROOT / "Cargo.lock").read_text("utf-8")
    found = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', text)
    return found.group(1) if found else ""


def _opa() -> str:
    built = ROOT / "target/opa/bin/opa"
    return os.environ.get("OPA") or shutil.which("opa") or str(built)


def _said(command: list[str], pattern: str) -> str:
    """Return what a program says of itself, or nothing."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout)
    return found.group(1) if found else ""
