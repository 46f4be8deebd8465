"""POST /classify: beats in, decisions out."""

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app import questions
from app.batcher import Way
from app.explaining import ClassifyResponse, ExplainedResponse, ExplanationResponse, TooManyToExplain
from app.problems import MEDIA_TYPE, schema
from app.questions import JSON, NPY, RAW, Question
from app.schemas import ClassifyOptions, ClassifyRequest, SolverRequest, example_beat
from app.served import ServedModels
from app.validation import invalid
from ecg.telling import shortened
from models import Decisions, explain

DEADLINE = "Cardiode-Deadline-Ms"
MOST_DIGITS = 9

LEFT = 499
"""Logged where the client has left before its answer was there; nobody gets to see it."""

LARGE = 32
"""Beats whose answer is written beside the event loop."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": schema()}}}
    for status, text in {
        400: "The body is not JSON.",
        404: "No such model.",
        408: "The body came too slowly.",
        413: "The body is over the limit.",
        415: "The body is of no kind that is known.",
        422: "A field is not as it should be; `errors` names it.",
        503: "As many beats wait as may; Retry-After says when to come again.",
        504: "The answer could not be there before the deadline.",
    }.items()
}

ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "A decision for each beat, in the request's order.", "model": ClassifyResponse}
}

router = APIRouter(tags=["beats"])


def examples() -> dict[str, Any]:
    """Bodies that work when pasted."""
    beat = example_beat()
    solver = {"method": "dopri5", "rtol": 1e-3, "atol": 1e-3, "max_evaluations": 2000}
    return {
        "beat": {"summary": "One synthetic beat, the default model", "value": {"beats": [beat]}},
        "dial": {
            "summary": "The neural ODE with its tolerance set",
            "value": {"beats": [beat], "model": "odenet", "solver": solver},
        },
        "explained": {"summary": "Why it got its label", "value": {"beats": [beat], "explain": True}},
    }


def _described() -> dict[str, Any]:
    """The bodies, the query and the header, for the API's description: the route reads them itself."""
    body = ClassifyRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    body.pop("$defs")
    options = ClassifyOptions.model_json_schema()["properties"]
    settings = SolverRequest.model_json_schema()["properties"]
    told = "of bodies that are not JSON"
    binary = {"schema": {"type": "string", "format": "binary"}}
    query = {name: shape for name, shape in (options | settings).items() if name != "solver"}
    deadline = {"type": "integer", "minimum": 1, "maximum": 10**MOST_DIGITS - 1}
    parameters = [{"name": name, "in": "query", "description": told, "schema": shape} for name, shape in query.items()]
    parameters.append(
        {"name": DEADLINE, "in": "header", "description": "in how many ms it may take", "schema": deadline}
    )
    content = {JSON: {"schema": body, "examples": examples()}, RAW: binary, NPY: binary}
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


@router.post(
    "/classify",
    response_class=Response,
    responses=ANSWER | PROBLEMS,
    openapi_extra=_described(),
)
async def classify(request: Request) -> Response:
    """Decide on each beat, and say why where that is asked for. A beat's answer depends on that beat alone."""
    state = request.app.state
    with state.batcher.crowd.one_more():
        seconds = min(_seconds(request), state.settings.deadline)
        question = await questions.read(request)
        way = _way(state.served, question, state.settings.explained_beats)
        deciding = state.batcher.decide(way, question.beats, question.options.coverage, seconds)
        decisions = await _while_there(request, deciding)
        if decisions is None:
            return Response(status_code=LEFT)
        state.metrics.count(way.model.identity.name, question.beats, decisions)
        if len(decisions) < LARGE and not question.options.explain:
            return _answer(way, question, decisions)
        return await anyio.to_thread.run_sync(_answer, way, question, decisions)


def _seconds(request: Request) -> float:
    """What the client allows; infinite where it says nothing. Raises RequestValidationError."""
    told = request.headers.get(DEADLINE)
    if told is None:
        return math.inf
    if not (told.isascii() and told.isdigit() and len(told) <= MOST_DIGITS and int(told)):
        message = f"got {shortened(told)!r}, expected milliseconds: a whole number from 1 to {10**MOST_DIGITS - 1:,}"
        raise invalid(DEADLINE, message, "header")
    return int(told) / 1e3


def _way(served: ServedModels, question: Question, most_explained: int) -> Way:
    """How the question's beats are solved. Raises UnknownModelName, TooManyToExplain and InvalidSolver."""
    options = question.options
    model = served.find(options.model, served.for_beats)
    if options.explain and len(question.beats) > most_explained:
        raise TooManyToExplain(len(question.beats), most_explained)
    usual = model.classifier.solver
    return Way(model, usual if options.solver is None else options.solver.applied_to(usual))


async def _while_there(request: Request, deciding: Coroutine[Any, Any, Decisions]) -> Decisions | None:
    """What is decided, unless the client leaves first: then None, and what is not yet solved will not be."""
    answer = asyncio.ensure_future(deciding)
    left = asyncio.ensure_future(request.receive())  # the body is whole: all that can come is that the client leaves
    try:
        await asyncio.wait((answer, left), return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        answer.cancel()
        left.cancel()


def _answer(way: Way, question: Question, decisions: Decisions) -> Response:
    answers = [ExplainedResponse.of(decision) for decision in decisions]
    if question.options.explain:
        labels = [answer.label for answer in answers]
        explanations = explain(way.model.classifier, question.beats, labels, way.solver)
        for answer, explanation in zip(answers, explanations, strict=True):
            answer.explanation = None if explanation is None else ExplanationResponse.of(explanation)
    body = ClassifyResponse(model=way.model.identity, beats=answers)
    return Response(body.model_dump_json(exclude_unset=True), media_type=JSON)
