"""The admin API: rollout, bundles, shadow, figures, and a page that shows them to a person.

>>> from fastapi import FastAPI
>>> from sark_policy.sark.runtime import Runtime
>>> app = FastAPI()
>>> app.include_router(admin_router(Runtime()))

Whoever is allowed in is somebody else's to say: the application leaves its user at `request.state.user`, as
the gateway's middleware does, or passes `authenticate` or `require_admin`.
"""

from sark_policy.sark.admin.routes import admin_router

__all__ = ["admin_router"]
