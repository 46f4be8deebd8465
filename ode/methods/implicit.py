"""The equation of an implicit stage, Y = base + share * f(t, Y), solved for each sample alone.

Newton's method; its linear equations are solved by GMRES, which asks only for products with the Jacobian, and these are
differences of f (Knoll and Keyes, "Jacobian-free Newton-Krylov methods", 2004). So it works for any f and any shape of
state, and what it costs is counted in evaluations.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.autograd.function import once_differentiable

from ode.dynamics import Dynamics, per_sample
from ode.methods.krylov import DIMENSIONS, gmres
from ode.methods.step_size import root_mean_square

NEWTON_STEPS = 12
LINEAR_TOLERANCE = 1e-2
"""How much of the residual a Newton step may leave: it then gains two digits."""
GRADIENT_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Root:
    """The solution of each sample, whether it is one, and what it cost."""

    state: Float[Tensor, "sample ..."]
    solved: Bool[Tensor, "sample"]
    evaluations: Int64[Tensor, "sample"]


@dataclass(frozen=True)
class Equation:
    """How well a stage is solved: until Newton's correction is at most a hundredth of `atol + rtol * |Y|`.

    `budget` is how many evaluations each sample may still spend; one that it does not suffice for is not solved.
    """

    rtol: float
    atol: float
    budget: Int64[Tensor, "sample"]

    def solve(
        self,
        f: Dynamics,
        t: Float[Tensor, "sample"],
        base: Float[Tensor, "sample ..."],
        share: Float[Tensor, "sample"],
        guess: Float[Tensor, "sample ..."],
        spent: Int64[Tensor, "sample"] | int,
    ) -> Root:
        """Y, from a guess; differentiable by the implicit function theorem where gradients are enabled."""
        with torch.no_grad():
            root = self._newton(f, t, base, share, guess, self.budget - spent)
        if not torch.is_grad_enabled():
            return root
        image = base + per_sample(share, base) * f(t, root.state)
        state: Tensor = _ImplicitFunction.apply(f, t, share, root.state, image)  # type: ignore[no-untyped-call]
        return Root(state, root.solved, root.evaluations)

    def _newton(
        self,
        f: Dynamics,
        t: Float[Tensor, "sample"],
        base: Float[Tensor, "sample ..."],
        share: Float[Tensor, "sample"],
        guess: Float[Tensor, "sample ..."],
        budget: Int64[Tensor, "sample"],
    ) -> Root:
        state = guess.clone()
        solved = torch.zeros_like(t, dtype=torch.bool)
        spent = torch.zeros_like(budget)
        going = torch.arange(len(t), device=t.device)
        most = 1 + min(DIMENSIONS, base[0].numel())
        for _ in range(NEWTON_STEPS):
            going = going[spent[going] + most <= budget[going]]
            if not len(going):
                break
            y, value = state[going], f(t[going], state[going])
            length = per_sample(share[going], y)
            jacobian = _Jacobian(f, t[going], y, value)
            matrix = partial(_newton_matrix, jacobian, length)
            correction, products = gmres(matrix, base[going] + length * value - y, LINEAR_TOLERANCE)
            state[going] = y + correction
            spent[going] += 1 + products
            size = root_mean_square(correction / (self.atol + self.rtol * state[going].abs()))
            solved[going] = size <= 0.01
            going = going[(size > 0.01) & size.isfinite()]
        return Root(state, solved, spent)


@dataclass(frozen=True)
class _Jacobian:
    """df/dy of each sample at its own time and state, where f is `value`."""

    f: Dynamics
    t: Float[Tensor, "sample"]
    y: Float[Tensor, "sample ..."]
    value: Float[Tensor, "sample ..."]

    def times(self, v: Float[Tensor, "sample ..."]) -> Float[Tensor, "sample ..."]:
        """Its product with v, as a difference over a distance where rounding and curvature weigh about the same."""
        reach = torch.finfo(v.dtype).eps ** 0.5 * (1 + root_mean_square(self.y))
        distance = reach / root_mean_square(v).clamp_min(torch.finfo(v.dtype).tiny)
        moved = self.f(self.t, self.y + per_sample(distance, v) * v)
        return (moved - self.value) / per_sample(distance, v)


def _newton_matrix(jacobian: _Jacobian, length: Tensor, v: Float[Tensor, "sample ..."]) -> Float[Tensor, "sample ..."]:
    """The matrix of Newton's equation, 1 - share df/dy, times v."""
    return v - length * jacobian.times(v)


class _ImplicitFunction(torch.autograd.Function):
    """The solved state as a function of its image, base + share * f(t, Y) with Y held: dY = (1 - share df/dy)^-1."""

    @staticmethod
    def forward(
        ctx: Any,
        f: Dynamics,
        t: Float[Tensor, "sample"],
        share: Float[Tensor, "sample"],
        state: Float[Tensor, "sample ..."],
        _: Float[Tensor, "sample ..."],
    ) -> Tensor:
        ctx.f = f
        ctx.save_for_backward(t, share, state)
        return state.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        t, share, state = ctx.saved_tensors
        with torch.enable_grad():
            y = state.detach().requires_grad_()
            value = ctx.f(t, y)

        def transposed(v: Tensor) -> Tensor:
            (part,) = torch.autograd.grad(value, y, per_sample(share, v) * v, retain_graph=True)
            of_y: Tensor = v - part
            return of_y

        of_image, _ = gmres(transposed, gradients[0], GRADIENT_TOLERANCE)
        return None, None, None, None, of_image
