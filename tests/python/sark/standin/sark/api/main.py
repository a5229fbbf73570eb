"""The application that serves the gateway."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import BaseModel

from ..services.auth import UserContext, claims_of, current_agent, current_user, user_of
from ..services.gateway.authorization import authorize_a2a_request, authorize_gateway_request
from ..services.policy import OPAClient
from ..services.policy.opa_client import AuthorizationDecision, AuthorizationInput

app = FastAPI()

CSRF_EXEMPT: list[str] = ["/health"]
"""Paths that need no CSRF token. Those of the gateway are not among them, and nothing sets the cookie."""

User = Annotated[UserContext, Depends(current_user)]
Agent = Annotated[dict[str, Any], Depends(current_agent)]
Next = Callable[[Request], Awaitable[Response]]


@app.middleware("http")
async def authentication(request: Request, call_next: Next) -> Response:
    """Leave the user, if there is one, at `request.state.user`."""
    claims = claims_of(request)
    if claims is not None and "sub" in claims:
        request.state.user = user_of(claims)
    return await call_next(request)


@app.middleware("http")
async def csrf(request: Request, call_next: Next) -> Response:
    """Refuse what changes something and does not send the cookie's token twice."""
    sent = request.headers.get("x-csrf-token")
    exempt = request.method in ("GET", "HEAD") or request.url.path.startswith(tuple(CSRF_EXEMPT))
    if not exempt and (not sent or sent != request.cookies.get("csrf_token")):
        return JSONResponse({"detail": "CSRF token missing or wrong"}, 403)
    return await call_next(request)


class GatewayRequest(BaseModel):
    """What a user wants of the gateway."""

    action: str
    server_name: str | None = None
    tool_name: str | None = None
    parameters: dict[str, Any] = {}
    sensitivity_level: str | None = None
    context: dict[str, Any] = {}


class AgentRequest(BaseModel):
    """What an agent wants of another one."""

    target_agent_id: str
    target_environment: str = ""
    capability: str
    parameters: dict[str, Any] = {}
    context: dict[str, Any] = {}


class PolicyRequest(BaseModel):
    """What is asked of a policy."""

    action: str
    tool: dict[str, Any] | None = None
    server: dict[str, Any] | None = None
    context: dict[str, Any] = {}


def opa_client() -> OPAClient:
    """Make a client."""
    return OPAClient()


@app.post("/api/v1/gateway/authorize")
async def authorize(asked: GatewayRequest, user: User) -> dict[str, Any]:
    """Decide what a user wants."""
    return await authorize_gateway_request(user, asked)


@app.post("/api/v1/gateway/authorize-a2a")
async def authorize_a2a(asked: AgentRequest, agent: Agent) -> dict[str, Any]:
    """Decide what an agent wants."""
    return await authorize_a2a_request(agent, asked)


@app.post("/api/v1/policy/evaluate", response_model=AuthorizationDecision)
async def evaluate(asked: PolicyRequest, user: User, client: Annotated[Any, Depends(opa_client)]) -> Any:
    """Decide by the policy client."""
    who = {"id": user.user_id, "email": user.email, "role": user.role, "teams": user.teams}
    return await client.evaluate_policy(
        AuthorizationInput(user=who, action=asked.action, tool=asked.tool, server=asked.server, context=asked.context)
    )


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the application runs."""
    return {"status": "healthy"}


@app.get("/metrics")
def metrics() -> Response:
    """Show the default registry: what is rolled out is in another one."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
