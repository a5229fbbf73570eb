"""The compiled component on disk.

Compiling takes seconds, loading what was compiled a millisecond or two. What is loaded runs as native
code, so the folder and its files are made for their owner alone, and are not used otherwise.

Compiling happens in a process of its own: it uses several threads, and a server that once ran such
threads may hang when it forks its workers.
"""

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sark_policy import _compile

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Component

PATIENCE = 120.0
"""How long to wait for a compiler, ours or another worker's, in seconds."""

# Isolated: neither the working directory nor the environment adds to what this imports.
_SCRIPT = "import sys; sys.path += sys.argv[1:3]; from sark_policy._compile import main; main(*sys.argv[3:])"


def load(engine: "wasmtime.Engine", version: str, wasm: Path, folder: Path | None) -> "Component":
    """Load the component from `folder`, or compile it and leave it there for the next start."""
    from wasmtime.component import Component

    digest = digest_of(wasm)
    if folder is None or not _private_folder(folder):
        compiled = _in_a_process(wasm, digest, "")
        return Component.deserialize(engine, compiled) if compiled else _here(engine, wasm)
    file = folder / file_name(version, digest)
    component = _load(engine, file)
    if component is None:
        with _alone(file):
            # Another worker may have compiled it meanwhile.
            component = _load(engine, file)
            if component is None:
                _in_a_process(wasm, digest, str(file))
                component = _load(engine, file)
    return component or _here(engine, wasm)


def file_name(version: str, digest: str) -> str:
    """Return a name that differs wherever engine, flags, machine or component do."""
    import platform

    machine = f"{sys.platform}-{platform.machine().lower()}"
    return f"component-{digest[:32]}-wasmtime-{version}-{machine}-{_compile.FLAGS}.cwasm"


def digest_of(wasm: Path) -> str:
    """Return a component's SHA-256. The wheel has it beside the component, since reading 8 MB takes time."""
    noted = wasm.with_suffix(".sha256")
    with suppress(OSError, ValueError):
        digest, size = noted.read_text("ascii").split()
        if int(size) == wasm.stat().st_size:
            return digest
    import hashlib

    with open(wasm, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_private(path: Path) -> bool:
    """Whether a file or folder belongs to this user, is no link, and nobody else can write to it."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return False
    if sys.platform == "win32":
        return True
    return found.st_uid == os.geteuid() and found.st_mode & 0o022 == 0


def _private_folder(folder: Path) -> bool:
    """Make the folder if need be; whether it may be used."""
    if not folder.is_dir():
        with suppress(OSError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
    return is_private(folder) and os.access(folder, os.R_OK | os.X_OK)


def _load(engine: "wasmtime.Engine", file: Path) -> "Component | None":
    from wasmtime import WasmtimeError
    from wasmtime.component import Component

    if not is_private(file):
        return None
    try:
        return Component.deserialize_file(engine, str(file))
    except WasmtimeError:
        return None


def _in_a_process(wasm: Path, digest: str, target: str) -> bytes:
    """Compile in another process, to the file `target`, or to what this returns. Whether it worked shows there."""
    import subprocess  # takes longer to import than a start should

    import wasmtime

    if not sys.executable or getattr(sys, "frozen", False):
        return b""
    places = [str(Path(module).parents[1]) for module in (__file__, wasmtime.__file__)]
    command = [sys.executable, "-I", "-c", _SCRIPT, *places, str(wasm), digest, target]
    with suppress(OSError, subprocess.SubprocessError):
        # Not the return code: a server that waits for all its children may have taken it.
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        return done.stdout if not done.returncode else b""
    return b""


def _here(engine: "wasmtime.Engine", wasm: Path) -> "Component":
    """Compile in this process, on this thread alone."""
    from wasmtime.component import Component

    return Component.from_file(engine, wasm)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let one worker compile while the others wait. Whoever waits too long goes ahead: it is safe, only slow."""
    try:
        import fcntl

        handle = os.open(file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (ImportError, OSError):
        yield
        return
    until = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < until:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)
