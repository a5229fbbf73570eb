"""What all routes of the admin API share: the runtime, who asks, and the trail of changes."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from sark_policy.sark.admin import access
from sark_policy.sark.audit import Change


class Desk:
    """Where the admin API works: on a runtime, for those whom a dependency lets in."""

    def __init__(self, runtime: Any, require_admin: Callable[..., Any]) -> None:
        self.runtime = runtime

        def admin(request: Request, user: Annotated[Any, Depends(require_admin)]) -> str:
            access.require_purpose(request)
            return access.name_of(user)

        self.admin = admin
        """A dependency: lets admins in, and returns their name."""

    async def note(self, change: Change, by: str, what: str, before: Any, after: Any) -> None:
        """Take a change down."""
        event = self.runtime.audit.note(change, by=by, what=what, before=before, after=after)
        await self.runtime.fleet.note(event)
