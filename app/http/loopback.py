"""Loopback: whether an address is this machine's own, which nobody else can reach."""

import ipaddress

LOCALHOST = "localhost"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can be there. Of names only localhost is known to be so; "" stands for all."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST
