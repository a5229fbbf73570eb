"""Tokens: who asks. A token is believed only if it is signed by the one algorithm, and has not expired."""

from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sark_policy.gateway.models import AgentContext, Name
from sark_policy.gateway.settings import GatewaySettings

ADMIN = "admin"
"""The role that may change how the gateway works."""


class InvalidToken(Exception):
    """A token is not to be believed. The message says why, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class User:
    """A user, as their token describes them: the fields of SARK's `UserContext`, and what policies read."""

    user_id: str
    email: str
    role: str
    roles: tuple[str, ...]
    """All roles; `role` is among them."""
    teams: tuple[str, ...]
    permissions: tuple[str, ...]

    @property
    def is_authenticated(self) -> bool:
        """Whether the user is known: there is no other `User`."""
        return True

    @property
    def is_admin(self) -> bool:
        """Whether the user may change how the gateway works."""
        return ADMIN in self.roles


class _Claims(BaseModel):
    """What a user's token says. A claim of another type makes the token invalid, it is not converted."""

    model_config = ConfigDict(strict=True, extra="ignore")

    sub: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    email: Name = ""
    role: Name = ""
    roles: list[Name] = []
    teams: list[Name] = []
    permissions: list[Name] = []


class Tokens:
    """Reads tokens by one algorithm and one secret."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._algorithm = settings.jwt_algorithm
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._leeway = settings.jwt_leeway

    def user(self, token: str) -> User:
        """Return the user whose token it is.

        Raises:
            InvalidToken: It is not signed by us, has expired, lacks a claim, or is an agent's.
        """
        claims = self._claims(token)
        # One secret signs both kinds: an agent must not pass for the user of the same name.
        if "agent_id" in claims:
            raise InvalidToken("the token is an agent's, not a user's")
        try:
            read = _Claims.model_validate(claims)
        except ValidationError as error:
            raise InvalidToken(_claim(error)) from None
        roles = read.roles if not read.role or read.role in read.roles else [read.role, *read.roles]
        return User(read.sub, read.email, read.role, tuple(roles), tuple(read.teams), tuple(read.permissions))

    def agent(self, token: str) -> AgentContext:
        """Return the agent whose token it is.

        Raises:
            InvalidToken: As for `user`, or it is no agent's.
        """
        claims = self._claims(token)
        if "agent_id" not in claims:
            raise InvalidToken("the token is no agent's")
        try:
            return AgentContext.model_validate(claims)
        except ValidationError as error:
            raise InvalidToken(_claim(error)) from None

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self._secret,
                algorithms=[self._algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway,
                options={"require": ["exp"]},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidToken("the token has expired") from None
        except jwt.MissingRequiredClaimError as error:
            raise InvalidToken(f"the token lacks the claim `{error.claim}`") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            # Which check failed is for nobody who may be guessing. The header of a token is read before its
            # signature is checked, so whoever made it chose what JSON stands in there.
            raise InvalidToken("the token is not valid here") from None


def _claim(error: ValidationError) -> str:
    place = error.errors(include_url=False, include_input=False)[0]["loc"]
    return f"the token's claim `{place[0] if place else ''}` is missing or of another type"
