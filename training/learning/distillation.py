"""Distillation: a network learns what others say of a beat, not its label alone (Hinton, Vinyals and Dean 2015).

Its labels are sure of every beat, and some of them are wrong; what several trained networks say on average is neither.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from models import Classifier


class Distillation(BaseModel):
    """Who teaches, and how much of the loss is theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    teachers: tuple[str, ...] = Field(min_length=1, description="names in the zoo, or checkpoint files")
    weight: float = Field(gt=0, le=1, description="the teachers' share of the loss; the labels have the rest")
    temperature: float = Field(default=2.0, gt=0, description="what logits are divided by, so that small ones count")


class Teachers:
    """The networks that teach. Raises UnknownModel and BadCheckpoint for one that cannot."""

    def __init__(self, distillation: Distillation, device: torch.device) -> None:
        self.temperature = distillation.temperature
        self.networks: Sequence[nn.Module] = [
            Classifier.load(name).network.eval().to(device) for name in distillation.teachers
        ]

    def say(self, beats: Float[Tensor, "beat sample"]) -> Float[Tensor, "beat class"]:
        """The mean of their probabilities, at their temperature."""
        with torch.no_grad():
            logits = torch.stack([network(beats).logits.float() for network in self.networks])
        return F.softmax(logits / self.temperature, dim=2).mean(0)

    def loss(self, logits: Float[Tensor, "beat class"], said: Float[Tensor, "beat class"]) -> Float[Tensor, ""]:
        """How far these logits are from what the teachers said, on the scale of a cross-entropy of labels.

        The gradient of a softened cross-entropy falls with the temperature's square, which is made up for here.
        """
        return self.temperature**2 * F.kl_div(F.log_softmax(logits / self.temperature, 1), said, reduction="batchmean")
