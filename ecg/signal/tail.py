"""A tail: what is kept of a signal that comes piece by piece."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Tail:
    """The end of a signal, as far back as it is needed; its samples are counted from the signal's beginning on."""

    values: Float[np.ndarray, "*lead sample"]
    start: int = 0

    @property
    def stop(self) -> int:
        """The sample that comes next."""
        return self.start + int(self.values.shape[-1])

    def followed_by(self, piece: Float[np.ndarray, "*lead more"]) -> "Tail":
        """With the next piece of the signal."""
        return Tail(np.concatenate((self.values, piece), axis=-1), self.start)

    def since(self, start: int) -> "Tail":
        """Without what was before a sample."""
        surplus = min(max(start - self.start, 0), self.values.shape[-1])
        return Tail(self.values[..., surplus:], self.start + surplus)

    def between(self, start: int, stop: int) -> Float[np.ndarray, "*lead part"]:
        """The samples from one to before another, as far as they are there."""
        return self.values[..., max(start - self.start, 0) : max(stop - self.start, 0)]
