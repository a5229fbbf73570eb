"""The gateway's own metrics, in a registry of their own: the process that serves the gateway does not show it."""

from prometheus_client import CollectorRegistry, Counter

registry = CollectorRegistry()

evaluations = Counter("opa_evaluation_total", "Evaluations.", ["implementation", "result"], registry=registry)
cache_operations = Counter(
    "cache_operations_total", "Cache operations.", ["implementation", "operation", "result"], registry=registry
)
