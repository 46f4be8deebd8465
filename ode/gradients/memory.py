"""How much a computation keeps for its way back."""

import weakref
from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor


class Kept(torch.autograd.graph.saved_tensors_hooks):
    """Within it, counts the bytes of memory that autograd keeps for the way back: those `now`, and the `most` at once.

    Memory that several tensors share counts once. That of the parameters which it is given does not count: they are
    there anyway. Within it, what is kept must not be changed in place, and gradients of gradients are wrong.
    """

    def __init__(self, parameters: Iterable[Tensor] = ()) -> None:
        super().__init__(self._keep, lambda held: held)
        self.own = {parameter.untyped_storage().data_ptr() for parameter in parameters}
        self.holders: Counter[int] = Counter()
        self.now = self.most = 0

    def _keep(self, tensor: Tensor) -> Tensor:
        """What is kept in the tensor's place; its memory counts for as long as anything of it is kept."""
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place in self.own:
            return tensor  # itself: an adjoint asks for its gradient
        held = tensor.detach()
        self.holders[place] += 1
        if self.holders[place] == 1:
            self.now += size
            self.most = max(self.most, self.now)
        weakref.finalize(held, self._release, place, size)
        return held

    def _release(self, place: int, size: int) -> None:
        self.holders[place] -= 1
        if not self.holders[place]:
            self.now -= size
