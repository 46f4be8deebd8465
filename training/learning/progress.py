"""What is shown while an epoch is trained."""

import time
from collections.abc import Iterator

from torch import Tensor
from tqdm import tqdm


class Progress:
    """The bar of one epoch, and the running means that it shows."""

    def __init__(self, number: int, epochs: int, batches: int) -> None:
        self.bar = tqdm(total=batches, desc=f"epoch {number}/{epochs}", unit="batch", disable=None)
        self.started = time.perf_counter()
        self.beats = self.right = self.batches_done = 0
        self.loss_sum = self.evaluations_sum = 0.0

    def follow(self, batches: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """The batches, with the bar on the screen until they end."""
        with self.bar:
            yield from batches

    def add(self, loss: float, right: int, evaluations: float, beats: int) -> None:
        """Count one batch."""
        self.beats += beats
        self.right += right
        self.batches_done += 1
        self.loss_sum += loss * beats
        self.evaluations_sum += evaluations
        speed = self.beats / (time.perf_counter() - self.started)
        self.bar.set_postfix_str(
            f"loss {self.loss:.4f}, accuracy {self.accuracy:.2%}, {speed:,.0f} beats/s, "
            f"{self.evaluations:.1f} evaluations"
        )
        self.bar.update()

    @property
    def loss(self) -> float:
        """Its mean over the beats so far."""
        return self.loss_sum / self.beats

    @property
    def accuracy(self) -> float:
        """The share of the beats so far that were right."""
        return self.right / self.beats

    @property
    def evaluations(self) -> float:
        """Their mean over the batches so far."""
        return self.evaluations_sum / self.batches_done
