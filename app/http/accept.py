"""Accept: which of the forms that there are a client would rather have (RFC 9110, 12.5.1)."""

import re
from collections.abc import Sequence

from app.errors import NotAcceptable
from ecg.messages import shortened

ANY = "*/*"
WEIGHT = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")
"""RFC 9110, 12.4.2."""


def preferred(accept: str, media_types: Sequence[str]) -> str:
    """The media type that an Accept header prefers of those there are; the first for none. Raises NotAcceptable.

    Of several that it likes as well the one that it names first.
    """
    ranges = [_range(part) for part in accept.lower().split(",") if part.strip()] or [(ANY, 1.0)]
    wishes = {kind: _wish(kind, ranges) for kind in media_types}
    best = max(media_types, key=lambda kind: wishes[kind])
    if not wishes[best][0]:
        there = ", ".join(media_types)
        raise NotAcceptable(f"got Accept: {shortened(accept)!r}, expected one of: {there}, with a q value above 0")
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; what is no weight, such as q=nan, says no more than none does."""
    name, *parameters = (word.strip() for word in part.split(";"))
    weights = [parameter[2:] for parameter in parameters if WEIGHT.fullmatch(parameter)]
    return name, float(weights[0]) if weights else 1.0


def _wish(kind: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    """The weight that the closest range gives a media type (RFC 9110, 12.5.1), 0 for none, and how early it comes."""
    fitting = [(-name.count("*"), weight, -place) for place, (name, weight) in enumerate(ranges) if _fits(kind, name)]
    _, weight, place = max(fitting, default=(0, 0.0, 0))
    return weight, place


def _fits(kind: str, name: str) -> bool:
    return name in (ANY, kind) or (name.endswith("/*") and kind.startswith(name[:-1]))
