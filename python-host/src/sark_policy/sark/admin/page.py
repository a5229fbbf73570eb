"""The page of the admin API: what a person looks at.

It holds no data and no secret, so anybody may load it. Its script asks the API like any other client: with
the session's cookies, or with a token that the person enters and that lives in a variable, nowhere else.

What policies and users say is text there and never markup: the script builds elements and sets their text.
The policy of the page (CSP) would stop anything else: it runs the one script and the one style of this
package, by their digests, and talks to its own origin alone.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse


def page_routes() -> APIRouter:
    """Return the route of the page."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def page() -> Response:
        """Return the page."""
        html, policy = _page()
        return HTMLResponse(
            html,
            headers={
                "Content-Security-Policy": policy,
                "Cache-Control": "no-store",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
            },
        )

    return routes


@cache
def _page() -> tuple[str, str]:
    """Return the page in one piece, and its policy."""
    folder = files("sark_policy.sark.admin") / "static"

    def read(*names: str) -> str:
        return "\n".join((folder / name).read_text("utf-8").strip() for name in names)

    html, style, script = read("page.html"), read("page.css"), read("elements.js", "sections.js", "page.js")
    # The digests are of what stands between the tags, exactly.
    html = html.replace("<style></style>", f"<style>{style}</style>")
    html = html.replace("<script></script>", f"<script>{script}</script>")
    policy = [
        "default-src 'none'",
        f"script-src '{_digest(script)}'",
        f"style-src '{_digest(style)}'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return html, "; ".join(policy)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
