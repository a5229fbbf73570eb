"""What the gateway is asked and what it answers: the fields of SARK's own API, by the same names."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(max_length=256)]
Fields = dict[str, Any]

Level = Literal["public", "low", "internal", "medium", "confidential", "high", "critical"]
"""How sensitive a server or a tool is, in either of the two vocabularies in use."""

Trust = Literal["untrusted", "low", "limited", "medium", "high", "trusted", "critical"]
"""How far an agent is trusted, in either of the two vocabularies in use."""


class Sensitivity(StrEnum):
    """How sensitive a request says to be."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Action(StrEnum):
    """What a user may ask for."""

    INVOKE = "gateway:tool:invoke"
    LIST = "gateway:server:list"
    DISCOVER = "gateway:tool:discover"
    INFO = "gateway:server:info"


class Capability(StrEnum):
    """What an agent may ask of another."""

    EXECUTE = "execute"
    QUERY = "query"
    DELEGATE = "delegate"


class GatewayAuthorizationRequest(BaseModel):
    """May this user do that?"""

    action: Action
    server_name: Name | None = None
    tool_name: Name | None = None
    parameters: Fields = {}
    """What the tool would be called with."""
    gateway_metadata: Fields = {}
    """For the caller's own use: no part of the question."""
    sensitivity_level: Sensitivity | None = None
    context: Fields = {}
    """What else matters: `timestamp` in seconds, `client_ip`, `mfa`, …"""


class A2AAuthorizationRequest(BaseModel):
    """May this agent ask that of the other?"""

    source_agent_id: Name
    target_agent_id: Name
    capability: Capability
    message_type: Name
    payload_metadata: Fields = {}
    target_environment: Name = ""
    parameters: Fields = {}
    context: Fields = {}


class GatewayAuthorizationResponse(BaseModel):
    """The answer to both."""

    allow: bool
    reason: str
    filtered_parameters: Fields | None = None
    """The parameters to pass on in place of the caller's; empty: pass on none. `None`: no filter."""
    audit_id: str | None = None
    """Names the decision in the log and in the audit file."""
    cache_ttl: int = Field(60, ge=0)
    """How long the caller may keep the answer, in seconds."""


class AgentContext(BaseModel):
    """An agent, as its token describes it."""

    model_config = ConfigDict(frozen=True, strict=True)

    agent_id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    agent_type: Literal["service", "worker", "query"]
    trust_level: Trust
    capabilities: list[Name] = []
    environment: Name
    rate_limited: bool = False
    metadata: Fields = {}


class GatewayServerInfo(BaseModel):
    """A server of the catalogue."""

    server_id: str
    server_name: str
    server_url: str
    sensitivity_level: Level = "medium"
    authorized_teams: list[str] = []
    access_restrictions: Fields | None = None
    health_status: str = "unknown"
    tools_count: int = Field(0, ge=0)


class GatewayToolInfo(BaseModel):
    """A tool of a server."""

    tool_name: str
    server_name: str
    description: str = ""
    sensitivity_level: Level = "medium"
    parameters: list[Fields] = []
    sensitive_params: list[str] = []
    required_capabilities: list[str] = []


class GatewayAuditEvent(BaseModel):
    """What a gateway reports that it did."""

    model_config = ConfigDict(extra="allow")

    event_type: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    user_id: Name | None = None
    agent_id: Name | None = None
    server_name: Name | None = None
    tool_name: Name | None = None
    decision: Literal["allow", "deny", "error"] | None = None
    reason: str | None = None
    timestamp: float | None = None
    """When it happened, in seconds since the Unix epoch."""
    gateway_request_id: Name | None = None
    metadata: Fields = {}


class AuditReceipt(BaseModel):
    """An event was written down."""

    audit_id: str
    status: Literal["logged"] = "logged"
