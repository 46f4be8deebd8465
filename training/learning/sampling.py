"""Sampling: which of the training beats an epoch takes, and in what order."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from ecg import LABELS, Label


class Mixture(BaseModel):
    """How many beats an epoch draws, with replacement, and how many of them are of each class.

    Within a class a recording is drawn from by the square root of how many beats of the class it has, so that a few
    recordings with most of the ectopic beats do not become what such beats are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    beats: int = Field(ge=1)
    classes: dict[Label, float]


@runtime_checkable
class Sampling(Protocol):
    """`size` is how many beats an epoch has; `log_shares` is what its logits must be corrected by, one a class."""

    size: int
    log_shares: Float[Tensor, "class"]

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""


class Thinned:
    """Every beat once, but of some classes only a share, drawn anew.

    Where a class is thinned out, its logits stand for more beats than are there; adding the logarithm of its share
    makes the loss that of the beats that are there, and leaves the logits those of all (King and Zeng 2001).
    """

    def __init__(self, labels: Int64[Tensor, "beat"], shares: Mapping[Label, float]) -> None:
        self.labels = labels
        share = torch.tensor([shares.get(label, 1.0) for label in LABELS])
        self.log_shares = share.log()
        self.taken: list[int] = (share * torch.bincount(labels, minlength=len(LABELS))).round().long().tolist()
        self.size = sum(self.taken)

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""
        order = torch.randperm(len(self.labels), generator=generator)
        if self.size == len(order):
            return order
        labels = self.labels[order]
        order = torch.cat([order[labels == place][:count] for place, count in enumerate(self.taken)])
        return order[torch.randperm(len(order), generator=generator)]


class Mixed:
    """Beats drawn by a `Mixture`; its logits are left as they are, for the operating point is chosen afterwards."""

    def __init__(self, labels: Int64[Tensor, "beat"], recordings: np.ndarray, mixture: Mixture) -> None:
        self.size = mixture.beats
        self.log_shares = torch.zeros(len(LABELS))
        keys = np.char.add(recordings.astype(np.str_), labels.numpy().astype(np.str_))
        _, key, counts = np.unique(keys, return_inverse=True, return_counts=True)
        weights = torch.from_numpy(1 / np.sqrt(counts[key]))
        shares = torch.tensor([mixture.classes.get(label, 0.0) for label in LABELS], dtype=torch.float64)
        sums = torch.zeros(len(LABELS), dtype=torch.float64).index_add(0, labels, weights)
        self.weights = (weights * (shares / sums.clamp(min=1e-12))[labels]).cumsum(0)

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""
        drawn = torch.rand(self.size, generator=generator, dtype=torch.float64) * self.weights[-1]
        return torch.searchsorted(self.weights, drawn, right=True).clamp(max=len(self.weights) - 1)
