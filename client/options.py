"""How beats shall be decided on."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Options:
    """What is None is as the service and its model have it; the service says what is wrong with the others.

    `model` is a name that GET /models lists. `method`, `rtol`, `atol`, `step` (a share of the interval) and
    `max_evaluations` say how the ODE is solved. `coverage` is the share of beats to answer, 0.5 to 1.
    """

    model: str | None = None
    method: str | None = None
    rtol: float | None = None
    atol: float | None = None
    step: float | None = None
    max_evaluations: int | None = None
    coverage: float | None = None

    @property
    def given(self) -> dict[str, str | float]:
        """Those that are not None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


DEFAULT = Options()
