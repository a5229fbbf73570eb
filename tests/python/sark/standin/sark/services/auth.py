"""Who asks, by their token."""

from dataclasses import dataclass, field

import jwt
from fastapi import HTTPException, Request

from ..config import get_settings


@dataclass
class UserContext:
    """A user. It has one role, no `roles`, and no `permissions`: what asks for those fails."""

    user_id: str
    email: str = ""
    role: str = ""
    teams: list[str] = field(default_factory=list)

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything."""
        return self.role == "admin"


def current_user(request: Request) -> UserContext:
    """Return whose token a request carries; 401 without one."""
    settings = get_settings()
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, settings.secret_key, [settings.jwt_algorithm])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "invalid token") from error
    user = UserContext(claims["sub"], claims.get("email", ""), claims.get("role", ""), claims.get("teams", []))
    request.state.user = user
    return user
