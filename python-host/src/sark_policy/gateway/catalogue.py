"""The catalogue: which servers and tools there are. Who may see them is for the policy to say."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
import structlog
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from sark_policy.gateway.models import GatewayServerInfo, GatewayToolInfo
from sark_policy.gateway.settings import GatewaySettings

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST = 8 << 20
"""Largest answer of an upstream gateway, and largest file, in bytes."""

_servers = TypeAdapter(list[GatewayServerInfo])
_tools = TypeAdapter(list[GatewayToolInfo])


class CatalogueUnavailable(Exception):
    """Nobody knows now which servers and tools there are. The message says why."""


class Catalogue(Protocol):
    """Knows servers and tools."""

    async def servers(self) -> list[GatewayServerInfo]:
        """Return all servers.

        Raises:
            CatalogueUnavailable: It cannot tell.
        """

    async def tools(self, server_name: str | None) -> list[GatewayToolInfo]:
        """Return all tools, or those of a server; none if it has none.

        Raises:
            CatalogueUnavailable: It cannot tell.
        """

    async def close(self) -> None:
        """End it. Closing twice does nothing."""


def open_catalogue(settings: GatewaySettings) -> Catalogue:
    """Open what the settings name.

    Raises:
        CatalogueUnavailable: The file cannot be read.
    """
    if settings.catalogue is not None:
        return FileCatalogue(settings.catalogue)
    if settings.upstream_url is not None:
        return UpstreamCatalogue(settings.upstream_url, settings.upstream_timeout)
    return NoCatalogue()


class NoCatalogue:
    """There is none: requests are authorised, lists are not to be had."""

    async def servers(self) -> list[GatewayServerInfo]:
        """Raise `CatalogueUnavailable`."""
        raise CatalogueUnavailable("set SARK_GATEWAY_CATALOGUE or SARK_GATEWAY_UPSTREAM_URL")

    async def tools(self, server_name: str | None) -> list[GatewayToolInfo]:
        """Raise `CatalogueUnavailable`."""
        raise CatalogueUnavailable("set SARK_GATEWAY_CATALOGUE or SARK_GATEWAY_UPSTREAM_URL")

    async def close(self) -> None:
        """Nothing."""


class _Listed(GatewayServerInfo):
    tools: list[dict[str, Any]] = Field(default=[])


class _Contents(BaseModel):
    """A file: `{"servers": [{…, "tools": [{…}]}]}`, with the fields of the models."""

    servers: list[_Listed]


class FileCatalogue:
    """A catalogue in a JSON file, read again when it changes. A change that is not sound is left aside."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            CatalogueUnavailable: It cannot be read, or is no catalogue.
        """
        self._path = path
        self._state = self._look()
        if self._state is None:
            raise CatalogueUnavailable(f"the catalogue `{path}` cannot be read")
        self._all, self._by_server = _read(path)

    async def servers(self) -> list[GatewayServerInfo]:
        """Return all servers."""
        self._refresh()
        return self._all

    async def tools(self, server_name: str | None) -> list[GatewayToolInfo]:
        """Return all tools, or those of a server."""
        self._refresh()
        if server_name is not None:
            return self._by_server.get(server_name, [])
        return [tool for tools in self._by_server.values() for tool in tools]

    async def close(self) -> None:
        """Nothing."""

    def _refresh(self) -> None:
        # Looking takes microseconds, and the file is small: no thread is worth its while.
        state = self._look()
        if state == self._state or state is None:
            return
        self._state = state
        try:
            self._all, self._by_server = _read(self._path)
        except CatalogueUnavailable as error:
            log.error("catalogue_refused", reason=str(error))

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> tuple[list[GatewayServerInfo], dict[str, list[GatewayToolInfo]]]:
    try:
        with path.open("rb") as file:
            contents = _Contents.model_validate_json(file.read(MOST))
        servers: list[GatewayServerInfo] = []
        tools: dict[str, list[GatewayToolInfo]] = {}
        for listed in contents.servers:
            name = listed.server_name
            if name in tools:
                raise CatalogueUnavailable(f"the catalogue `{path}` has two servers `{name}`")
            tools[name] = _tools.validate_python([{**tool, "server_name": name} for tool in listed.tools])
            fields = listed.model_dump(exclude={"tools", "tools_count"})
            servers.append(GatewayServerInfo(**fields, tools_count=len(tools[name])))
    except OSError as error:
        raise CatalogueUnavailable(f"the catalogue `{path}` cannot be read: {error.strerror}") from error
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise CatalogueUnavailable(f"the catalogue `{path}` is not sound: look at `{place}`") from error
    return servers, tools


class UpstreamCatalogue:
    """The catalogue of another gateway: `GET {url}/servers` and `GET {url}/tools?server_name=`."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._client = httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=20))

    async def servers(self) -> list[GatewayServerInfo]:
        """Return all servers."""
        return self._valid(_servers, await self._get("servers", {}))

    async def tools(self, server_name: str | None) -> list[GatewayToolInfo]:
        """Return all tools, or those of a server."""
        return self._valid(
            _tools, await self._get("tools", {} if server_name is None else {"server_name": server_name})
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _get(self, what: str, query: dict[str, str]) -> Any:
        """Return a list, which may stand alone or under its name."""
        try:
            # httpx limits each step; a server that sends a byte now and then would never end.
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream("GET", f"{self._url}/{what}", params=query) as response,
            ):
                response.raise_for_status()
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST:
                        raise CatalogueUnavailable("the upstream gateway answers more than fits")
            answer = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise CatalogueUnavailable(f"the upstream gateway does not answer: {type(error).__name__}") from error
        except (ValueError, RecursionError) as error:
            raise CatalogueUnavailable("the upstream gateway answers something else than JSON") from error
        return answer.get(what) if isinstance(answer, dict) else answer

    def _valid(self, adapter: TypeAdapter[T], answer: Any) -> T:
        try:
            return adapter.validate_python(answer)
        except ValidationError as error:
            raise CatalogueUnavailable("the upstream gateway answers something else than a list") from error
