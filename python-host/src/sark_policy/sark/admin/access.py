"""Who may use the admin API: admins, and only on purpose."""

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""

COOKIE = "csrf_token"
HEADER = "X-CSRF-Token"


def require_admin(request: Request) -> Any:
    """Return the admin: the user that the application has left at `request.state.user`.

    Raises:
        HTTPException: 401, there is no user; 403, it is no admin.
    """
    user = getattr(request.state, "user", None)
    if user is None or _of(user, "is_authenticated") is False:
        raise HTTPException(401, "who are you? send a token", headers={"WWW-Authenticate": "Bearer"})
    roles = _of(user, "roles")
    is_admin = (
        _of(user, "is_admin") is True
        or _of(user, "role") == "admin"
        or (isinstance(roles, list | tuple | set | frozenset) and "admin" in roles)
    )
    if not is_admin:
        raise HTTPException(403, "this is for admins")
    return user


def require_purpose(request: Request) -> None:
    """Let a change through only if no other site can have caused it.

    A browser sends neither a bearer token nor a header of this name on its own; cookies, and what it knows
    for `Basic`, it does.

    Raises:
        HTTPException: 403.
    """
    if request.method in SAFE:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return
    sent, kept = request.headers.get(HEADER, ""), request.cookies.get(COOKIE, "")
    if sent and secrets.compare_digest(sent.encode(), kept.encode()):
        return
    raise HTTPException(
        403, f"a change needs `Authorization: Bearer`, or the header `{HEADER}` with the cookie `{COOKIE}`"
    )


def name_of(admin: Any) -> str:
    """Return what an admin is called in the audit trail: by the id, with the address where there is one."""
    if isinstance(admin, str):
        return admin
    names = [_of(admin, name) for name in ("user_id", "id", "sub", "username")]
    identity = next((str(name) for name in names if name not in (None, "")), None)
    email = _of(admin, "email")
    if identity is None:
        return str(email) if email else "unknown"
    return f"{identity} <{email}>" if email and email != identity else identity


def _of(user: Any, name: str) -> Any:
    return user.get(name) if isinstance(user, Mapping) else getattr(user, name, None)
