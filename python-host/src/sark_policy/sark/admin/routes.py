"""The admin API put together."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from sark_policy.sark.admin import access, page, shown
from sark_policy.sark.admin.bundles import bundle_routes
from sark_policy.sark.admin.desk import Desk
from sark_policy.sark.admin.rollout import rollout_routes


def admin_router(
    runtime: Any,
    require_admin: Callable[..., Any] = access.require_admin,
    *,
    authenticate: Callable[..., Any] | None = None,
) -> APIRouter:
    """Return the routes under `/admin`.

    Args:
        runtime: A `Runtime`.
        require_admin: A dependency that returns the admin, or raises 401 or 403. The default looks at
            `request.state.user`, an object or a dict: `role` is `admin`, or among `roles`, or `is_admin`.
        authenticate: A dependency that comes before, and may leave the user at `request.state.user`. The
            page itself, which holds no data, is served without it.
    """
    desk = Desk(runtime, require_admin)
    before = [] if authenticate is None else [Depends(authenticate)]
    admins = APIRouter(dependencies=[*before, Depends(desk.admin), Depends(_uncached)])
    admins.include_router(rollout_routes(desk))
    admins.include_router(bundle_routes(desk))
    admins.include_router(_figure_routes(desk))
    router = APIRouter(prefix="/admin", tags=["admin"])
    router.include_router(page.page_routes())
    router.include_router(admins)
    return router


def _figure_routes(desk: Desk) -> APIRouter:
    routes = APIRouter()
    runtime = desk.runtime

    @routes.get("/metrics/comparison")
    async def comparison() -> dict[str, Any]:
        """Return the figures of both paths and both caches over all workers, and what they recommend."""
        return await shown.comparison_shown(runtime, await runtime.fleet.words())

    @routes.get("/cache/stats")
    async def cache() -> dict[str, Any]:
        """Return the figures of this worker's policy cache."""
        return shown.cache_shown(runtime)

    @routes.get("/workers")
    async def workers() -> dict[str, Any]:
        """Return how each worker is, this one first."""
        return {"workers": await runtime.fleet.words()}

    @routes.get("/audit")
    async def audit(limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> dict[str, Any]:
        """Return the newest changes: who, when, what, from what, to what."""
        return {"events": await runtime.fleet.events(limit)}

    @routes.get("/overview")
    async def overview() -> dict[str, Any]:
        """Return everything at once, as one worker sees it."""
        return await shown.overview(runtime)

    return routes


def _uncached(response: Response) -> None:
    """Have nobody keep what an admin was shown."""
    response.headers["Cache-Control"] = "no-store"
