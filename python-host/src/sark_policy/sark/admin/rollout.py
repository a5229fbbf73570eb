"""Routes of the rollout: percentages, allow-lists, rollback, kill switch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from sark_policy.sark.admin.bodies import KillSwitch, RolloutChange, UsersChange
from sark_policy.sark.admin.desk import Desk
from sark_policy.sark.audit import Change
from sark_policy.sark.flags import StoreUnavailable, bucket
from sark_policy.sark.flags.state import FEATURES, FlagState


@contextmanager
def answering() -> Iterator[None]:
    """Answer what cannot be done as HTTP says it: 400 what nobody can do, 503 what the store did not take."""
    try:
        yield
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    except StoreUnavailable as error:
        raise HTTPException(503, f"{error}; nothing was changed") from None


def rollout_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()
    flags = desk.runtime.flags

    @routes.get("/rollout/status")
    async def status() -> dict[str, int]:
        """Return the percentage of every feature."""
        rollouts: dict[str, int] = flags.get_all_rollouts()
        return rollouts

    @routes.post("/rollout/set")
    async def set_rollout(change: RolloutChange, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Set a percentage, in force in every worker within a second."""
        with answering():
            before = await flags.apply_rollout(change.feature, change.percentage)
        await desk.note(Change.ROLLOUT, by, change.feature, before, change.percentage)
        return {
            "feature": change.feature,
            "percentage": change.percentage,
            "message": f"Rollout of {change.feature} set to {change.percentage}% (was {before}%)",
        }

    @routes.post("/rollout/rollback")
    async def rollback(feature: str, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Take a feature from everybody, here at once."""
        with answering():
            before = await flags.apply_rollback(feature)
        await desk.note(Change.ROLLBACK, by, feature, _held(before, feature), _nobody())
        return {
            "feature": feature,
            "previous_percentage": before.rollout[feature],
            "new_percentage": 0,
            "rolled_back": True,
            "message": f"{feature} rolled back to 0%{_reach(flags)}",
        }

    @routes.post("/rollout/rollback-all")
    async def rollback_all(by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Take every feature from everybody, here at once."""
        before = await flags.apply_rollback_all()
        held = {feature: _held(before, feature) for feature in FEATURES}
        await desk.note(Change.ROLLBACK_ALL, by, "all", held, dict.fromkeys(FEATURES, _nobody()))
        return {
            "rolled_back": True,
            "previous_rollouts": dict(before.rollout),
            "new_rollouts": flags.get_all_rollouts(),
            "message": f"All features rolled back to 0%{_reach(flags)}",
        }

    @routes.get("/rollout/users")
    async def users() -> dict[str, list[str]]:
        """Return the users that have a feature whatever its percentage is."""
        return {feature: sorted(flags.users(feature)) for feature in FEATURES}

    @routes.put("/rollout/users")
    async def set_users(change: UsersChange, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Set a feature's allow-list: all of it."""
        with answering():
            before = await flags.apply_users(change.feature, change.users)
        after = sorted(set(change.users))
        await desk.note(Change.USERS, by, change.feature, sorted(before), after)
        return {"feature": change.feature, "users": after, "previous_users": sorted(before)}

    @routes.get("/rollout/user")
    async def user(user_id: str) -> dict[str, Any]:
        """Return which side a user is on, and why."""
        return {"user_id": user_id, **{feature: _side(flags.state, feature, user_id) for feature in FEATURES}}

    @routes.get("/kill-switch")
    async def kill_switch() -> dict[str, bool]:
        """Return whether the kill switch is on."""
        return {"enabled": flags.killed}

    @routes.post("/kill-switch")
    async def set_kill_switch(change: KillSwitch, by: Annotated[str, Depends(desk.admin)]) -> dict[str, Any]:
        """Turn the kill switch. On: nobody has any feature, here at once; percentages and lists stay."""
        with answering():
            before = await flags.apply_kill(change.enabled)
        await desk.note(Change.KILL_SWITCH, by, "kill_switch", before, change.enabled)
        said = "on: everybody goes over HTTP" if change.enabled else "off: the rollout counts again"
        return {"enabled": change.enabled, "previous": before, "message": f"The kill switch is {said}{_reach(flags)}"}

    return routes


def _held(state: FlagState, feature: str) -> Mapping[str, Any]:
    """Return who had a feature, for the audit trail."""
    return {"percentage": state.rollout[feature], "users": sorted(state.users[feature])}


def _nobody() -> Mapping[str, Any]:
    return {"percentage": 0, "users": []}


def _side(state: FlagState, feature: str, user_id: str) -> dict[str, Any]:
    return {
        "in_process": state.has(feature, user_id),
        "bucket": bucket(feature, user_id),
        "percentage": state.rollout[feature],
        "listed": user_id in state.users[feature],
        "killed": state.killed,
    }


def _reach(flags: Any) -> str:
    """Say where a change holds that the store was not told of."""
    if flags.pending:
        return ", in this worker at once; the others follow when the store of the flags is back"
    return ""
