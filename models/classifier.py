"""The one way from beats to decisions, offline and online."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import nn

from ecg import BEAT_LENGTH, LABELS, BeatsInContext, InvalidBeats, check_beats
from models import zoo
from models.answers import Answers, SolvedAnswers
from models.checkpoint.abstention import ALL, Abstention, confidence_for
from models.checkpoint.calibration import Calibration
from models.checkpoint.dial import Auto, Dial
from models.checkpoint.file import Checkpoint, load
from models.checkpoint.info import CheckpointInfo
from models.checkpoint.novelty import Novelty
from models.checkpoint.operating_point import OperatingPoint
from models.decisions import Decisions, Receipts
from models.errors import AlteredCheckpoint, NeedsRecording, NoSolver, UnknownModel, WrongReferenceAnswers
from models.identity import UNRELEASED, ModelIdentity
from models.networks.network import AUTO, Output, Solver
from models.process import keep_freed_memory
from ode import Deadline, InvalidSolver

CHUNK = 256
"""Beats that go through the network at once: enough to keep two cores busy, little enough to bound memory."""

REFERENCE_TOLERANCE = 5e-3
"""How far a reference beat's probabilities may be from what they must be: other processors round otherwise."""

UNCALIBRATED = Calibration()


class Classifier:
    """A network that is ready to answer. `solver` is what it uses where a call does not say; None if it has none.

    `checkpoint` is where it comes from; None for one that is still being trained. `dial` is what was found of its
    solver; None for a network without one, and before anything was. `operating_point` is None where the likeliest class
    is what it says. `calibration` makes its probabilities. `abstention` gives the confidence for a coverage, and
    `novelty` marks beats that are unlike training; None before they were fitted.
    """

    def __init__(
        self,
        network: nn.Module,
        solver: Solver | None,
        checkpoint: Checkpoint | None = None,
        dial: Dial | None = None,
        operating_point: OperatingPoint | None = None,
        calibration: Calibration = UNCALIBRATED,
        abstention: Abstention | None = None,
        novelty: Novelty | None = None,
    ) -> None:
        self.network = network
        self.solver = solver
        self.checkpoint = checkpoint
        self.dial = dial
        self.operating_point = operating_point
        self.calibration = calibration
        self.abstention = abstention
        self.novelty = novelty

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Classifier":
        """The classifier that a checkpoint describes. Raises AlteredCheckpoint for weights of another architecture."""
        info = checkpoint.info
        network = info.architecture.build(len(LABELS))
        try:
            network.load_state_dict(checkpoint.weights)
        except RuntimeError as error:
            raise AlteredCheckpoint(f"the weights of {info.name} are not those of its architecture: {error}") from error
        return cls(
            network,
            info.architecture.solver,
            checkpoint,
            info.dial,
            info.operating_point,
            info.calibration,
            info.abstention,
            checkpoint.novelty,
        )

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Classifier":
        """The classifier of a released model's name, or of a checkpoint file.

        It has answered its reference beats, so it works and is warm. Raises UnknownModel, and BadCheckpoint of
        the kind that says what is wrong with the file.
        """
        file = zoo.find(name_or_path)
        return cls.proven(load(file), file)

    @classmethod
    def proven(cls, checkpoint: Checkpoint, file: Path) -> "Classifier":
        """The classifier of a checkpoint that was read from this file, once it has answered its reference beats.

        Raises AlteredCheckpoint and WrongReferenceAnswers.
        """
        keep_freed_memory()
        try:
            classifier = cls.of(checkpoint)
        except AlteredCheckpoint as error:
            raise AlteredCheckpoint(f"{file}: {error}") from error
        answers = classifier.classify(checkpoint.reference).probabilities
        furthest = np.abs(answers - checkpoint.reference_probabilities.numpy()).max()
        if not furthest <= REFERENCE_TOLERANCE:
            raise WrongReferenceAnswers(
                f"{file}: a reference beat's probability is off by {furthest:.2g}, "
                f"expected at most {REFERENCE_TOLERANCE:g}"
            )
        return classifier

    @cached_property
    def identity(self) -> ModelIdentity:
        """Of its checkpoint; all empty where it has none."""
        if self.checkpoint is None:
            return UNRELEASED
        info = self.checkpoint.info
        return ModelIdentity(info.name, info.model_version, self.checkpoint.sha256)

    @property
    def info(self) -> CheckpointInfo:
        """What its checkpoint says of it. Raises UnknownModel where it has none."""
        if self.checkpoint is None:
            raise UnknownModel("this network has no checkpoint yet; it is still being trained")
        return self.checkpoint.info

    @property
    def in_context(self) -> bool:
        """Whether it takes beats in the context of their recording, and none by themselves."""
        return bool(self.network.in_context)

    def classify(
        self, beats: Float[np.ndarray, "..."] | BeatsInContext, solver: Solver | None = None, coverage: float = ALL
    ) -> Decisions:
        """Decide on each beat: of an array `[beat, 187]` of values in 0..1, or `in_context`, as the network takes them.

        It abstains on beats unlike training, and where it is so unsure that of beats like those it was validated on the
        share `coverage` gets an answer. Raises InvalidBeats, InvalidBeat, NoSolver, NeedsRecording, InvalidCoverage,
        and the errors of `ode.integrate` for settings it cannot honour.
        """
        least_confidence = confidence_for(self.abstention, coverage)
        self.check_solver(solver)
        return self.decide(self._checked(beats), solver, least_confidence)

    def decide(
        self,
        values: Float32[np.ndarray, "beat length"],
        solver: Solver | None,
        least_confidence: float = 0.0,
        deadline: Deadline | None = None,
    ) -> Decisions:
        """Decide on values that were checked, as the network takes them, by a solver that was checked.

        None is the solver that the network was released with. A solve that has not ended by the `deadline`, as
        `ode.integrate` has it, is broken off, and its receipt says so.
        """
        decisions = self._decisions(values, solver or self.solver, deadline)
        return replace(decisions, least_confidence=least_confidence)

    def check_solver(self, solver: Solver | None) -> None:
        """Raises NoSolver and InvalidSolver for one that this network cannot be solved by."""
        if solver is None:
            return
        if self.solver is None:
            raise NoSolver("got a solver, but this network solves no equation; leave it out")
        if solver.method == AUTO and (self.dial is None or self.dial.auto is None):
            raise InvalidSolver(f'got the method "{AUTO}", but no dial was fitted for this model; name another')

    def _decisions(
        self, values: Float32[np.ndarray, "beat length"], solver: Solver | None, deadline: Deadline | None
    ) -> Decisions:
        if solver is None:
            return self._decide(self._answer(values))
        if solver.method == AUTO and self.dial is not None and self.dial.auto is not None:
            return self._choose(values, solver, self.dial.auto, deadline)
        solved = self._solve(values, solver, deadline)
        return self._decide(solved.answers, self._receipts(solver, solved))

    def answer(self, beats: Float[np.ndarray, "..."] | BeatsInContext) -> Answers:
        """What the network says of each beat, at the operating point. Raises what `classify` raises."""
        values = self._checked(beats)
        return self._answer(values) if self.solver is None else self._solve(values, self.solver).answers

    def solve(self, beats: Float[np.ndarray, "..."] | BeatsInContext, solver: Solver) -> SolvedAnswers:
        """The same by another solver, and what that costs. Raises what `classify` raises."""
        return self._solve(self._checked(beats), solver)

    def _checked(self, beats: Float[np.ndarray, "..."] | BeatsInContext) -> Float32[np.ndarray, "beat length"]:
        if isinstance(beats, BeatsInContext) and self.in_context:
            return beats.values
        if isinstance(beats, BeatsInContext):
            raise InvalidBeats(f"got beats in their context, expected an array [beat, {BEAT_LENGTH}]: no more is known")
        if self.in_context:
            raise NeedsRecording(
                "got single beats, but this model decides on them in the context of their recording; "
                "send the recording to /recordings, or name a model that takes beats"
            )
        return check_beats(beats)

    def _choose(
        self, values: Float32[np.ndarray, "beat length"], solver: Solver, auto: Auto, deadline: Deadline | None
    ) -> Decisions:
        solve = partial(self._solve, deadline=deadline)
        solved, tight, agreed = auto.answer(solve, values, solver.max_evaluations)
        receipts = self._receipts(solver, solved)
        return self._decide(solved.answers, replace(receipts, auto=auto, tight=tight, agreed=agreed))

    def _decide(self, answers: Answers, receipts: Receipts | None = None) -> Decisions:
        unlike = None if self.novelty is None else self.novelty.unlike_training(answers.features)
        return Decisions(self.calibration.probabilities(answers.logits), receipts, unlike)

    def _receipts(self, solver: Solver, solved: SolvedAnswers) -> Receipts:
        return Receipts(solver, solved.cost, validated=self.dial is not None and self.dial.covers(solver))

    def _answer(self, values: Float32[np.ndarray, "beat length"]) -> Answers:
        return self._at_operating_point(Answers.joined([Answers.of(output) for output in self._outputs(values, None)]))

    def _solve(
        self, values: Float32[np.ndarray, "beat length"], solver: Solver, deadline: Deadline | None = None
    ) -> SolvedAnswers:
        outputs = self._outputs(values, solver, deadline)
        solved = SolvedAnswers.joined([SolvedAnswers.of(o, o.solution) for o in outputs if o.solution is not None])
        return replace(solved, answers=self._at_operating_point(solved.answers))

    def _at_operating_point(self, answers: Answers) -> Answers:
        if self.operating_point is None:
            return answers
        return replace(answers, logits=self.operating_point.applied_to(answers.logits))

    def _outputs(
        self, values: Float32[np.ndarray, "beat length"], solver: Solver | None, deadline: Deadline | None = None
    ) -> Iterator[Output]:
        """Chunk by chunk: the states of all would need a hundred times the memory of what is kept of them."""
        if self.network.training:  # eval() visits every module
            self.network.eval()
        device = next(self.network.parameters()).device
        for chunk in torch.split(torch.from_numpy(values), CHUNK):
            with torch.inference_mode():
                output: Output = self.network(chunk.to(device), solver, deadline)
            yield output
