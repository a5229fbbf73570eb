"""Substitutes: which names of the gateway mean ours at each level of an installation."""

from typing import Any, Literal

GATEWAY = "sark"
POLICY = f"{GATEWAY}.services.policy"
EXTENSION = f"{GATEWAY}.sark_rust"

Level = Literal["A", "B", "C"]

Plan = dict[str, dict[str, Any]]
"""By module of the gateway: names, and what they are to mean."""

REQUIRED = {
    f"{POLICY}.factory": ("create_opa_client", "create_policy_cache"),
    POLICY: ("OPAClient", "PolicyCache"),
    f"{POLICY}.opa": ("evaluate_policy",),
}
"""What a level is about; where a gateway lacks it, the installation says so."""

OLD = frozenset(
    f"{POLICY}.{name}" for name in ("opa_client", "cache", "rust_opa_client", "rust_cache", "cache_cleanup")
)
"""Modules of the gateway's own path: only what a plan names is replaced there, for the path is asked still."""


def plan_of(level: Level) -> Plan:
    """Return what a level replaces; each level holds those before it."""
    plan = _extension()
    if level != "A":
        for module, names in _clients().items():
            plan.setdefault(module, {}).update(names)
    if level == "C":
        from sark_policy.sark import factory

        plan[f"{POLICY}.opa"]["evaluate_policy"] = factory.evaluate_policy
    return plan


def _extension() -> Plan:
    from sark_policy.sark import extension

    available = {"RUST_AVAILABLE": extension.RUST_AVAILABLE}
    classes = {"RustOPAEngine": extension.RustOPAEngine, "RustCache": extension.RustCache}
    return {
        f"{GATEWAY}._rust": available | classes,
        f"{POLICY}.rust_opa_client": available | classes,
        f"{POLICY}.rust_cache": available | classes,
        f"{POLICY}.factory": dict(available),
        POLICY: dict(available),
    }


def _clients() -> Plan:
    from sark_policy.sark import cache, cleanup, factory, flags, models
    from sark_policy.sark.clients.routed_client import RoutedOPAClient
    from sark_policy.sark.clients.rust_client import RustOPAClient

    creators = {
        "create_opa_client": factory.create_opa_client,
        "create_policy_cache": factory.create_policy_cache,
        "create_policy_clients": factory.create_policy_clients,
    }
    # One class of each, in place of one a client: whoever checks a decision's class is right with any client.
    answers = {
        "AuthorizationInput": models.AuthorizationInput,
        "AuthorizationDecision": models.AuthorizationDecision,
        "PolicyDecision": models.PolicyDecision,
    }
    sweeping = ("CacheCleanupTask", "get_cleanup_task", "start_cache_cleanup", "stop_cache_cleanup")
    return {
        f"{POLICY}.factory": dict(creators),
        f"{POLICY}.opa": dict(creators),
        f"{POLICY}.opa_client": dict(answers),
        f"{POLICY}.rust_opa_client": dict(answers),
        POLICY: {
            "OPAClient": RoutedOPAClient,
            "RustOPAClient": RustOPAClient,
            "PolicyCache": cache.PolicyCache,
            "RustPolicyCache": cache.RustPolicyCache,
            "get_policy_cache": cache.get_policy_cache,
            "get_rust_policy_cache": cache.get_rust_policy_cache,
            "is_rust_cache_available": cache.is_rust_cache_available,
        }
        | {name: getattr(cleanup, name) for name in sweeping},
        f"{GATEWAY}.services.feature_flags": {
            "FeatureFlagManager": flags.FeatureFlagManager,
            "get_feature_flag_manager": flags.get_feature_flag_manager,
        },
    }
