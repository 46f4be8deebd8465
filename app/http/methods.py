"""HTTP methods: those that requests have, and those that a path knows."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match

HTTP_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def allowed(routes: Sequence[BaseRoute], path: str) -> list[str]:
    """The methods that a path knows, whichever of the routes each of them has (RFC 9110, 10.2.1)."""
    asked = {"type": "http", "path": path, "root_path": "", "headers": []}
    return [
        method
        for method in HTTP_METHODS
        if any(route.matches(asked | {"method": method})[0] is Match.FULL for route in routes)
    ]
