"""Units of voltage, and what makes millivolts of them."""

_MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "nv": 1e-6}
_MILLIVOLTS |= {"volt": 1e3, "volts": 1e3, "millivolt": 1.0, "millivolts": 1.0, "microvolt": 1e-3, "microvolts": 1e-3}
_MILLIVOLTS |= {"mvolt": 1.0, "uvolt": 1e-3, "µvolt": 1e-3, "nanovolt": 1e-6, "nanovolts": 1e-6, "æv": 1e-3}
"""In small letters; æ is what the micro sign of DOS becomes."""

UNITS = ("mV", "uV", "V")
"""Those that a caller may state."""


def millivolts(unit: str) -> float | None:
    """How many mV one of this unit is; None where it is no voltage."""
    return _MILLIVOLTS.get(unit.strip().lower())
