"""The service, put together."""

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
    """The app that serves these models, which are loaded and warm."""
    app = FastAPI(title="cardiode", version=version("cardiode"), description=DESCRIPTION)
    app.state.served = served
    app.state.metrics = Metrics()
    for model in served.by_name.values():
        app.state.metrics.model.labels(**model.identity.model_dump()).set(1)
    for routes in (classify, models, health, metrics):
        app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(Observing, service=app)
    return app
