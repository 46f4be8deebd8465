"""POST /classify: beats in, decisions out."""

from typing import Any

from fastapi import APIRouter, Request

from app.access import allowance_of
from app.explaining import EXPLAINED_AS, ClassifyResponse, ExplainedResponse, ExplanationResponse, TooManyToExplain
from app.problems import MEDIA_TYPE, schema
from app.schemas import ClassifyRequest, example_beat
from app.served import ServedModel
from models import explain

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": schema()}}}
    for status, text in {
        400: "The body is not JSON.",
        401: "No known API key, where the service asks for one.",
        404: "No such model.",
        408: "The body came too slowly.",
        413: "The body is over the limit.",
        422: "A field is not as it should be; `errors` names it.",
        429: "The API key has had more beats than it may; Retry-After says when to come again.",
    }.items()
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


@router.post(
    "/classify",
    response_model=ClassifyResponse,
    response_model_exclude_unset=True,
    responses=PROBLEMS,
    openapi_extra={"requestBody": {"content": {"application/json": {"examples": examples()}}}},
)
def classify(body: ClassifyRequest, request: Request) -> ClassifyResponse:
    """Decide on each beat, and say why where that is asked for. A beat's answer depends on that beat alone."""
    served, most = request.app.state.served, request.app.state.settings.explained_beats
    model: ServedModel = served.find(body.model, served.for_beats)
    if body.explain and len(body.beats) > most:
        raise TooManyToExplain(len(body.beats), most)
    solver = None if body.solver is None else body.solver.applied_to(model.classifier.solver)
    beats = body.array()
    allowance_of(request).charge(len(beats) * (EXPLAINED_AS if body.explain else 1))
    decisions = model.classifier.classify(beats, solver, body.coverage)
    request.app.state.metrics.count(model.identity.name, decisions)
    answers = [ExplainedResponse.of(decision) for decision in decisions]
    if body.explain:
        explanations = explain(model.classifier, beats, [answer.label for answer in answers], solver)
        for answer, explanation in zip(answers, explanations, strict=True):
            answer.explanation = None if explanation is None else ExplanationResponse.of(explanation)
    return ClassifyResponse(model=model.identity, beats=answers)
