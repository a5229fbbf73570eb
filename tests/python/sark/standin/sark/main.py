"""The other application: it shows the rollout's metrics, and serves no request of the gateway."""

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from .metrics import registry

app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the application runs."""
    return {"status": "healthy"}


@app.get("/metrics")
def metrics() -> Response:
    """Show the gateway's own registry."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
