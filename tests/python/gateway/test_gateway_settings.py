"""Settings: what must be given, and what a refusal says."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from real_gateway import CATALOGUE, SECRET, environment
from sark_policy.gateway import GatewaySettings

GIVEN = "A-secret-that-is-too-short"


def start(**variables: object) -> "subprocess.CompletedProcess[str]":
    """Start a gateway that is to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "sark_policy.gateway"],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("where", ["production", "staging", "development", None])
def test_no_secret_no_start(where: str | None) -> None:
    """No environment has a default for the secret: without one the server does not start, and says what to do."""
    done = start(**{} if where is None else {"SARK_GATEWAY_ENVIRONMENT": where})
    assert (2, "") == (done.returncode, done.stdout)
    assert "jwt_secret: Field required" in done.stderr


def test_a_short_secret_is_refused_unseen() -> None:
    """A secret that can be guessed is refused, and not printed."""
    done = start(SARK_GATEWAY_JWT_SECRET=GIVEN)
    assert 2 == done.returncode
    assert "must have 32 bytes" in done.stderr
    assert GIVEN not in done.stderr


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_the_secret_is_as_long_as_the_digest(algorithm: str, least: int) -> None:
    """RFC 7518 wants a key as long as the hash: one byte less is refused."""
    assert algorithm == GatewaySettings(jwt_secret="x" * least, jwt_algorithm=algorithm).jwt_algorithm
    with pytest.raises(ValidationError):
        GatewaySettings(jwt_secret="x" * (least - 1), jwt_algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ["none", "RS256", "hs256", ""])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    """Only algorithms that go by a shared secret may be set."""
    with pytest.raises(ValidationError):
        GatewaySettings(jwt_secret=SECRET, jwt_algorithm=algorithm)


def test_secrets_are_not_shown() -> None:
    """Neither the settings nor an error about them show a secret."""
    settings = GatewaySettings(jwt_secret=SECRET, api_key=GIVEN)
    assert SECRET not in repr(settings)
    assert GIVEN not in repr(settings)
    with pytest.raises(ValidationError) as raised:
        GatewaySettings(jwt_secret=GIVEN, api_key=["x", SECRET])
    assert GIVEN not in str(raised.value)
    assert SECRET not in str(raised.value)


def test_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment sets each field by its name, the gateway's old names count, and what is empty is unset."""
    for name, value in {
        "SARK_GATEWAY_JWT_SECRET": SECRET,
        "SARK_GATEWAY_CATALOGUE": str(CATALOGUE),
        "SARK_GATEWAY_AUDIT_FILE": "",
        "API_WORKERS": "3",
        "GATEWAY_URL": "http://upstream.test/",
        "JWT_ALGORITHM": "HS512",
    }.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings()
    assert (CATALOGUE, None, 3, "http://upstream.test", "HS512") == (
        settings.catalogue,
        settings.audit_file,
        settings.workers,
        settings.upstream_url,
        settings.jwt_algorithm,
    )


def test_a_catalogue_that_cannot_be_read_is_refused_at_the_start() -> None:
    """The server says at once what is wrong with its files, in a line."""
    done = start(SARK_GATEWAY_JWT_SECRET=SECRET, SARK_GATEWAY_CATALOGUE="/no/such/catalogue.json")
    assert (2, "the catalogue `/no/such/catalogue.json` cannot be read\n") == (done.returncode, done.stderr)


def test_an_audit_file_that_cannot_be_written_is_refused_at_the_start() -> None:
    """Where decisions are to be written down, they can be."""
    done = start(SARK_GATEWAY_JWT_SECRET=SECRET, SARK_GATEWAY_AUDIT_FILE="/no/such/folder/audit.jsonl")
    assert 2 == done.returncode
    assert "the audit file `/no/such/folder/audit.jsonl` cannot be opened" in done.stderr
