"""Routes of the bundles and the shadow: which generation decides, and what the other path says to it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from sark_policy._exceptions import NothingToRollBack, SarkPolicyError
from sark_policy.sark.admin.bodies import Activation, ShadowChange
from sark_policy.sark.admin.desk import Desk
from sark_policy.sark.admin.rollout import answering
from sark_policy.sark.admin.shown import generations_shown, shadow_shown
from sark_policy.sark.audit import Change
from sark_policy.sark.flags.state import ShadowOrder
from sark_policy.sark.paths.difference import Kind


def bundle_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()
    runtime = desk.runtime

    @routes.get("/generations")
    async def generations() -> dict[str, Any]:
        """Return this worker's generations, newest first, the order that stands, and what can be activated."""
        return await generations_shown(runtime)

    @routes.post("/generations/activate")
    async def activate(change: Activation, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Go over to another bundle: here, and when it was taken, in every other worker."""
        try:
            with answering():
                before, generation = await runtime.orders.activate(change.source, by)
        except SarkPolicyError as error:
            raise HTTPException(422, f"{error}; the bundle that was current stays") from None
        await desk.note(Change.ACTIVATION, by, generation.source, before, generation.revision)
        return {
            "revision": generation.revision,
            "previous_revision": before,
            "generation": generation.number,
            "source": generation.source,
            "message": f"{generation.revision} decides now (before: {before})",
        }

    @routes.post("/generations/rollback")
    async def rollback(by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Make the previous bundle current again: here at once, and in every other worker."""
        try:
            before, revision = await runtime.orders.roll_back(by)
        except NothingToRollBack as error:
            raise HTTPException(409, str(error)) from None
        except SarkPolicyError as error:
            raise HTTPException(503, str(error)) from None
        await desk.note(Change.BUNDLE_ROLLBACK, by, "bundle", before, revision)
        return {
            "revision": revision,
            "previous_revision": before,
            "rolled_back": True,
            "message": f"{revision} decides again (before: {before})",
        }

    @routes.get("/shadow")
    async def shadow() -> dict[str, Any]:
        """Return how much the shadow compares, and what it has found in all workers."""
        return shadow_shown(runtime, await runtime.fleet.words())

    @routes.post("/shadow")
    async def set_shadow(change: ShadowChange, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Set how much the shadow of every worker compares."""
        now = runtime.orders.shadow
        share = now.share if change.share is None else change.share
        inputs = now.inputs if change.inputs is None else change.inputs
        with answering():
            await runtime.orders.set_shadow(ShadowOrder(share, inputs, now.cleared))
        before = {"share": now.share, "inputs": now.inputs}
        await desk.note(Change.SHADOW, by, "shadow", before, {"share": share, "inputs": inputs})
        return shadow_shown(runtime, await runtime.fleet.words())

    @routes.post("/shadow/clear")
    async def clear_shadow(by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Have the shadow of every worker forget what it has found, and count anew: the cause was seen to."""
        found = shadow_shown(runtime, await runtime.fleet.words())
        now = runtime.orders.shadow
        with answering():
            await runtime.orders.set_shadow(ShadowOrder(now.share, now.inputs, datetime.now(UTC)))
        await runtime.fleet.forget_differences()
        await desk.note(Change.SHADOW, by, "findings of the shadow", found["differences"], {})
        return {"cleared": sum(found["differences"].values()), "message": "The shadow counts anew"}

    @routes.get("/shadow/differences")
    async def differences(
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100, kind: Kind | None = None
    ) -> dict[str, Any]:
        """Return the newest differences between the two paths, of one kind or of all."""
        return {"differences": await runtime.fleet.differences(limit, kind)}

    @routes.post("/cache/clear")
    async def clear(by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Drop every decision of this worker's policy cache. A new bundle needs none of this."""
        held = await runtime.cache.get_cache_size()
        if not await runtime.cache.clear_all():
            raise HTTPException(503, "the policy cache could not be cleared")
        await desk.note(Change.CACHE, by, f"cache of {runtime.fleet.worker}", held, 0)
        return {"cleared": held, "worker": runtime.fleet.worker}

    return routes
