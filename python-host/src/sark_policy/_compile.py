"""Compiling the component, in a process of its own: see `_aot`. Here are the engine's flags, all of them."""

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wasmtime

FLAGS = "epochs-alone"
"""Names those flags of `config` that change the compiled code."""

STACK = (1 << 20) if sys.platform != "win32" else (512 << 10)
"""Most native stack of a call, in bytes: well below what Python gives a thread."""


def config(*, parallel: bool) -> "wasmtime.Config":
    """Return the engine's configuration. `parallel` is for a process that never forks."""
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    config.max_wasm_stack = STACK
    config.parallel_compilation = parallel
    _call_one_at_a_time(config)
    if sys.platform == "darwin":
        # Mach ports do not survive a fork.
        config.macos_use_mach_ports = False
    return config


def _call_one_at_a_time(config: "wasmtime.Config") -> None:
    """Go without calls that run beside one another in an instance: their bookkeeping is a third of a short call.

    The package has no property for it. A release without the switch keeps the books, which is slower and no worse.
    """
    from wasmtime import _ffi as ffi

    switch: Any = getattr(ffi, "wasmtime_config_concurrency_support_set", None)
    if switch is not None:
        switch(config.ptr(), False)


def compile_file(path: str, digest: str) -> bytes:
    """Compile the component at `path`, whose SHA-256 must be `digest`."""
    import hashlib

    import wasmtime
    from wasmtime.component import Component

    with open(path, "rb") as file:
        wasm = file.read()
    if hashlib.sha256(wasm).hexdigest() != digest:
        raise ValueError(f"`{path}` is not the component that its digest names; install the package again")
    return bytes(Component(wasmtime.Engine(config(parallel=True)), wasm).serialize())


def store(compiled: bytes, target: str) -> None:
    """Write a file that appears complete or not at all, readable by its owner alone."""
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".component-")
    try:
        with open(handle, "wb") as file:
            file.write(compiled)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def main(path: str, digest: str, target: str) -> None:
    """Compile to the file `target`, or to standard output where it is empty."""
    compiled = compile_file(path, digest)
    if target:
        store(compiled, target)
    else:
        sys.stdout.buffer.write(compiled)
        sys.stdout.buffer.flush()
