"""Images of several classes: learning to distinguish them, and how often that fails."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from examples.fitting import descend

BATCH = 64


@dataclass(frozen=True)
class Labelled:
    """Images, from 0 where there is paper to 1 where there is ink, and the class of what each shows."""

    images: Float[Tensor, "image 1 side side"]
    classes: Int64[Tensor, "image"]

    def pick(self, which: Int64[Tensor, "picked"]) -> "Labelled":
        """Some of them."""
        return Labelled(self.images[which], self.classes[which])


def cross_entropy(network: nn.Module, some: Labelled) -> Float[Tensor, ""]:
    """How far a network is from giving all its belief to the true class of each image, in nats."""
    return F.cross_entropy(network(some.images), some.classes)


def learn(network: nn.Module, known: Labelled, steps: int, rate: float) -> None:
    """Train a network on batches that are drawn anew for each step."""
    descend(
        lambda: cross_entropy(network, known.pick(torch.randint(len(known.classes), (BATCH,)))),
        network.parameters(),
        steps,
        rate,
    )


@torch.no_grad()
def missed(network: nn.Module, new: Labelled) -> float:
    """The share of images that it takes for something else."""
    said = torch.cat([network(some).argmax(dim=1) for some in torch.split(new.images, 1000)])
    return (said != new.classes).float().mean().item()
