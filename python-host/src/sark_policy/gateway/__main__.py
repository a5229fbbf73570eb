"""`python -m sark_policy.gateway`: the gateway, set up by the environment."""

import sys

from pydantic import ValidationError

from sark_policy.gateway.audit import AuditFailed
from sark_policy.gateway.catalogue import CatalogueUnavailable
from sark_policy.gateway.serve import metrics_folder, serve
from sark_policy.gateway.settings import GatewaySettings


def main() -> int:
    """Serve; 2 if a setting is missing or wrong, 3 if the server did not start."""
    try:
        settings = GatewaySettings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            name = str(problem["loc"][0]) if problem["loc"] else "settings"
            print(f"{name}: {problem['msg']}", file=sys.stderr)
        print("each setting is read from SARK_GATEWAY_ and its name in capitals", file=sys.stderr)
        return 2
    with metrics_folder(settings.workers):
        try:
            return 0 if serve(settings) else 3
        except (AuditFailed, CatalogueUnavailable) as error:
            print(error, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
