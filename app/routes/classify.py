"""POST /classify: beats in, decisions out."""

import time
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from app.batching.decider import BatchedDecider, TimeLimit
from app.beats.explanations import EXPLAINED_AS, ClassifyResponse, ExplanationResponse, check_explained
from app.beats.request import JSON, NPY, RAW, BeatsRequest, read
from app.http.deadline import deadline_parameter, seconds_for
from app.http.presence import ClientLeft, watched
from app.http.refusals import BODY, FIELD, KIND, OVER_LIMIT, QUEUE, Responses, refusals
from app.http.schemas import ClassifyOptions, ClassifyRequest, SolverRequest, example_beat, whole_schema
from app.keys.bill import Bill
from app.middleware.access import allowance_of, client_of
from app.registry.shadowing import Answered
from app.state import ServiceState, state_of
from app.submission import LEFT, MANY_BEATS, submit
from models import Decide, Decisions, Plan, decision_object, explain

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
    only = "of bodies that are not JSON"
    binary = {"schema": {"type": "string", "format": "binary"}}
    query = {name: _in_query(shape) for name, shape in (options | settings).items() if name != "solver"}
    parameters = [{"name": name, "in": "query", "description": only, "schema": shape} for name, shape in query.items()]
    parameters.append(deadline_parameter())
    content = {JSON: {"schema": whole_schema(ClassifyRequest), "examples": examples()}, RAW: binary, NPY: binary}
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def _in_query(shape: dict[str, Any]) -> dict[str, Any]:
    """What may be null in JSON is left out of a query, which knows no null."""
    if "anyOf" not in shape:
        return shape
    kind: dict[str, Any]
    (kind,) = (kind for kind in shape["anyOf"] if kind != {"type": "null"})
    rest = {name: value for name, value in shape.items() if name not in ("anyOf", "default")}
    return rest | kind


@router.post(
    "/classify",
    response_class=Response,
    responses=ANSWER | REFUSALS,
    openapi_extra=_described(),
)
async def classify(request: Request) -> Response:
    """Decide on each beat, and say why where that is asked for. A beat's answer depends on that beat alone."""
    state, began = state_of(request), time.monotonic()
    seconds = seconds_for(request.headers, state.settings.deadline)
    with state.tracing.span("read"):
        asked = await read(request, state.readers)
    plan = _plan(state, asked.options, len(asked.beats))
    with Bill(allowance_of(request)) as bill:
        cost = EXPLAINED_AS if asked.options.explain else 1
        decisions = await submit(request, plan, asked.beats, seconds, bill, cost)
        if decisions is None:
            return Response(status_code=LEFT)
        with state.tracing.span("write"):
            if asked.options.explain:
                decide = BatchedDecider(state.batcher, "bulk", TimeLimit(began, seconds), client_of(request), bill)
                answer = await _explained(request, plan, asked, decisions, decide)
            elif len(decisions) < MANY_BEATS:
                answer = _answer(plan, decisions)
            else:
                answer = await anyio.to_thread.run_sync(_answer, plan, decisions)
    answered = Answered(plan.classifier, asked.beats, asked.options.settings, decisions)
    answer.background = state.shadowing.after(answered, state.registry.served)
    return answer


def _plan(state: ServiceState, options: ClassifyOptions, beats: int) -> Plan:
    """Raises UnknownModelName, TooManyToExplain, and what `Plan.of` raises."""
    plan = state.registry.plan("beats", options.model, options.settings, options.coverage)
    if options.explain:
        check_explained(beats, state.settings.explained_beats)
    return plan


def _answer(plan: Plan, decisions: Decisions) -> Response:
    """As `ClassifyResponse` describes it."""
    return _written(plan, [decision_object(decision) for decision in decisions])


async def _explained(
    request: Request, plan: Plan, asked: BeatsRequest, decisions: Decisions, decide: BatchedDecider
) -> Response:
    """The same with explanations, while the client is there. Raises what deciding raises."""
    async with watched(request, decide.leave):
        try:
            return await anyio.to_thread.run_sync(_with_explanations, plan, asked, decisions, decide)
        except ClientLeft:
            return Response(status_code=LEFT)


def _with_explanations(plan: Plan, asked: BeatsRequest, decisions: Decisions, decide: Decide) -> Response:
    beats = [decision_object(decision) for decision in decisions]
    explanations = explain(plan, asked.beats, [beat["label"] for beat in beats], decide)
    for beat, explanation in zip(beats, explanations, strict=True):
        beat["explanation"] = None if explanation is None else ExplanationResponse.of(explanation)
    return _written(plan, beats)


def _written(plan: Plan, beats: list[dict[str, Any]]) -> Response:
    return Response(to_json({"model": plan.classifier.identity, "beats": beats}), media_type=JSON)
