"""The one way from beats to decisions, offline and online."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from ecg import LABELS, check_beats
from models import zoo
from models.checkpoint import Checkpoint, load
from models.decisions import Decisions, Receipts
from models.dial import Dial
from models.errors import AlteredCheckpoint, WrongReferenceAnswers
from models.network import AUTO, Output, Solver
from ode import InvalidSolver, Solution

CHUNK = 256
"""Beats that go through the network at once: enough to keep two cores busy, little enough to bound memory."""


REFERENCE_TOLERANCE = 5e-3
"""How far a reference beat's probabilities may be from what they must be: other processors round otherwise."""


class Classifier:
    """A network that is ready to answer. `solver` is what it uses where a call does not say; None if it has none.

    `checkpoint` is where it comes from; None for one that is still being trained. `dial` is what was found of its
    solver; None for a network without one, and before anything was.
    """

    def __init__(
        self,
        network: nn.Module,
        solver: Solver | None,
        checkpoint: Checkpoint | None = None,
        dial: Dial | None = None,
    ) -> None:
        self.network = network
        self.solver = solver
        self.checkpoint = checkpoint
        self.dial = dial

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Classifier":
        """The classifier of a released model's name, or of a checkpoint file.

        It has answered its reference beats, so it works and is warm. Raises UnknownModel, and BadCheckpoint of
        the kind that says what is wrong with the file.
        """
        file = zoo.find(name_or_path)
        checkpoint = load(file)
        network = checkpoint.info.architecture.build(len(LABELS))
        try:
            network.load_state_dict(checkpoint.weights)
        except RuntimeError as error:
            raise AlteredCheckpoint(f"the weights in {file} are not those of its architecture: {error}") from error
        classifier = cls(network, checkpoint.info.architecture.solver, checkpoint, checkpoint.info.dial)
        answers = classifier.classify(checkpoint.reference_beats.numpy()).probabilities
        furthest = np.abs(answers - checkpoint.reference_probabilities.numpy()).max()
        if not furthest <= REFERENCE_TOLERANCE:
            raise WrongReferenceAnswers(
                f"{file}: a reference beat's probability is off by {furthest:.2g}, "
                f"expected at most {REFERENCE_TOLERANCE:g}"
            )
        return classifier

    def classify(self, beats: Float[np.ndarray, "..."], solver: Solver | None = None) -> Decisions:
        """Decide on each beat of an array `[beat, 187]` of values in 0..1.

        Raises InvalidBeats, InvalidBeat, NoSolver, and the errors of `ode.integrate` for settings it cannot honour.
        """
        values = check_beats(beats)
        chosen = solver or self.solver
        device = next(self.network.parameters()).device
        outputs = []
        self.network.eval()
        with torch.inference_mode():
            for chunk in torch.split(torch.from_numpy(values), CHUNK):
                outputs.append(self._answer(chunk.to(device), chosen))
        return Decisions(
            probabilities=torch.cat([output.logits for output in outputs]).softmax(1).cpu().numpy(),
            receipts=None if chosen is None else self._receipts(chosen, outputs),
        )

    def _answer(self, beats: Float[torch.Tensor, "beat 187"], solver: Solver | None) -> Output:
        if solver is None or solver.method != AUTO:
            output: Output = self.network(beats, solver)
            return output
        if self.dial is None or self.dial.auto is None:
            raise InvalidSolver(f'got the method "{AUTO}", which this model was not calibrated for; name another')
        return self.dial.auto.answer(self.network, beats, solver.max_evaluations)

    def _receipts(self, solver: Solver, outputs: list[Output]) -> Receipts:
        auto = self.dial.auto if self.dial and solver.method == AUTO else None
        return Receipts(
            solver=solver,
            validated=self.dial is not None and self.dial.covers(solver),
            auto=auto,
            tight=_joined([output.tight for output in outputs if output.tight is not None]) if auto else None,
            agreed=_joined([output.agreed for output in outputs if output.agreed is not None]) if auto else None,
            **_columns([output.solution for output in outputs if output.solution is not None]),
        )


COLUMNS = ("evaluations", "accepted", "rejected", "error", "status")


def _columns(solutions: list[Solution]) -> dict[str, np.ndarray]:
    return {name: _joined([getattr(solution, name) for solution in solutions]) for name in COLUMNS}


def _joined(parts: list[torch.Tensor]) -> np.ndarray:
    joined: np.ndarray = torch.cat(parts).cpu().numpy()
    return joined
