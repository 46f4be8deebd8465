"""Units of voltage, and what makes millivolts of them."""

_MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "nv": 1e-6}

UNITS = ("mV", "uV", "V")
"""Those that a caller may state."""


def millivolts(unit: str) -> float | None:
    """How many mV one of this unit is; None where it is no voltage."""
    return _MILLIVOLTS.get(unit.strip().lower())
