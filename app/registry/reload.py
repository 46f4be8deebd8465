"""Reloading: what CARDIODE_MODELS names is read anew, and takes the place of what is served, in one step or not at all.

Whatever has begun ends with the model that it began with: requests, streams and kept recordings hold on to theirs.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable
from contextlib import suppress

import anyio.to_thread
from starlette.datastructures import State

from app.http.schemas import ModelIdentity, ReloadResponse
from app.registry.models import ServedModel, ServedModels
from ecg import EcgError
from models import ModelError
from ode import OdeError

logger = logging.getLogger("cardiode.models")


class ReloadRefused(Exception):
    """What CARDIODE_MODELS names now cannot be served."""

    def __init__(self, why: Exception) -> None:
        super().__init__(f"{why}; nothing has changed: the models that were served go on")


class Reloader:
    """Reloads the models of a service, whose `state` holds what is served; once at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._one_at_a_time = asyncio.Lock()
        self._hung_up: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Reload on SIGHUP from now on, where the platform and the thread of this event loop allow it."""
        with suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)

    async def reload(self) -> ReloadResponse:
        """Serve what CARDIODE_MODELS names now, and say what that changed. Raises ReloadRefused."""
        async with self._one_at_a_time:
            before: ServedModels = self._state.served
            try:
                now = await anyio.to_thread.run_sync(ServedModels.load, self._state.settings.model_names, before.models)
            except (ModelError, EcgError, OdeError) as error:
                self._count("refused")
                logger.error("reload refused", extra={"reason": str(error)})
                raise ReloadRefused(error) from error
            except BaseException:
                self._count("failed")
                raise
            self._state.served = now
            return self._tell(before.models, now.models)

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

    def _tell(self, before: Iterable[ServedModel], now: Iterable[ServedModel]) -> ReloadResponse:
        """What changed, to log and metrics too."""
        old, new = _identities(before), _identities(now)
        changed = ReloadResponse(
            models=list(new.values()),
            added=[new[sha256] for sha256 in new if sha256 not in old],
            removed=[old[sha256] for sha256 in old if sha256 not in new],
            unchanged=[new[sha256] for sha256 in new if sha256 in old],
        )
        self._count("done")
        self._state.metrics.tell_models(changed.models, changed.removed)
        logger.info("reloaded", extra={key: [m.model_dump() for m in models] for key, models in changed})
        for why in self._state.shadowing.resting(self._state.served):
            logger.warning("a shadow rests", extra={"reason": why})
        return changed

    def _count(self, outcome: str) -> None:
        self._state.metrics.reloads.labels(outcome=outcome).inc()


def _identities(models: Iterable[ServedModel]) -> dict[str, ModelIdentity]:
    return {model.identity.sha256: model.identity for model in models}
