"""Asking an OPA server one question, in tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sark_policy.sark.answer import Answer, PathFailed
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.question import Question

SQL = {
    "user": {"id": "u-17", "roles": ["developer"], "teams": ["payments"]},
    "action": "gateway:tool:invoke",
    "server_name": "pg-main",
    "tool_name": "run_sql",
    "parameters": {"query": "select 1", "password": "hunter2"},
    "context": {},
}
"""A request that the example allows, without its password."""


@asynccontextmanager
async def asking(url: str, timeout: float = 10, connections: int = 10, **more: Any) -> AsyncIterator[HttpPath]:
    """Open a path, and close it."""
    path = HttpPath(url, timeout=timeout, connections=connections, **more)
    try:
        yield path
    finally:
        await path.close()


async def ask(url: str, entrypoint: str, document: dict[str, Any], **more: Any) -> Answer:
    """Ask one question."""
    async with asking(url, **more) as path:
        return await path.decide(Question.of(document, entrypoint))


async def failure_of(url: str, entrypoint: str, document: dict[str, Any], **more: Any) -> PathFailed:
    """Ask one question that has no answer."""
    with pytest.raises(PathFailed) as caught:
        await ask(url, entrypoint, document, **more)
    assert "\n" not in str(caught.value)
    return caught.value
