"""The service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio.to_thread
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from app import problems
from app.batcher import Batcher
from app.body_limit import BodyLimit, Limits
from app.kept import KeptRecordings
from app.metrics import Metrics
from app.observing import Observing
from app.places import Places
from app.routes import classify, health, inference, metrics, models, page, recordings, stream
from app.served import ServedModels
from app.settings import Settings

DESCRIPTION = """
Classifies ECG heartbeats by a residual network or a neural ODE whose solver tolerance each request may set.
It is no medical device.
"""

FORM_BYTES = 100_000
"""What a form may need beside the files in it."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await anyio.to_thread.run_sync(app.state.batcher.close)
    app.state.kept.close()


def create(served: ServedModels, settings: Settings) -> FastAPI:
    """The app that serves these models, which are loaded and warm."""
    # Whose /docs asks no other host; ReDoc would go on fetching its logo from one.
    app = FastAPIOffline(
        redoc_url=None, title="cardiode", version=version("cardiode"), description=DESCRIPTION, lifespan=_lifespan
    )
    app.state.served = served
    app.state.settings = settings
    app.state.kept = KeptRecordings(settings.recordings_kept, settings.keep_seconds)
    app.state.recording_places = Places("recordings", settings.recordings_at_once)
    app.state.stream_places = Places("streams", settings.streams)
    app.state.metrics = Metrics()
    app.state.batcher = _batcher(settings, app.state.metrics)
    for model in served.by_name.values():
        app.state.metrics.model.labels(**model.identity.model_dump()).set(1)
    for routes in (classify, recordings, stream, inference, models, health, metrics, page):
        app.include_router(routes.router)
    app.mount("/page", page.PageFiles(directory=page.FOLDER))
    problems.install(app)
    app.add_middleware(BodyLimit, limits=_limits(settings))
    app.add_middleware(Observing, service=app)
    return app


def _batcher(settings: Settings, metrics: Metrics) -> Batcher:
    return Batcher(
        wait=settings.batch_wait,
        most_beats=settings.batch_beats,
        queue_beats=settings.queue_beats,
        threads=settings.solver_threads,
        metrics=metrics,
    )


def _limits(settings: Settings) -> Limits:
    recording_bytes = settings.max_recording_bytes + FORM_BYTES
    return Limits(
        bytes=settings.max_body_bytes,
        recording_bytes=recording_bytes,
        recordings_bytes=settings.recordings_at_once * recording_bytes,
        seconds=settings.body_seconds,
    )
