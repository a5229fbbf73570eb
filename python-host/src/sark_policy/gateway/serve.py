"""Serving: uvicorn around the gateway, with workers that count their metrics together."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sark_policy.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from fastapi import FastAPI

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

DRAIN = 10
"""How long requests under way may go on when the server is asked to end, in seconds."""


@contextmanager
def metrics_folder(workers: int) -> Iterator[None]:
    """Give several workers a folder to count in, of this server alone, and remove it afterwards.

    Must come before prometheus_client is imported, which reads the variable once. A folder that is set
    already is left as it is.
    """
    if workers == 1 or os.environ.get(FOLDER):
        yield
        return
    folder = tempfile.mkdtemp(prefix="sark-policy-metrics-")  # only this user may enter it
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        os.environ.pop(FOLDER, None)
        shutil.rmtree(folder, ignore_errors=True)


APPLICATION = f"{__name__}:application"
"""What a worker serves, as uvicorn names it."""


def serve(settings: GatewaySettings, application: str = APPLICATION) -> bool:
    """Serve until a signal ends it, and return whether it ever did. The workers read the same environment.

    Args:
        settings: The settings.
        application: Where a worker finds the function that makes what it serves: `module:name`.

    Raises:
        CatalogueUnavailable: The catalogue cannot be read.
        AuditFailed: The audit file cannot be opened.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from sark_policy.gateway import logs
    from sark_policy.gateway.audit import AuditFile
    from sark_policy.gateway.catalogue import open_catalogue

    # Here, once, rather than in each worker.
    open_catalogue(settings)
    if settings.audit_file is not None:
        AuditFile(settings.audit_file).close()
    logs.configure(settings)
    config = uvicorn.Config(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
    )
    if settings.workers == 1:
        server = uvicorn.Server(config)
        with suppress(KeyboardInterrupt):  # raised again once all is closed
            server.run()
        return server.started
    shared = config.bind_socket()
    # asyncio does this for sockets that it makes itself. On one that the workers share, an answer of two parts
    # would wait for the caller's acknowledgement of the first: 40 ms.
    shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with shared:
        Multiprocess(config, sockets=[shared]).run()
    return True


def application() -> "FastAPI":
    """Return the gateway of one worker."""
    from sark_policy.gateway import logs
    from sark_policy.gateway.app import create_app

    settings = GatewaySettings()
    logs.configure(settings)
    return create_app(settings)
