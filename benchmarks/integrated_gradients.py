"""Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", 2017): the other way to
explain, which `models.explanation` is held against.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

STEPS = 32


def integrated_gradients(
    network: nn.Module, beat: Float[Tensor, "187"], baseline: Float[Tensor, "187"], label: int, steps: int = STEPS
) -> Float[Tensor, "187"]:
    """What each sample adds to the class's logit on the straight way from the baseline to the beat.

    Equation 1, by the midpoint rule. Complete: all samples together add the difference of the logit at the two ends.
    The gradient goes through the solve, so a network's `gradient` should be "direct", which is that of the very solve.
    """
    shares = (torch.arange(steps, dtype=beat.dtype) + 0.5) / steps
    way = (baseline + shares[:, None] * (beat - baseline)).requires_grad_()
    with torch.enable_grad():
        logit = network(way).logits[:, label].sum()
    (slopes,) = torch.autograd.grad(logit, way)
    return (beat - baseline) * slopes.mean(dim=0)
