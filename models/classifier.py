"""The one way from beats to decisions, offline and online."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from ecg import check_beats
from models.decisions import Decisions, Receipts
from models.errors import NoSolver
from models.network import Output, Solver

CHUNK = 256
"""Beats that go through the network at once: enough to keep two cores busy, little enough to bound memory."""


class Classifier:
    """A network that is ready to answer. `solver` is what it uses where a call does not say; None if it has none."""

    def __init__(self, network: nn.Module, solver: Solver | None) -> None:
        self.network = network
        self.solver = solver

    def classify(self, beats: Float[np.ndarray, "..."], solver: Solver | None = None) -> Decisions:
        """Decide on each beat of an array `[beat, 187]` of values in 0..1.

        Raises InvalidBeats, InvalidBeat, NoSolver, and the errors of `ode.integrate` for settings it cannot honour.
        """
        if solver is not None and self.solver is None:
            raise NoSolver("got solver settings for a network that has no solver; leave them out")
        values = check_beats(beats)
        chosen = solver or self.solver
        device = next(self.network.parameters()).device
        outputs = []
        self.network.eval()
        with torch.inference_mode():
            for chunk in torch.from_numpy(values).split(CHUNK):
                outputs.append(self.network(chunk.to(device), chosen))
        return Decisions(
            probabilities=torch.cat([output.logits for output in outputs]).softmax(1).cpu().numpy(),
            receipts=None if chosen is None else _receipts(chosen, outputs),
        )


def _receipts(solver: Solver, outputs: list[Output]) -> Receipts:
    solutions = [output.solution for output in outputs if output.solution is not None]

    def column(name: str) -> np.ndarray:
        joined: np.ndarray = torch.cat([getattr(solution, name) for solution in solutions]).cpu().numpy()
        return joined

    return Receipts(
        solver=solver,
        evaluations=column("evaluations"),
        accepted=column("accepted"),
        rejected=column("rejected"),
        error=column("error"),
        status=column("status"),
    )
