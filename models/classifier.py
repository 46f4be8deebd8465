"""The one way from beats to decisions, offline and online."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from scipy.special import softmax
from torch import nn

from ecg import BEAT_LENGTH, LABELS, BeatsInContext, InvalidBeats, check_beats
from models import zoo
from models.checkpoint import Checkpoint, load
from models.decisions import Decisions, Receipts
from models.dial import Answers, Dial
from models.errors import AlteredCheckpoint, NeedsRecording, WrongReferenceAnswers
from models.memory import keep_freed_memory
from models.network import AUTO, Output, Solver
from models.operating_point import OperatingPoint
from models.rhythm_odenet import RhythmODENet
from ode import InvalidSolver

CHUNK = 256
"""Beats that go through the network at once: enough to keep two cores busy, little enough to bound memory."""

COSTS = ("evaluations", "accepted", "rejected", "error", "status")

REFERENCE_TOLERANCE = 5e-3
"""How far a reference beat's probabilities may be from what they must be: other processors round otherwise."""


class Classifier:
    """A network that is ready to answer. `solver` is what it uses where a call does not say; None if it has none.

    `checkpoint` is where it comes from; None for one that is still being trained. `dial` is what was found of its
    solver; None for a network without one, and before anything was. `operating_point` is None where the likeliest class
    is what it says.
    """

    def __init__(
        self,
        network: nn.Module,
        solver: Solver | None,
        checkpoint: Checkpoint | None = None,
        dial: Dial | None = None,
        operating_point: OperatingPoint | None = None,
    ) -> None:
        self.network = network
        self.solver = solver
        self.checkpoint = checkpoint
        self.dial = dial
        self.operating_point = operating_point

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Classifier":
        """The classifier of a released model's name, or of a checkpoint file.

        It has answered its reference beats, so it works and is warm. Raises UnknownModel, and BadCheckpoint of
        the kind that says what is wrong with the file.
        """
        keep_freed_memory()
        file = zoo.find(name_or_path)
        checkpoint = load(file)
        network = checkpoint.info.architecture.build(len(LABELS))
        try:
            network.load_state_dict(checkpoint.weights)
        except RuntimeError as error:
            raise AlteredCheckpoint(f"the weights in {file} are not those of its architecture: {error}") from error
        info = checkpoint.info
        classifier = cls(network, info.architecture.solver, checkpoint, info.dial, info.operating_point)
        reference = checkpoint.reference_beats.numpy()
        answers = classifier.classify(BeatsInContext(reference) if classifier.in_context else reference).probabilities
        furthest = np.abs(answers - checkpoint.reference_probabilities.numpy()).max()
        if not furthest <= REFERENCE_TOLERANCE:
            raise WrongReferenceAnswers(
                f"{file}: a reference beat's probability is off by {furthest:.2g}, "
                f"expected at most {REFERENCE_TOLERANCE:g}"
            )
        return classifier

    @property
    def in_context(self) -> bool:
        """Whether it takes beats in the context of their recording, and none by themselves."""
        return isinstance(self.network, RhythmODENet)

    def classify(self, beats: Float[np.ndarray, "..."] | BeatsInContext, solver: Solver | None = None) -> Decisions:
        """Decide on each beat: of an array `[beat, 187]` of values in 0..1, or `in_context`, as the network takes them.

        Raises InvalidBeats, InvalidBeat, NoSolver, NeedsRecording, and the errors of `ode.integrate` for settings it
        cannot honour.
        """
        values = self._checked(beats)
        chosen = solver or self.solver
        self.network.eval()
        if chosen is None:
            logits = self._logits(self._outputs(values, None))
            return Decisions(probabilities=softmax(logits, axis=1))
        if chosen.method == AUTO and self.solver is not None:
            return self._choose(values, chosen)
        answers = self._solve(values, chosen)
        return Decisions(softmax(answers.logits, axis=1), self._receipts(chosen, answers))

    def _checked(self, beats: Float[np.ndarray, "..."] | BeatsInContext) -> Float32[np.ndarray, "beat length"]:
        if isinstance(beats, BeatsInContext) and self.in_context:
            return beats.values
        if isinstance(beats, BeatsInContext):
            raise InvalidBeats(f"got beats in their context, expected an array [beat, {BEAT_LENGTH}]: no more is known")
        if self.in_context:
            raise NeedsRecording(
                "got beats by themselves, but this model decides on them in the context of their recording; "
                "send the recording to /recordings, or name a model that takes beats"
            )
        return check_beats(beats)

    def _choose(self, values: Float32[np.ndarray, "beat length"], solver: Solver) -> Decisions:
        if self.dial is None or self.dial.auto is None:
            raise InvalidSolver(f'got the method "{AUTO}", which this model was not calibrated for; name another')
        answers, tight, agreed = self.dial.auto.answer(self._solve, values, solver.max_evaluations)
        receipts = replace(self._receipts(solver, answers), auto=self.dial.auto, tight=tight, agreed=agreed)
        return Decisions(softmax(answers.logits, axis=1), receipts)

    def _receipts(self, solver: Solver, answers: Answers) -> Receipts:
        validated = self.dial is not None and self.dial.covers(solver)
        return Receipts(solver, **{name: getattr(answers, name) for name in COSTS}, validated=validated)

    def _solve(self, values: Float32[np.ndarray, "beat length"], solver: Solver) -> Answers:
        outputs = self._outputs(values, solver)
        solutions = [output.solution for output in outputs if output.solution is not None]
        return Answers(
            logits=self._logits(outputs),
            **{name: _joined([getattr(solution, name) for solution in solutions]) for name in COSTS},
        )

    def _logits(self, outputs: list[Output]) -> Float32[np.ndarray, "beat class"]:
        """At the operating point."""
        logits = _joined([output.logits for output in outputs])
        return logits if self.operating_point is None else self.operating_point.applied_to(logits)

    def _outputs(self, values: Float32[np.ndarray, "beat length"], solver: Solver | None) -> list[Output]:
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            return [self.network(chunk.to(device), solver) for chunk in torch.split(torch.from_numpy(values), CHUNK)]


def _joined(parts: list[torch.Tensor]) -> np.ndarray:
    joined: np.ndarray = torch.cat(parts).cpu().numpy()
    return joined
