"""The classifier without batching: `python -m benchmarks.services.plain`.

A route of FastAPI (https://fastapi.tiangolo.com/async/: what blocks is a plain `def`, which runs in a pool of threads)
that decides on each request by itself, in one process: what one writes first.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import Body, FastAPI

from benchmarks.load import RAW
from benchmarks.services import answering
from benchmarks.services.answering import Answer
from benchmarks.services.setup import Setup
from models.process import use_one_core


@asynccontextmanager
async def _loaded(app: FastAPI) -> AsyncIterator[None]:
    use_one_core()
    app.state.classifier = answering.load(Setup.from_environment())
    yield


app = FastAPI(lifespan=_loaded)


@app.post("/classify")
def classify(content: bytes = Body(media_type=RAW)) -> dict[str, Answer]:
    """The answer to one request."""
    (answer,) = answering.answer(app.state.classifier, [answering.from_bytes(content)])
    return {"beats": answer}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=Setup.from_environment().port, log_level="warning")
