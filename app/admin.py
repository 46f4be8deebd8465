"""Who may change what the service serves."""

import ipaddress

from fastapi import Request
from starlette.exceptions import HTTPException


def require_loopback(request: Request) -> None:
    """For routes that change the service: `dependencies=[Depends(require_loopback)]`. Raises HTTPException (403)."""
    if request.client is None or not _is_loopback(request.client.host):
        raise HTTPException(
            403, "this is answered on the service's own machine alone; ask from there, or send it SIGHUP"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
