"""The gateway's routes: SARK's, with its bodies."""

import hmac
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sark_policy.gateway.audit import AuditFailed, AuditFile
from sark_policy.gateway.authorization import Authorization
from sark_policy.gateway.catalogue import Catalogue, CatalogueUnavailable
from sark_policy.gateway.models import (
    A2AAuthorizationRequest,
    AgentContext,
    AuditReceipt,
    GatewayAuditEvent,
    GatewayAuthorizationRequest,
    GatewayAuthorizationResponse,
    GatewayServerInfo,
    GatewayToolInfo,
)
from sark_policy.gateway.settings import GatewaySettings
from sark_policy.gateway.tokens import InvalidToken, Tokens, User

log = structlog.get_logger(__name__)

# Tokens come in the header alone. No browser sends it by itself, as it would a cookie, so there is nothing
# for another site to forge, and no CSRF token for gateways to fetch.
_bearer = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def unauthorized(detail: str) -> HTTPException:
    """Return the answer to a request whose caller is not known."""
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


class Callers:
    """Dependencies of routes: who calls.

    They are coroutines, which FastAPI runs where they are asked for. A function would go to another thread and back,
    which takes longer than reading a token.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def user(self, request: Request, credentials: Credentials) -> User:
        """Return the user, and leave them where the admin API looks: `request.state.user`. 401 without one."""
        try:
            user = self._tokens.user(_token(credentials))
        except InvalidToken as error:
            raise unauthorized(str(error)) from None
        request.state.user = user
        return user

    async def agent(self, credentials: Credentials) -> AgentContext:
        """Return the agent. 401 without one."""
        try:
            return self._tokens.agent(_token(credentials))
        except InvalidToken as error:
            raise unauthorized(str(error)) from None


def _token(credentials: HTTPAuthorizationCredentials | None) -> str:
    if credentials is None:
        raise InvalidToken("send `Authorization: Bearer` and a token")
    return credentials.credentials


def gateway_router(
    settings: GatewaySettings,
    callers: Callers,
    authorization: Authorization,
    catalogue: Catalogue,
    audit: AuditFile | None,
) -> APIRouter:
    """Return the routes under `/api/v1/gateway`."""
    router = APIRouter(prefix="/api/v1/gateway", tags=["gateway"])
    key = None if settings.api_key is None else settings.api_key.get_secret_value().encode()

    @router.post("/authorize")
    async def authorize(
        asked: GatewayAuthorizationRequest, user: Annotated[User, Depends(callers.user)]
    ) -> GatewayAuthorizationResponse:
        """Decide what a user asks for. An error is a denial, and says so in its reason."""
        return await authorization.user(user, asked)

    @router.post("/authorize-a2a")
    async def authorize_a2a(
        asked: A2AAuthorizationRequest, agent: Annotated[AgentContext, Depends(callers.agent)]
    ) -> GatewayAuthorizationResponse:
        """Decide what an agent asks of another."""
        return await authorization.agent(agent, asked)

    @router.get("/servers")
    async def servers(user: Annotated[User, Depends(callers.user)]) -> list[GatewayServerInfo]:
        """List the servers that the user may see."""
        try:
            found = await catalogue.servers()
        except CatalogueUnavailable as error:
            raise _unavailable(error) from error
        return await authorization.servers(user, found)

    @router.get("/tools")
    async def tools(
        user: Annotated[User, Depends(callers.user)], server_name: Annotated[str | None, Query(max_length=256)] = None
    ) -> list[GatewayToolInfo]:
        """List the tools that the user may see, of one server or of all."""
        try:
            found = await catalogue.tools(server_name)
        except CatalogueUnavailable as error:
            raise _unavailable(error) from error
        return await authorization.tools(user, found)

    async def reporter(x_gateway_api_key: Annotated[str | None, Header()] = None) -> AuditFile:
        if key is None or audit is None:
            raise HTTPException(503, "no events are taken here: an api key and an audit file must be set")
        # As bytes: texts beyond ASCII cannot be compared in constant time.
        if not hmac.compare_digest((x_gateway_api_key or "").encode(), key):
            raise HTTPException(401, "send `X-Gateway-Api-Key`")
        return audit

    @router.post("/audit", status_code=201)
    async def report(event: GatewayAuditEvent, file: Annotated[AuditFile, Depends(reporter)]) -> AuditReceipt:
        """Write down what a gateway did."""
        try:
            audit_id = file.write("reported", event=event.model_dump(mode="json", exclude_none=True))
        except AuditFailed as error:
            log.error("gateway_audit_failed", exc_info=error)
            raise HTTPException(500, "the event could not be written down") from error
        log.info("gateway_audit", event_type=event.event_type, audit_id=audit_id)
        return AuditReceipt(audit_id=audit_id)

    return router


def _unavailable(error: CatalogueUnavailable) -> HTTPException:
    log.error("catalogue_unavailable", reason=str(error))
    return HTTPException(500, f"the catalogue is not available: {error}")
