"""Shadowing: what other models would have decided, found out after the client has its answer, and counted."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from starlette.background import BackgroundTask

from app.batching.batch import BatchKey
from app.batching.batcher import Batcher
from app.errors import InvalidShadow
from app.http.problems import INTERNAL, problem_of
from app.metrics.metrics import Metrics
from app.registry.models import ServedModels
from app.registry.shadow import Shadow
from models import Classifier, Decisions, Plan, SolverSettings

logger = logging.getLogger("cardiode.shadowing")


@dataclass(frozen=True)
class Answered:
    """A request to classify that has been answered: its beats, what it asked of the solver, and the decisions."""

    classifier: Classifier
    beats: Float32[np.ndarray, "beat 187"]
    settings: SolverSettings | None
    decisions: Decisions

    def plan_for(self, other: Classifier) -> Plan:
        """As the client asked, for it would have been answered so; a model without a solver is asked as it is.

        Raises what `Plan.of` raises.
        """
        return Plan.of(other, "beats", None if other.solver is None else self.settings)


class Shadowing:
    """Has the shadows decide, when nothing else waits, for `seconds` at most.

    `draw` gives numbers in 0..1: a request is shadowed where one is less than the share. Drawn and not counted out,
    so that a client that asks regularly is neither always met nor never.
    """

    def __init__(
        self,
        shadows: Sequence[Shadow],
        batcher: Batcher,
        metrics: Metrics,
        *,
        seconds: float,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.shadows = shadows
        self.batcher = batcher
        self.metrics = metrics
        self.seconds = seconds
        self.draw = draw
        self._under_way: set[asyncio.Task[None]] = set()

    def check(self, served: ServedModels) -> None:
        """Raises InvalidShadow where there is a shadow that can do nothing."""
        for why in self.resting(served):
            raise InvalidShadow(f"CARDIODE_SHADOW: {why}")

    def resting(self, served: ServedModels) -> list[str]:
        """Of each shadow that can do nothing among these models, why."""
        return [why for shadow in self.shadows if (why := shadow.rests(served))]

    def after(self, answered: Answered, served: ServedModels) -> BackgroundTask | None:
        """What is to be done once the client has its answer; None for most."""
        beside = [(shadow, shadow.beside(answered.classifier, served)) for shadow in self.shadows]
        seconds = [second for shadow, second in beside if second is not None and self.draw() < shadow.share]
        return BackgroundTask(self._begin, answered, seconds) if seconds else None

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self, answered: Answered, seconds: Sequence[Classifier]) -> None:
        """Beside the request, which ends here: it is neither in progress any longer nor does it take longer."""
        for second in seconds:
            task = asyncio.create_task(self._decide(answered, second))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _decide(self, answered: Answered, second: Classifier) -> None:
        model, shadow = answered.classifier.identity.pin, second.identity.pin
        try:
            plan = answered.plan_for(second)
            key = BatchKey.of(plan, "spare")
            decisions = await self.batcher.decide(key, answered.beats, plan.least_confidence, self.seconds)
        except Exception as error:
            kind, _ = problem_of(error)
            if kind == INTERNAL:
                logger.exception("a shadow failed", extra={"shadow": shadow})
            self.metrics.shadow_failures.labels(model=model, shadow=shadow, kind=kind).inc()
        else:
            self.metrics.count_shadowed(model, answered.decisions, shadow, decisions)
