"""The application: the gateway's parts put together.

What bounds its life: the parts are made by `create_app`, and run between the server's start and its end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

import sark_policy
from sark_policy.gateway.audit import AuditFile
from sark_policy.gateway.authorization import Authorization
from sark_policy.gateway.body_limit import BodyLimit
from sark_policy.gateway.catalogue import open_catalogue
from sark_policy.gateway.health import Health, health_router
from sark_policy.gateway.logs import RequestLog
from sark_policy.gateway.routes import Callers, gateway_router
from sark_policy.gateway.settings import GatewaySettings
from sark_policy.gateway.tokens import Tokens
from sark_policy.sark import metrics
from sark_policy.sark.admin import admin_router
from sark_policy.sark.runtime import Runtime

log = structlog.get_logger(__name__)


def create_app(settings: GatewaySettings | None = None, runtime: Runtime | None = None) -> FastAPI:
    """Return the gateway as an ASGI application.

    Args:
        settings: The settings; `None` reads the environment.
        runtime: What decides; `None`: the process's own, set up by the environment.

    Raises:
        ValidationError: A setting is missing or wrong.
        CatalogueUnavailable: The catalogue cannot be read.
        AuditFailed: The audit file cannot be opened.
    """
    settings = settings or GatewaySettings()
    runtime = runtime or Runtime.shared()
    catalogue = open_catalogue(settings)
    audit = None if settings.audit_file is None else AuditFile(settings.audit_file)
    callers = Callers(Tokens(settings))
    authorization = Authorization(runtime, audit)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.workers > 1 and runtime.settings.flags_url is None:
            log.warning("flags_in_each_worker", problem="a change reaches one worker; set SARK_POLICY_FLAGS_URL")
        await runtime.start()
        try:
            yield
        finally:
            await runtime.stop()
            await catalogue.close()
            if audit is not None:
                audit.close()

    documented = settings.environment == "development"
    app = FastAPI(
        title="SARK policy gateway",
        version=sark_policy.__version__,
        lifespan=lifespan,
        docs_url="/docs" if documented else None,
        redoc_url=None,
        openapi_url="/openapi.json" if documented else None,
    )
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, limit=settings.body_limit, seconds=settings.body_seconds)
    app.add_middleware(RequestLog)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.include_router(gateway_router(settings, callers, authorization, catalogue, audit))
    app.include_router(health_router(Health(runtime, catalogue), runtime))
    app.include_router(admin_router(runtime, authenticate=callers.user))
    if settings.metrics:
        app.add_api_route("/metrics", _metrics, include_in_schema=False)
    return app


def _metrics() -> Response:
    """Tell the metrics of all workers. Not a coroutine: reading their files takes milliseconds, on a thread."""
    body, content_type = metrics.exposition()
    return Response(body, headers={"content-type": content_type})


async def _invalid(request: Request, error: Exception) -> Response:
    """Tell what is wrong with a request, without repeating what it holds."""
    assert isinstance(error, RequestValidationError)
    problems = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()]
    return JSONResponse({"detail": problems}, 422)
