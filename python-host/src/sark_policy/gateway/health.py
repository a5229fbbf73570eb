"""Health: what this worker can do right now, found out by trying."""

import asyncio
import os
import time
from collections.abc import Awaitable
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sark_policy.gateway.catalogue import Catalogue, CatalogueUnavailable
from sark_policy.sark.answer import Side
from sark_policy.sark.runtime import Runtime

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""How long one check may take, in seconds; what takes longer has failed."""

FRESH = 1.0
"""How long what was found out holds, in seconds: whoever asks about health, OPA is not asked more often than that."""

NAMES = {Side.IN_PROCESS: "in_process", Side.HTTP: "opa"}


class Health:
    """Checks the parts of a worker."""

    def __init__(self, runtime: Runtime, catalogue: Catalogue) -> None:
        self._runtime = runtime
        self._catalogue = catalogue
        self._checking = asyncio.Lock()
        self._found: dict[str, bool] = {}
        self._until = 0.0

    async def checks(self) -> dict[str, bool]:
        """Return what works: each path to a decision, the cache, and the catalogue."""
        async with self._checking:
            if time.monotonic() >= self._until:
                self._found = await self._check()
                self._until = time.monotonic() + FRESH
            return dict(self._found)

    async def _check(self) -> dict[str, bool]:
        asked: dict[str, Awaitable[bool]] = {
            NAMES[side]: path.health() for side, path in self._runtime.router.paths.items()
        }
        asked["cache"] = self._runtime.cache.health_check()
        asked["catalogue"] = self._lists()
        results = await asyncio.gather(*(_bounded(each) for each in asked.values()))
        return dict(zip(asked, results, strict=True))

    def ready(self, checks: dict[str, bool]) -> bool:
        """Return whether requests can be decided: there is a path. Nothing else keeps requests away."""
        return any(checks.get(name, False) for name in NAMES.values())

    async def _lists(self) -> bool:
        try:
            await self._catalogue.servers()
        except CatalogueUnavailable:
            return False
        return True


async def _bounded(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return bool(await check)
    except Exception as error:
        log.warning("health_check_failed", exc_info=error)
        return False


def health_router(health: Health, runtime: Runtime) -> APIRouter:
    """Return the routes under `/health`. They tell no secrets and need no token."""
    router = APIRouter(prefix="/health", tags=["health"])

    async def state() -> tuple[int, dict[str, Any]]:
        checks = await health.checks()
        if not health.ready(checks):
            return 503, {"status": "not ready", "checks": checks}
        return 200, {"status": "ready" if all(checks.values()) else "degraded", "checks": checks}

    @router.get("")
    async def overall() -> JSONResponse:
        """Tell everything: the state, the revision of the policy, and which worker answers."""
        status, body = await state()
        return JSONResponse({**body, "revision": runtime.engine.revision, "worker": os.getpid()}, status)

    @router.get("/live")
    async def live() -> dict[str, str]:
        """Tell that the process is alive: its loop turns."""
        return {"status": "alive"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        """Tell whether requests can be decided; 503 if not."""
        status, body = await state()
        return JSONResponse(body, status)

    return router
