"""Loopback: whether an address is this machine's own, which nobody else can reach."""

import ipaddress
from urllib.parse import urlsplit

LOCALHOST = "localhost"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can be there. Of names only localhost is known to be so; "" stands for all."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST


def names_loopback(authority: str) -> bool:
    """Whether a Host header, which may have a port, names this machine by loopback."""
    try:
        return is_loopback(urlsplit(f"//{authority}").hostname or "")
    except ValueError:
        return False
