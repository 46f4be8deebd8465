"""Reloading: what CARDIODE_MODELS names is read anew, and takes the place of what is served, in one step or not at all.

Whatever has begun ends with the model that it began with: requests, streams and kept recordings hold on to theirs.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress

import anyio.to_thread

from app.errors import ReloadRefused
from app.http.schemas import ReloadResponse
from app.metrics.metrics import Metrics
from app.registry.models import Registry, ServedModels
from app.registry.shadowing import Shadowing
from ecg import EcgError
from models import Classifier, ModelError, ModelIdentity
from ode import OdeError

logger = logging.getLogger("cardiode.models")


class Reloader:
    """Reloads the models that the registry holds, by their names; once at a time."""

    def __init__(self, registry: Registry, names: Sequence[str], metrics: Metrics, shadowing: Shadowing) -> None:
        self._registry = registry
        self._names = names
        self._metrics = metrics
        self._shadowing = shadowing
        self._one_at_a_time = asyncio.Lock()
        self._hung_up: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Reload on SIGHUP from now on, where the platform and the thread of this event loop allow it."""
        with suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)

    async def reload(self) -> ReloadResponse:
        """Serve what CARDIODE_MODELS names now, and say what that changed. Raises ReloadRefused."""
        async with self._one_at_a_time:
            before = self._registry.served
            try:
                now = await anyio.to_thread.run_sync(ServedModels.load, self._names, before.models)
            except (ModelError, EcgError, OdeError) as error:
                self._count("refused")
                logger.error("reload refused", extra={"reason": str(error)})
                raise ReloadRefused(error) from error
            except BaseException:
                self._count("failed")
                raise
            self._registry.served = now
            return self._report(before.models, now.models)

    def _hang_up(self) -> None:
        task = asyncio.ensure_future(self._reload_and_log())
        self._hung_up.add(task)  # the event loop itself holds on to none
        task.add_done_callback(self._hung_up.discard)

    async def _reload_and_log(self) -> None:
        try:
            await self.reload()
        except ReloadRefused:
            pass  # is logged already
        except Exception:
            logger.exception("reload failed")

    def _report(self, before: Iterable[Classifier], now: Iterable[Classifier]) -> ReloadResponse:
        """What changed, to log and metrics too."""
        old, new = _identities(before), _identities(now)
        changed = ReloadResponse(
            models=list(new.values()),
            added=[new[sha256] for sha256 in new if sha256 not in old],
            removed=[old[sha256] for sha256 in old if sha256 not in new],
            unchanged=[new[sha256] for sha256 in new if sha256 in old],
        )
        self._count("done")
        self._metrics.show_models(changed.models, changed.removed)
        logger.info("reloaded", extra={key: [vars(model) for model in models] for key, models in changed})
        for why in self._shadowing.resting(self._registry.served):
            logger.warning("a shadow rests", extra={"reason": why})
        return changed

    def _count(self, outcome: str) -> None:
        self._metrics.reloads.labels(outcome=outcome).inc()


def _identities(models: Iterable[Classifier]) -> dict[str, ModelIdentity]:
    return {model.identity.sha256: model.identity for model in models}
