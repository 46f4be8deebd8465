"""How much a computation keeps for its way back."""

import weakref
from collections.abc import Iterable

import torch
from torch import Tensor


class Kept(torch.autograd.graph.saved_tensors_hooks):
    """Within it, counts the bytes that autograd keeps for the way back: those `now`, and the `most` at once.

    The parameters that it is given do not count: they are there anyway. A tensor that is kept twice counts twice.
    """

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        super().__init__(self._keep, lambda held: held)
        self.own = {parameter.untyped_storage().data_ptr() for parameter in parameters}
        self.now = self.most = 0

    def _keep(self, tensor: Tensor) -> Tensor:
        """What is kept in the tensor's place, counted for as long as it is."""
        held = tensor.detach()
        if held.untyped_storage().data_ptr() not in self.own:
            self._count(held.nbytes)
            weakref.finalize(held, self._count, -held.nbytes)
        return held

    def _count(self, more: int) -> None:
        self.now += more
        self.most = max(self.most, self.now)
