"""The path over HTTP: an OPA server.

What is asked for an entry point, so that a decision comes with its reason and its parameters:

- `P/allow` asks for `P`, a package or an object, and keeps the decision's members. If `P` is neither, `P/allow` is
  undefined, as it is for OPA.
- Everything else is asked for as it is.
- Where that fails in the policy, perhaps only because two reasons conflict, `allow` is asked for alone, and then
  the other members one by one. Those that fail are named in `Answer.doubts`: a conflict in a reason neither allows
  nor costs a clean `allow`. If `allow` fails, the question has.

OPA is asked to be strict about builtin errors, as the in-process path always is; its own default makes them
undefined, and `not` makes an allow of that.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from sark_policy.sark.answer import MEMBERS, Answer, Failure, PathFailed, Side
from sark_policy.sark.paths.connections import Connections
from sark_policy.sark.question import Question

ALLOW = "/allow"
ABSENT = object()
"""What is undefined has no result, not even null."""
PATIENCE = 4
"""How many timeouts a batch may take before its remaining questions are no longer asked."""
REFUSALS = frozenset({400, 413, 422})
"""What a server says to an input. Other statuses from 400 to 499 are about us: a wrong address, no access."""

# What OPA says, without a code, to an entry point that can never be one.
_refused_by_compiler = re.compile(r"\brego_\w+_error\b|^invalid_parameter\b").search


class HttpPath:
    """Asks an OPA server."""

    side = Side.HTTP

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        connections: int,
        client: httpx.AsyncClient | None = None,
        strict: bool = True,
    ) -> None:
        """Ask the server at an address.

        Args:
            url: The server, as `http://localhost:8181`.
            timeout: How long a question may take in all, in seconds.
            connections: Most connections at a time, for each event loop.
            client: A client to use in place of our own ones. `close` closes it too.
            strict: Whether a builtin error fails the question, or is undefined.
        """
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._most = connections
        self._connections = Connections(connections)
        self._given = client
        self._parameters = {"strict-builtin-errors": "true"} if strict else None
        parts = urlsplit(self.url)
        # An address may hold a password; messages do not.
        self._name = f"OPA at `{parts.scheme}://{parts.netloc.rpartition('@')[2]}`"

    @property
    def client(self) -> httpx.AsyncClient:
        """The client that asks: the one given, or else the running loop's."""
        return self._given or self._connections.client()

    @client.setter
    def client(self, client: httpx.AsyncClient | None) -> None:
        self._given = client

    async def decide(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            PathFailed: OPA gave no answer.
        """
        # The document is the caller's, who may change it as soon as there is an answer, or another path's; the
        # text is what was asked.
        document = json.loads(question.text)
        try:
            async with asyncio.timeout(self.timeout):
                return await self._decide(question.path, document)
        except TimeoutError:
            raise self._late() from None

    async def decide_batch(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        """Answer many questions, as many at a time as there are connections."""
        free = asyncio.Semaphore(self._most)
        until = asyncio.get_running_loop().time() + PATIENCE * self.timeout

        async def decide(question: Question) -> Answer | PathFailed:
            async with free:
                if asyncio.get_running_loop().time() > until:
                    return self._late()
                try:
                    return await self.decide(question)
                except PathFailed as failed:
                    return failed

        return await asyncio.gather(*map(decide, questions))

    async def health(self) -> bool:
        """Return whether OPA says that it is well."""
        try:
            async with asyncio.timeout(self.timeout):
                response = await self.client.get(f"{self.url}/health")
                return response.status_code == httpx.codes.OK
        except Exception:
            return False

    async def close(self) -> None:
        """Close the connections of the running loop. Closing twice does nothing."""
        if self._given is not None:
            await self._given.aclose()
        await self._connections.close()

    async def _decide(self, path: str, document: Any) -> Answer:
        package = path.removesuffix(ALLOW) if path.endswith(ALLOW) else None
        try:
            result = await self._ask(path if package is None else package, document)
        except PathFailed as failed:
            if failed.failure is not Failure.EVALUATION:
                raise
            return await self._by_members(path if package is None else package, document, failed, package is None)
        if package is None:
            return self._answer(result)
        members = {name: result[name] for name in MEMBERS if name in result} if isinstance(result, dict) else {}
        return self._answer(members or ABSENT, package=True)

    async def _by_members(self, package: str, document: Any, whole: PathFailed, guessed: bool) -> Answer:
        """Ask for `allow` alone, then for the rest. Whether there is a package at all may be a guess."""
        try:
            members = {"allow": await self._ask(f"{package}{ALLOW}", document)}
        except PathFailed as failed:
            raise (whole if guessed and failed.failure is Failure.EVALUATION else failed) from None
        if guessed and members["allow"] is ABSENT:
            raise whole
        doubts = []
        asked = [self._ask(f"{package}/{name}", document) for name in MEMBERS[1:]]
        for name, found in zip(MEMBERS[1:], await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(found, PathFailed) and found.failure is Failure.EVALUATION:
                doubts.append(name)
            elif isinstance(found, BaseException):
                raise found
            else:
                members[name] = found
        defined = {name: value for name, value in members.items() if value is not ABSENT}
        return self._answer(defined or ABSENT, package=True, doubts=tuple(doubts))

    def _answer(self, result: Any, *, package: bool = False, doubts: tuple[str, ...] = ()) -> Answer:
        defined = result is not ABSENT
        return Answer(
            side=self.side,
            result=result if defined else None,
            defined=defined,
            revision=None,
            deterministic=False,
            doubts=doubts,
            package=package,
        )

    async def _ask(self, path: str, document: Any) -> Any:
        """Return the result, or `ABSENT`."""
        # Quoted, so that no entry point brings parameters of its own. Dots would walk out of `/v1/data/`.
        if not {*path.split("/")}.isdisjoint(("", ".", "..")):
            raise PathFailed(self.side, Failure.EVALUATION, f"`{path}` is no entry point")
        address = f"{self.url}/v1/data/{quote(path)}"
        try:
            async with self._connections.free():
                response = await self.client.post(address, json={"input": document}, params=self._parameters)
            response.raise_for_status()
            body = response.json()
        except httpx.HTTPStatusError as error:
            raise self._refused(path, error.response) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise self._late() from error
        except Exception as error:
            # The client may be anybody's, and so may be what it raises.
            text = f": {error}" if isinstance(error, httpx.TransportError) and str(error) else ""
            message = f"{self._name} did not answer `{path}`: {type(error).__name__}{text}"
            raise PathFailed(self.side, Failure.CONNECTION, message) from error
        if not isinstance(body, dict):
            message = f"{self._name} answered `{path}` with something else than OPA does"
            raise PathFailed(self.side, Failure.CONNECTION, message)
        return body.get("result", ABSENT)

    def _refused(self, path: str, response: httpx.Response) -> PathFailed:
        """Say what a status means. OPA's own messages quote values of the input, so only codes are passed on."""
        codes = _codes(response) if response.status_code == httpx.codes.INTERNAL_SERVER_ERROR else []
        if "eval_cancel_error" in codes:
            return self._late()
        if codes:
            message = f"`{path}` failed in OPA: {', '.join(codes)}"
            return PathFailed(self.side, Failure.EVALUATION, message)
        failure = Failure.INPUT if response.status_code in REFUSALS else Failure.CONNECTION
        return PathFailed(self.side, failure, f"{self._name} answered `{path}` with status {response.status_code}")

    def _late(self) -> PathFailed:
        return PathFailed(self.side, Failure.TIMEOUT, f"{self._name} did not answer within {self.timeout:g} s")


def _codes(response: httpx.Response) -> list[str]:
    """Return the codes of the policy's errors in an answer, each once; none if they are not the policy's."""
    try:
        body = response.json()
    except Exception:
        return []
    if not isinstance(body, dict):
        return []
    errors = body.get("errors")
    found = [error.get("code") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    # A reference that cannot be right, such as into a boolean, comes as the compiler's text alone.
    compiler = _refused_by_compiler(str(body.get("message")))
    found += [compiler.group()] if compiler else []
    codes = [
        code for code in found if isinstance(code, str) and code.startswith(("eval_", "rego_", "invalid_parameter"))
    ]
    return list(dict.fromkeys(codes))
