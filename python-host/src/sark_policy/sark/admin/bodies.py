"""What the admin API is sent."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sark_policy.sark.flags.state import MOST_USERS

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class RolloutChange(BaseModel):
    """A new percentage."""

    feature: Name
    """One of `FEATURES`."""
    percentage: int = Field(ge=0, le=100)
    """Percent of the users."""


class UsersChange(BaseModel):
    """A new allow-list."""

    feature: Name
    """One of `FEATURES`."""
    users: list[Name] = Field(max_length=MOST_USERS)
    """Users that have the feature whatever its percentage is: all of them."""


class KillSwitch(BaseModel):
    """The kill switch."""

    enabled: bool
    """Whether nobody is to have any feature."""


class Activation(BaseModel):
    """A bundle to go over to."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    """One of what `GET /admin/generations` lists as `sources`."""


class ShadowChange(BaseModel):
    """What the shadow is to do. What is not sent stays."""

    model_config = ConfigDict(extra="forbid")

    share: float | None = Field(None, ge=0, le=1)
    """Share of the questions that both paths are asked."""
    inputs: bool | None = None
    """Whether it keeps the inputs of differences, which may hold secrets."""
