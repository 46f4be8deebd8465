"""Augmentation: beats in context as another pair of leads would show them, drawn anew in every epoch."""

import torch
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from ecg.context.context import LEADS, columns_of
from ecg.context.usual_beat import VIEW_LENGTH

FIRST, SECOND = (torch.from_numpy(columns_of(lead)) for lead in range(LEADS))
OF_VIEWS = 2 * VIEW_LENGTH
"""The first columns of a lead are those of its views."""


class LeadAugmentation(BaseModel):
    """Shares of the beats whose leads change places, whose second lead is not there, and that see a lead turned over.

    Nobody knows how the next hospital places its electrodes, in which order it writes its leads, or how many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    swapped: float = Field(default=0.0, ge=0, le=1)
    single: float = Field(default=0.0, ge=0, le=1)
    inverted: float = Field(default=0.0, ge=0, le=1, description="of each lead")

    def apply(self, beats: Float[Tensor, "beat length"], generator: torch.Generator) -> Float[Tensor, "beat length"]:
        """The beats, each changed in its own way; one with a single lead keeps it."""
        if not (self.swapped or self.single or self.inverted):
            return beats
        changed = beats.clone()

        def drawn(share: float) -> Bool[Tensor, "beat 1"]:
            return (torch.rand(len(beats), 1, generator=generator) < share).to(beats.device)

        first, second = beats[:, FIRST], beats[:, SECOND]
        swapped = drawn(self.swapped) & (second[:, :OF_VIEWS] != 0).any(dim=1, keepdim=True)
        single = drawn(self.single)
        changed[:, FIRST] = torch.where(swapped, second, first)
        changed[:, SECOND] = torch.where(single, 0.0, torch.where(swapped, first, second))
        for columns in (FIRST, SECOND):
            views = columns[:OF_VIEWS]
            changed[:, views] = torch.where(drawn(self.inverted), -changed[:, views], changed[:, views])
        return changed
