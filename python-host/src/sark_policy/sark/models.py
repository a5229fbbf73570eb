"""What the gateway asks and what it is told: the same fields as its own models, by the same names."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictBool


class AuthorizationInput(BaseModel):
    """A request to be decided.

    What else a caller says (`parameters`, `resource`, `source_agent`, …) is part of the question and
    reaches the policy.
    """

    model_config = ConfigDict(extra="allow")

    user: dict[str, Any]
    """Who asks: `id`, `email`, `role`, `roles`, `teams`, …"""
    action: str
    """What for, such as `gateway:tool:invoke`."""
    tool: dict[str, Any] | None = None
    """The tool: `name`, `sensitivity_level`, `owner`, `managers`, …"""
    server: dict[str, Any] | None = None
    """The server: `name`, `sensitivity_level`, …"""
    context: dict[str, Any]
    """What else matters: `timestamp`, `client_ip`, …"""


class AuthorizationDecision(BaseModel):
    """What was decided. Only `True` allows: no text, no number does.

    It unpacks into the gateway's own model of the same: `TheirDecision(**decision)`.
    """

    allow: StrictBool
    """Whether the request may pass."""
    reason: str
    """Why, in one line."""
    filtered_parameters: dict[str, Any] | None = None
    """The parameters to pass on in place of the caller's; an empty dict means none. `None`: no filter."""
    audit_id: str | None = None
    """The policy's own id of the decision, if it gave one."""

    def keys(self) -> Iterable[str]:
        """Return the names of the fields."""
        return type(self).model_fields.keys()

    def __getitem__(self, name: str) -> Any:
        if name not in type(self).model_fields:
            raise KeyError(name)
        return getattr(self, name)


PolicyDecision = AuthorizationDecision
"""The gateway's other name for it."""
