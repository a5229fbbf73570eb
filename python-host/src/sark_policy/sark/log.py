"""Loggers of this package: structlog's events, by the standard library's levels and handlers."""

import logging
from typing import cast

import structlog


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger `sark_policy.NAME`.

    What structlog is configured to do, it does. Where nothing is configured, only warnings and worse are
    shown, as by any other library: structlog alone would print every event.
    """
    standard = logging.getLogger(f"sark_policy.{name}")
    return cast(
        structlog.stdlib.BoundLogger,
        structlog.wrap_logger(standard, wrapper_class=structlog.stdlib.BoundLogger),
    )
