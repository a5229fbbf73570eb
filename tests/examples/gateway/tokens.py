"""Demo tokens: the people and agents of the example bundle, signed with `SARK_GATEWAY_JWT_SECRET`.

Usage: SARK_GATEWAY_JWT_SECRET=… python tokens.py [NAME…]      without a name: everybody

A token is a key: these are for the example, on this machine.
"""

import os
import sys
import time
from typing import Any

import jwt

HOUR = 3600

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"sub": "u-3", "email": "ada@acme.test", "role": "admin", "permissions": ["cluster:exec", "db:restore"]},
    "kim": {"sub": "u-17", "email": "kim@acme.test", "role": "developer", "teams": ["payments"]},
    "lee": {"sub": "u-21", "email": "lee@acme.test", "role": "analyst", "teams": ["data"]},
    "vic": {"sub": "u-2", "email": "vic@acme.test", "role": "viewer"},
    "sus": {"sub": "u-66", "email": "sus@acme.test", "role": "developer", "teams": ["payments"]},
}
"""Who they are is for the policy to judge: `u-66`, for one, is suspended in the bundle's data."""

AGENTS: dict[str, dict[str, Any]] = {
    "planner": {"trust_level": "trusted", "capabilities": ["query", "execute", "delegate"], "environment": "prod"},
    "ag-3": {"trust_level": "limited", "capabilities": ["query"], "environment": "prod"},
    "ag-5": {"trust_level": "untrusted", "capabilities": ["query"], "environment": "dev"},
}


def mint(name: str, secret: str, *, algorithm: str = "HS256", seconds: float = HOUR, **claims: Any) -> str:
    """Return a token of a person or an agent, with further claims or others, valid for so many seconds."""
    known = PEOPLE.get(name) or {"agent_id": name, "agent_type": "service", **AGENTS.get(name, {})}
    now = time.time()
    return jwt.encode({"iat": int(now), "exp": int(now + seconds), **known, **claims}, secret, algorithm)


def main() -> int:
    """Print tokens, one a line."""
    secret = os.environ.get("SARK_GATEWAY_JWT_SECRET", "")
    names = sys.argv[1:] or [*PEOPLE, *AGENTS]
    unknown = [name for name in names if name not in PEOPLE and name not in AGENTS]
    if not secret or unknown:
        print(f"{__doc__}\nNames: {', '.join([*PEOPLE, *AGENTS])}", file=sys.stderr)
        return 2
    for name in names:
        print(f"{name}\t{mint(name, secret)}" if len(names) > 1 else mint(name, secret))
    return 0


if __name__ == "__main__":
    sys.exit(main())
