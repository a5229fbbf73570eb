"""What holds between agents whatever a policy says: checked before it is asked."""

from sark_policy.gateway.models import A2AAuthorizationRequest, AgentContext

MOST_DELEGATIONS = 2
"""How often a task may be passed on."""

DEPTH = "delegation_depth"


def refusal(source: AgentContext, asked: A2AAuthorizationRequest) -> str | None:
    """Return why the request is denied out of hand, or `None` where the policy decides."""
    if asked.source_agent_id != source.agent_id:
        return "denied: the token belongs to another agent than the one that is named as the source"
    if source.trust_level == "untrusted" and asked.target_environment != source.environment:
        return "denied: an untrusted agent stays in its environment"
    if asked.capability.value not in source.capabilities:
        return f"denied: the agent lacks the capability {asked.capability.value}"
    depth = asked.context.get(DEPTH, 0)
    if isinstance(depth, bool) or not isinstance(depth, (int, float)) or not depth >= 0:
        return "denied: the delegation depth is not a number"
    if depth > MOST_DELEGATIONS:
        return f"denied: a task may be passed on {MOST_DELEGATIONS} times"
    return None
