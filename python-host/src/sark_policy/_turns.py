"""Work that the processes of a machine do one after the other, where they can."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STEP = 0.005
"""How often it is looked whose turn it is, in seconds."""


@contextmanager
def turn(file: Path, patience: float) -> Iterator[None]:
    """Wait for the turn that a lock on `file` stands for; after `patience` seconds go ahead without.

    Where there can be no such file there are no turns.
    """
    try:
        import fcntl

        handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (ImportError, OSError):
        yield
        return
    until = time.monotonic() + patience
    try:
        while time.monotonic() < until:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_STEP)
        yield
    finally:
        os.close(handle)
