"""The service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from app import problems
from app.body_limit import BodyLimit
from app.metrics import Metrics
from app.observing import Observing
from app.routes import classify, health, metrics, models
from app.served import ServedModels
from app.settings import Settings

DESCRIPTION = """
Classifies ECG heartbeats by a residual network or a neural ODE whose solver tolerance each request may set.
It is no medical device.
"""


def create(served: ServedModels, settings: Settings) -> FastAPI:
    """The app that serves these models. It is ready once it has started."""
    app = FastAPI(title="cardiode", version=version("cardiode"), description=DESCRIPTION, lifespan=_lifespan)
    app.state.served = served
    app.state.metrics = Metrics()
    app.state.ready = False
    for model in served.by_name.values():
        app.state.metrics.model.labels(**model.identity.model_dump()).set(1)
    for routes in (classify, models, health, metrics):
        app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, service=app, limit=settings.max_body_bytes)
    app.add_middleware(Observing, service=app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.ready = True
    yield
    app.state.ready = False
