"""Bars: what must hold, printed one by one as it is found out."""


class Bars:
    """Counts those that were missed; `status` is that of a process which says so."""

    def __init__(self) -> None:
        self.missed = 0

    def check(self, held: bool, what: str) -> None:
        """Tell whether one holds."""
        self.missed += not held
        print(f"{'held  ' if held else 'MISSED'} {what}", flush=True)

    @property
    def status(self) -> int:
        """0 where all were held."""
        return int(self.missed > 0)
