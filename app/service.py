"""The service, put together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from app.batching.batcher import Batcher, Observer
from app.batching.limiter import Limiter
from app.batching.worker import Worker
from app.keys.allowance import Allowances
from app.keys.file import KeyRing
from app.metrics.metrics import Metrics
from app.middleware import error_handler
from app.middleware.access import Access
from app.middleware.admission import Admission
from app.middleware.body_limit import BodyLimit, Limits
from app.middleware.draining import Draining
from app.middleware.hosts import Hosts
from app.middleware.origins import Origins
from app.middleware.request_log import RequestLog
from app.middleware.security_headers import SecurityHeaders
from app.recordings.store import RecordingStore
from app.registry.models import Registry, ServedModels
from app.registry.reload import Reloader
from app.registry.shadowing import Shadowing
from app.routes import (
    classify,
    documentation,
    formats,
    health,
    inference,
    kept,
    metrics,
    models,
    page,
    recordings,
    stream,
)
from app.settings import Settings
from app.state import Drain, ServiceState
from app.tracing.tracing import Tracing, Untraced

DESCRIPTION = """
Classifies ECG heartbeats by a residual network or a neural ODE whose solver tolerance each request may set.
It is no medical device.
"""

LARGEST_BODIES = 10
"""So many bodies of the largest size, but for recordings as files, may be there together."""

FORM_BYTES = 100_000
"""What a form may need beside the files in it."""

STREAM_THREADS = 32
"""Live signals of which a piece is worked on at once, apart from what else needs threads: they wait for beats there."""

FORGET_SECONDS = 30
"""How often it is looked whether a kept recording's time is over."""

STUCK_SECONDS = 10
"""What a batch may take longer than any client waits, before the worker that solves it is replaced."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: ServiceState = app.state.service
    state.reloader.listen()
    forgetting = asyncio.create_task(_forget_old(state.recordings))
    yield
    forgetting.cancel()
    await state.shadowing.close()
    await state.batcher.close()
    state.recordings.close()
    await anyio.to_thread.run_sync(state.tracing.close)


async def _forget_old(recordings: RecordingStore) -> None:
    """Delete recordings whose time is over, though nobody asks for any."""
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        await anyio.to_thread.run_sync(recordings.forget_old)


Begin = Callable[[float, Callable[[], object]], Worker]
"""Begins a worker, of the seconds that a batch may take and of what to call when it was replaced."""


def create(
    served: ServedModels,
    settings: Settings,
    clock: Callable[[], float] = time.monotonic,
    begin: Begin = Worker,
    tracing: Tracing | None = None,
) -> FastAPI:
    """The app that serves these models, which are loaded and warm. Raises InvalidKeysFile and InvalidShadow."""
    tracing = tracing or Untraced()
    # Which serves the files of Swagger UI, so that /docs asks no other host.
    app = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        title="cardiode",
        version=version("cardiode"),
        description=DESCRIPTION,
        lifespan=_lifespan,
        telemetry=tracing.telemetry,
    )
    state = app.state.service = _state(served, settings, clock, begin, tracing)
    for routes in (classify, inference, recordings, kept, formats, models):
        app.include_router(routes.router, dependencies=_described(settings))
    app.include_router(inference.open_router)
    for routes in (stream, health, page, documentation):
        app.include_router(routes.router)
    if settings.operations_port is None:
        app.include_router(metrics.router, dependencies=_described(settings))
    app.mount("/page", StaticFiles(directory=page.FOLDER))
    # It reads its requests itself: FastAPI describes it, and on the way there only costs time.
    app.router.routes.insert(0, Route("/classify", classify.classify, methods=["POST"]))
    error_handler.install(app)
    # The last stands outermost.
    app.add_middleware(BodyLimit, limits=_limits(settings))
    app.add_middleware(Admission, batcher=state.batcher)
    app.add_middleware(Access)
    app.add_middleware(Origins, allowed=settings.allowed_origins)
    app.add_middleware(Hosts, held=not (settings.api_keys_file or settings.anonymous))
    app.add_middleware(Draining, drain=state.drain)
    app.add_middleware(RequestLog, service=app, state=state)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-Request-ID"],
            expose_headers=["Content-Disposition", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(SecurityHeaders)
    return app


def _state(
    served: ServedModels, settings: Settings, clock: Callable[[], float], begin: Begin, tracing: Tracing
) -> ServiceState:
    """Raises InvalidKeysFile and InvalidShadow."""
    keys = KeyRing(Path(settings.api_keys_file), clock) if settings.api_keys_file else None
    registry, figures = Registry(served), Metrics()
    batcher = _batcher(settings, figures, begin, tracing.observer)
    shadowing = Shadowing(settings.shadows, batcher, figures, seconds=settings.deadline)
    shadowing.check(served)
    figures.show_models(model.identity for model in served.models)
    return ServiceState(
        settings=settings,
        keys=keys,
        allowances=Allowances(clock),
        registry=registry,
        reloader=Reloader(registry, settings.model_names, figures, shadowing),
        batcher=batcher,
        shadowing=shadowing,
        recordings=RecordingStore(settings.recordings_kept, settings.keep_seconds),
        recording_limiter=Limiter("recordings", settings.recordings_at_once),
        stream_limiter=Limiter("streams", settings.streams),
        readers=anyio.CapacityLimiter(settings.solver_workers),
        stream_threads=anyio.CapacityLimiter(STREAM_THREADS),
        metrics=figures,
        tracing=tracing,
        drain=Drain(),
    )


def _batcher(settings: Settings, metrics: Metrics, begin: Begin, observer: Observer | None) -> Batcher:
    seconds = settings.deadline + STUCK_SECONDS
    workers = [begin(seconds, metrics.worker_replacements.inc) for _ in range(settings.solver_workers)]
    metrics.workers.watch(lambda: [worker.process_id for worker in workers])
    return Batcher(
        workers,
        wait=settings.batch_wait,
        most_beats=settings.batch_beats,
        queue_beats=settings.queue_beats,
        queue_seconds=settings.queue_seconds,
        metrics=metrics,
        batch_seconds=settings.deadline,
        observer=observer,
    )


def create_operations(service: FastAPI) -> FastAPI:
    """The app for whoever watches over the service: health and metrics of it, without keys."""
    app = FastAPI(openapi_url=None, title="cardiode operations", telemetry=Untraced.telemetry)
    state = app.state.service = service.state.service
    for routes in (health, metrics):
        app.include_router(routes.router)
    error_handler.install(app)
    app.add_middleware(Hosts, held=not state.settings.anonymous)
    app.add_middleware(Draining, drain=state.drain)
    app.add_middleware(RequestLog, service=app, state=state)
    app.add_middleware(SecurityHeaders)
    return app


def _described(settings: Settings) -> list[Any]:
    """What lets /docs ask for a key; it is `Access` that looks at it."""
    return [Depends(HTTPBearer(auto_error=False, description="an API key"))] if settings.api_keys_file else []


def _limits(settings: Settings) -> Limits:
    recording_bytes = settings.max_recording_bytes + FORM_BYTES
    return Limits(
        bytes=settings.max_body_bytes,
        recording_bytes=recording_bytes,
        recordings_bytes=settings.recordings_at_once * recording_bytes,
        others_bytes=LARGEST_BODIES * settings.max_body_bytes,
        seconds=settings.body_seconds,
    )
