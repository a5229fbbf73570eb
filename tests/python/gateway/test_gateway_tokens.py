"""Tokens: who is believed, and what of."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from real_gateway import SECRET, mint
from sark_policy.gateway import GatewaySettings
from sark_policy.gateway.tokens import InvalidToken, Tokens, User


def tokens(**settings: Any) -> Tokens:
    """Return a reader of tokens that goes by the tests' secret."""
    return Tokens(GatewaySettings(**{"jwt_secret": SECRET, **settings}))


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    """Return a token that says these claims, and nothing else."""
    return jwt.encode(claims, secret, algorithm)


def later() -> int:
    """Return a time to expire at."""
    return int(time.time()) + 60


def test_a_user_is_read() -> None:
    """A user has what policies read: id, email, role, roles, teams and permissions."""
    token = mint("kim", SECRET, permissions=["q"])
    expected = User("u-17", "kim@acme.test", "developer", ("developer",), ("payments",), ("q",))
    assert expected == tokens().user(token)


def test_flaw_3_3_a_user_has_roles_and_permissions() -> None:
    """A token with a role alone gives roles too: the old routes failed for want of `user.roles`."""
    user = tokens().user(signed({"sub": "u", "role": "admin", "exp": later()}))
    assert ("admin", ("admin",), (), True, True) == (
        user.role,
        user.roles,
        user.permissions,
        user.is_admin,
        user.is_authenticated,
    )


def test_roles_add_up() -> None:
    """The one role is among the roles, once."""
    roles = [
        tokens().user(signed({"sub": "u", "role": role, "roles": ["a", "b"], "exp": later()})).roles
        for role in ("c", "a", "")
    ]
    assert [("c", "a", "b"), ("a", "b"), ("a", "b")] == roles


def test_an_agent_is_read() -> None:
    """An agent has what its token says, and defaults for the rest."""
    agent = tokens().agent(mint("ag-3", SECRET))
    assert ("ag-3", "service", "limited", ["query"], "prod", False) == (
        agent.agent_id,
        agent.agent_type,
        agent.trust_level,
        agent.capabilities,
        agent.environment,
        agent.rate_limited,
    )


@pytest.mark.parametrize(
    "claims",
    [{"sub": "u"}, {"sub": "u", "exp": None}, {"sub": "u", "exp": "soon"}, {"sub": "u", "exp": 1}],
    ids=["absent", "null", "text", "past"],
)
def test_a_token_expires(claims: dict[str, Any]) -> None:
    """A token without an end, or past it, is refused."""
    with pytest.raises(InvalidToken):
        tokens().user(signed(claims))


def test_the_algorithm_is_pinned() -> None:
    """A token's header does not choose how it is checked: neither another algorithm nor none will do."""
    claims = {"sub": "u", "exp": later()}
    forged = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "typ": "JWT"}, claims)
    )
    for token in (signed(claims, SECRET, "HS512"), f"{forged}.", forged, signed(claims, "x" * 64)):
        with pytest.raises(InvalidToken, match="the token is not valid here"):
            tokens().user(token)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "eyJ" + "Å.Å.Å", f"{base64.urlsafe_b64encode(b'[' * 100_000).decode().rstrip('=')}.e30.e30"],
    ids=["empty", "word", "parts", "letters", "deep"],
)
def test_garbage_is_refused(token: str) -> None:
    """What is no token at all is an invalid one."""
    with pytest.raises(InvalidToken):
        tokens().user(token)


@pytest.mark.parametrize(
    ("claim", "value"),
    [("sub", ""), ("sub", 5), ("role", ["admin"]), ("roles", "admin"), ("roles", [1]), ("teams", None), ("email", {})],
)
def test_a_claim_of_another_type_is_refused(claim: str, value: Any) -> None:
    """Claims are not converted: a role that is a list is nobody's role. The message does not repeat the value."""
    with pytest.raises(InvalidToken) as raised:
        tokens().user(signed({"sub": "u", "exp": later(), claim: value}))
    assert repr(value) not in str(raised.value) or value == ""


def test_agents_are_no_users_and_users_no_agents() -> None:
    """One secret signs both kinds, and neither passes for the other."""
    both = {"sub": "u-3", "role": "admin", "exp": later()}
    with pytest.raises(InvalidToken, match="agent's"):
        tokens().user(mint("planner", SECRET, sub="u-3", role="admin"))
    with pytest.raises(InvalidToken, match="no agent's"):
        tokens().agent(signed(both))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("trust_level", "TRUSTED"),
        ("trust_level", None),
        ("agent_type", "human"),
        ("capabilities", "query"),
        ("rate_limited", "no"),
        ("environment", 1),
    ],
)
def test_an_agent_of_another_shape_is_refused(claim: str, value: Any) -> None:
    """An agent's claims are not converted either."""
    with pytest.raises(InvalidToken, match=claim):
        tokens().agent(mint("planner", SECRET, **{claim: value}))


def test_issuer_and_audience() -> None:
    """Where they are set they must be right; a token for an audience is nobody's where none is set."""
    issued = signed({"sub": "u", "exp": later(), "iss": "idp"})
    meant = signed({"sub": "u", "exp": later(), "aud": "gateway"})
    assert "u" == tokens(jwt_issuer="idp").user(issued).user_id
    assert "u" == tokens(jwt_audience="gateway").user(meant).user_id
    for reader, token in (
        (tokens(jwt_issuer="other"), issued),
        (tokens(jwt_issuer="idp"), meant),
        (tokens(jwt_audience="other"), meant),
        (tokens(jwt_audience="gateway"), issued),
        (tokens(), meant),
    ):
        with pytest.raises(InvalidToken):
            reader.user(token)


def test_clocks_may_differ_by_the_leeway() -> None:
    """A token that has just expired is good for as long as clocks may differ."""
    token = signed({"sub": "u", "exp": int(time.time()) - 5})
    assert "u" == tokens(jwt_leeway=60).user(token).user_id
    with pytest.raises(InvalidToken, match="expired"):
        tokens().user(token)
