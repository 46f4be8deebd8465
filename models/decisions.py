"""What a classifier says of beats: for each its label, how sure it is, and what the answer cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64

from ecg import LABELS, Label
from models.checkpoint.abstention import Reason
from models.checkpoint.dial import Auto
from models.networks.network import Solver
from ode import Cost, Method, Status, find_method

Stage = Literal["cheap", "tight"]

FOUND = ("solved", "labels", "confidences", "reasons", "rows")
"""What decisions find of their beats when it is asked for, and then keep."""

STATUS_LABELS = {status.value: status.label for status in Status}


@dataclass(frozen=True)
class Receipt:
    """What one solve cost and how good it is; a method that takes its steps from the caller has no error estimate.

    `stage` says which solve answered where the method is "auto", whose tolerances and error these are then; `agreed`,
    whether the cheap solve had said the same as the tight one. `validated` says whether labels by these settings were
    found to be those of a tight solve, on the beats that the model was validated on.
    """

    method: str
    rtol: float | None
    atol: float | None
    evaluations: int
    accepted: int
    rejected: int
    error: float | None
    status: str
    stage: Stage | None
    agreed: bool | None
    validated: bool


@dataclass(frozen=True)
class Receipts:
    """The receipts of many beats, which share their solver."""

    solver: Solver
    cost: Cost[np.ndarray]
    validated: bool = False
    auto: Auto | None = None
    tight: Bool[np.ndarray, "beat"] | None = None
    agreed: Bool[np.ndarray, "beat"] | None = None

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def evaluations(self) -> Int64[np.ndarray, "beat"]:
        """How often the solve of each beat called its dynamics."""
        return self.cost.evaluations

    @property
    def error(self) -> Float32[np.ndarray, "beat"]:
        """The error estimate of each beat's solve."""
        return self.cost.error

    @property
    def status(self) -> Int64[np.ndarray, "beat"]:
        """How each beat's solve ended, as `ode.Status`."""
        return self.cost.status

    def __getitem__(self, beat: int) -> Receipt:
        (receipt,) = self.part(beat, beat + 1)
        return receipt

    def __iter__(self) -> Iterator[Receipt]:
        # Column by column: to ask an array for one number after the other takes ten times as long.
        agreed = [None] * len(self) if self.agreed is None else self.agreed.tolist()
        stages = self._stages
        methods = {stage: self._method(stage) for stage in set(stages)}
        counts = (array.tolist() for array in (self.cost.evaluations, self.cost.accepted, self.cost.rejected))
        rows = zip(stages, agreed, self.error.tolist(), self.status.tolist(), *counts, strict=True)
        for stage, same, error, status, evaluations, accepted, rejected in rows:
            method, rtol, atol = methods[stage]
            yield Receipt(
                method=self.solver.method,
                rtol=rtol,
                atol=atol,
                evaluations=evaluations,
                accepted=accepted,
                rejected=rejected,
                error=None if method.takes_step else error,
                status=STATUS_LABELS[status],
                stage=stage,
                agreed=same if stage == "tight" else None,
                validated=self.validated,
            )

    @classmethod
    def joined(cls, parts: Sequence["Receipts"]) -> "Receipts":
        """The receipts of one solver's beats, part after part."""
        tight = [part.tight for part in parts if part.tight is not None]
        agreed = [part.agreed for part in parts if part.agreed is not None]
        return replace(
            parts[0],
            cost=Cost.joined([part.cost for part in parts]),
            tight=np.concatenate(tight) if tight else None,
            agreed=np.concatenate(agreed) if agreed else None,
        )

    def part(self, start: int, stop: int) -> "Receipts":
        """Those of the beats from one place up to another."""
        # Written out, not by `replace`: a service cuts thousands a second.
        return Receipts(
            self.solver,
            self.cost.select(slice(start, stop)),
            self.validated,
            self.auto,
            None if self.tight is None else self.tight[start:stop],
            None if self.agreed is None else self.agreed[start:stop],
        )

    @property
    def _stages(self) -> list[Stage | None]:
        if self.tight is None:
            return [None] * len(self)
        return ["tight" if tight else "cheap" for tight in self.tight.tolist()]

    def _method(self, stage: Stage | None) -> tuple[Method, float | None, float | None]:
        """The method that answered, and its tolerances where it takes any."""
        solver = self.solver
        if stage is not None and self.auto is not None:
            solver = self.auto.tight if stage == "tight" else self.auto.cheap
        method = find_method(solver.method)
        return (method, solver.rtol, solver.atol) if method.takes_tolerance else (method, None, None)


@dataclass(frozen=True)
class Decision:
    """What is said of one beat. `label` and `probabilities` are None where its solve failed: see the receipt.

    Where it abstains for a `reason` but poor signal, they are its best guess all the same.
    """

    label: Label | None
    probabilities: dict[Label, float] | None
    reason: Reason | None
    receipt: Receipt | None

    @property
    def abstained(self) -> bool:
        """Whether the classifier declines to stand by the label."""
        return self.reason is not None


@dataclass(frozen=True)
class Decisions:
    """What is said of many beats, in their order. `receipts` is None for a network without a solver.

    `unlike_training` marks those that are, None where no score was fitted; whatever has less than the
    `least_confidence`, of all or of each beat, is abstained on.
    """

    probabilities: Float32[np.ndarray, "beat class"]
    receipts: Receipts | None = None
    unlike_training: Bool[np.ndarray, "beat"] | None = None
    least_confidence: float | Float32[np.ndarray, "beat"] = 0.0

    def __len__(self) -> int:
        return len(self.probabilities)

    def __getitem__(self, beat: int) -> Decision:
        (decision,) = self.part(beat, beat + 1)
        return decision

    def __iter__(self) -> Iterator[Decision]:
        return iter(self.rows)

    @cached_property
    def rows(self) -> list[Decision]:
        """One decision after the other."""
        # Column by column, as receipts.
        receipts = [None] * len(self) if self.receipts is None else self.receipts
        columns = zip(self.labels.tolist(), self.probabilities.tolist(), self.reasons, receipts, strict=True)
        return [
            Decision(
                label=LABELS[label] if label >= 0 else None,
                probabilities=dict(zip(LABELS, row, strict=True)) if label >= 0 else None,
                reason=reason,
                receipt=receipt,
            )
            for label, row, reason, receipt in columns
        ]

    @classmethod
    def joined(cls, parts: Sequence["Decisions"]) -> "Decisions":
        """The decisions of one classifier by one solver, part after part; there must be a part."""
        if len(parts) == 1:
            return parts[0]
        receipts = [part.receipts for part in parts if part.receipts is not None]
        unlike = [part.unlike_training for part in parts if part.unlike_training is not None]
        return cls(
            np.concatenate([part.probabilities for part in parts]),
            Receipts.joined(receipts) if receipts else None,
            np.concatenate(unlike) if unlike else None,
            np.concatenate([np.full(len(part), part.least_confidence, np.float32) for part in parts]),
        )

    def part(self, start: int, stop: int) -> "Decisions":
        """Those on the beats from one place up to another. What was found of all of them is not found again."""
        least = self.least_confidence
        part = Decisions(
            self.probabilities[start:stop],
            None if self.receipts is None else self.receipts.part(start, stop),
            None if self.unlike_training is None else self.unlike_training[start:stop],
            least[start:stop] if isinstance(least, np.ndarray) else least,
        )
        found = vars(self)
        vars(part).update({name: found[name][start:stop] for name in FOUND if name in found})
        return part

    @cached_property
    def reasons(self) -> list[Reason | None]:
        """Why the classifier abstains on each beat; None where it does not, and where its solve failed."""
        unsure = self.solved & (self.confidences < self.least_confidence)
        reasons: list[Reason | None] = [None] * len(self)
        for beat in unsure.nonzero()[0].tolist():
            reasons[beat] = "low_confidence"
        if self.unlike_training is not None:
            for beat in (self.solved & self.unlike_training).nonzero()[0].tolist():
                reasons[beat] = "unlike_training"
        return reasons

    @cached_property
    def confidences(self) -> Float32[np.ndarray, "beat"]:
        """The probability of the likeliest class of each beat."""
        confidences: np.ndarray = self.probabilities.max(axis=1)
        return confidences

    @cached_property
    def solved(self) -> Bool[np.ndarray, "beat"]:
        """Which beats have an answer: all, but for those whose solve failed."""
        if self.receipts is None:
            return np.ones(len(self), dtype=np.bool_)
        return self.receipts.cost.solved

    @cached_property
    def labels(self) -> Int64[np.ndarray, "beat"]:
        """The likeliest class of each beat as an index into `LABELS`, -1 where its solve failed."""
        return np.where(self.solved, self.probabilities.argmax(axis=1), -1)
