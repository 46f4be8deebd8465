"""POST /classify: beats in, decisions out."""

import time
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from app.batching.batch import Way
from app.batching.batcher import TooLate
from app.batching.classifier import BatchedClassifier
from app.beats import request as questions
from app.beats import submission as asking
from app.beats.explanations import EXPLAINED_AS, ClassifyResponse, ExplanationResponse, TooManyToExplain
from app.beats.request import JSON, NPY, RAW, Question
from app.beats.shadowing import Answered
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, QUEUE, Responses, refusals
from app.http.schemas import (
    ClassifyOptions,
    ClassifyRequest,
    SolverRequest,
    decision_object,
    example_beat,
    whole_schema,
)
from app.middleware.access import allowance_of
from app.registry.models import ServedModel, ServedModels
from models import Decisions, Solver, explain

REFUSALS = refusals({404: "No such model."} | BODY | KIND | FIELD | OVER_LIMIT | QUEUE)

ANSWER: Responses = {
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
    options = ClassifyOptions.model_json_schema()["properties"]
    settings = SolverRequest.model_json_schema()["properties"]
    told = "of bodies that are not JSON"
    binary = {"schema": {"type": "string", "format": "binary"}}
    query = {name: _in_query(shape) for name, shape in (options | settings).items() if name != "solver"}
    parameters = [{"name": name, "in": "query", "description": told, "schema": shape} for name, shape in query.items()]
    parameters.append(asking.deadline_parameter())
    content = {JSON: {"schema": whole_schema(ClassifyRequest), "examples": examples()}, RAW: binary, NPY: binary}
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def _in_query(shape: dict[str, Any]) -> dict[str, Any]:
    """What may be null in JSON is left out of a query, which knows no null."""
    if "anyOf" not in shape:
        return shape
    told: dict[str, Any]
    (told,) = (kind for kind in shape["anyOf"] if kind != {"type": "null"})
    rest = {name: value for name, value in shape.items() if name not in ("anyOf", "default")}
    return rest | told


@router.post(
    "/classify",
    response_class=Response,
    responses=ANSWER | REFUSALS,
    openapi_extra=_described(),
)
async def classify(request: Request) -> Response:
    """Decide on each beat, and say why where that is asked for. A beat's answer depends on that beat alone."""
    state, began = request.app.state, time.monotonic()
    seconds = asking.seconds_for(request)
    with state.tracing.span("read"):
        question = await questions.read(request)
    served: ServedModels = state.served  # a reload replaces it
    options = question.options
    way = _way(served, question, state.settings.explained_beats)
    each = EXPLAINED_AS if options.explain else 1
    decisions = await asking.decide(request, way, question.beats, options.coverage, seconds, each=each)
    if decisions is None:
        return Response(status_code=asking.LEFT)
    with state.tracing.span("write"):
        if options.explain:
            classifier = BatchedClassifier(way.model, state.batcher, "bulk", began + seconds)
            try:
                answer = await anyio.to_thread.run_sync(_explained, classifier, way.solver, question, decisions)
            except TooLate:
                allowance_of(request).pay(-each * len(question.beats))
                raise TooLate(seconds) from None  # of which some had gone when it was asked
        elif len(decisions) < asking.MANY_BEATS:
            answer = _answer(way.model, decisions)
        else:
            answer = await anyio.to_thread.run_sync(_answer, way.model, decisions)
    answer.background = state.shadowing.after(Answered(way.model, question, decisions), served)
    return answer


def _way(served: ServedModels, question: Question, most_explained: int) -> Way:
    """How the question's beats are solved. Raises UnknownModelName, TooManyToExplain and InvalidSolver."""
    options = question.options
    model = served.find(options.model, served.for_beats)
    if options.explain and len(question.beats) > most_explained:
        raise TooManyToExplain(len(question.beats), most_explained)
    return asking.way_of(model, options.solver)


def _answer(model: ServedModel, decisions: Decisions) -> Response:
    """As `ClassifyResponse` describes it."""
    return _written(model, [decision_object(decision) for decision in decisions])


def _explained(
    classifier: BatchedClassifier, solver: Solver | None, question: Question, decisions: Decisions
) -> Response:
    """The same with explanations. Raises what the classifier raises."""
    beats = [decision_object(decision) for decision in decisions]
    explanations = explain(classifier, question.beats, [beat["label"] for beat in beats], solver)
    for beat, explanation in zip(beats, explanations, strict=True):
        beat["explanation"] = None if explanation is None else ExplanationResponse.of(explanation)
    return _written(classifier.model, beats)


def _written(model: ServedModel, beats: list[dict[str, Any]]) -> Response:
    return Response(to_json({"model": model.identity, "beats": beats}), media_type=JSON)
