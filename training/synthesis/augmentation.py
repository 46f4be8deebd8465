"""Beats as they might have been: with a little noise, at another heart rate, from an R peak found beside its place."""

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor


class Augmentation(BaseModel):
    """How much training beats are changed at random, anew in every epoch; all 0: not at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noise: float = Field(default=0.0, ge=0, lt=1, description="standard deviation of white noise, of a scale of 0..1")
    shift: float = Field(default=0.0, ge=0, description="the most that a beat moves either way, in samples")
    stretch: float = Field(default=0.0, ge=0, lt=1, description="the most that time runs slower or faster, as a share")

    def apply(self, beats: Float[Tensor, "beat sample"], generator: torch.Generator) -> Float[Tensor, "beat sample"]:
        """The beats, each changed in its own way; values stay in 0..1, and padding that stays padding stays 0."""
        if not (self.noise or self.shift or self.stretch):
            return beats
        device = beats.device

        def uniform(most: float) -> Tensor:
            return most * (2 * torch.rand(len(beats), 1, generator=generator) - 1).to(device)

        places = torch.arange(beats.shape[1], device=device) * (1 + uniform(self.stretch)) + uniform(self.shift)
        places = places.clamp(0, beats.shape[1] - 1)
        before = places.floor().long()
        after = (before + 1).clamp(max=beats.shape[1] - 1)
        left, right = beats.gather(1, before), beats.gather(1, after)
        moved = torch.lerp(left, right, places - before)
        noise = self.noise * torch.randn(beats.shape, generator=generator).to(device)
        inside = (left != 0) | (right != 0)
        return torch.where(inside, (moved + noise).clamp(0, 1), torch.zeros_like(moved))
