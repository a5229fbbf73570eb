"""The audit file: what was decided and what gateways report, a JSON line each.

Unlike the log it may hold reasons and the metadata that callers report, so only its owner can read it. The
parameters of a request and tokens never come here.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson

# Seeded by the system, in a forked child too: ids are to differ, not to be secret. The system's own randomness costs
# a request a call into it for each id.
_random = Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)


class AuditFailed(Exception):
    """An event could not be written down."""


class AuditFile:
    """Appends to a file that all workers share."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make it if there is none.

        Raises:
            AuditFailed: It cannot be opened.
        """
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AuditFailed(f"the audit file `{path}` cannot be opened: {error.strerror}") from error

    def write(self, kind: str, **fields: Any) -> str:
        """Append an event and return its id: `audit_id` of the fields, or a new one.

        Raises:
            AuditFailed: It could not be written.
        """
        audit_id = fields.pop("audit_id", None) or new_id()
        event = {"at": datetime.now(UTC).isoformat(), "kind": kind, "audit_id": audit_id, **fields}
        try:
            line = _line(event)
            # One call, one line: the system appends it in one piece, whatever other workers do.
            if os.write(self._file, line) != len(line):
                raise AuditFailed("the audit file is full")
        except (OSError, ValueError) as error:
            raise AuditFailed(f"the audit file cannot be written: {error}") from error
        return audit_id

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        file, self._file = self._file, -1
        if file != -1:
            os.close(file)


def new_id() -> str:
    """Return a new id: a random UUID, version 4."""
    bits = _random.getrandbits(128) & ~(0xF << 76 | 0x3 << 62) | 4 << 76 | 2 << 62
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _line(event: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a lone surrogate, an integer beyond 64 bits: the standard library writes them
        return f"{json.dumps(event)}\n".encode()
