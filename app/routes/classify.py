"""POST /classify: beats in, decisions out."""

from typing import Any

from fastapi import APIRouter, Request

from app.problems import MEDIA_TYPE, schema
from app.schemas import ClassifyRequest, ClassifyResponse, DecisionResponse, example_beat
from app.served import ServedModel

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": schema()}}}
    for status, text in {
        400: "The body is not JSON.",
        404: "No such model.",
        408: "The body came too slowly.",
        413: "The body is over the limit.",
        422: "A field is not as it should be; `errors` names it.",
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
    }


@router.post(
    "/classify",
    response_model=ClassifyResponse,
    responses=PROBLEMS,
    openapi_extra={"requestBody": {"content": {"application/json": {"examples": examples()}}}},
)
def classify(body: ClassifyRequest, request: Request) -> ClassifyResponse:
    """Decide on each beat. A beat's answer depends on that beat alone."""
    served = request.app.state.served
    model: ServedModel = served.find(body.model, served.for_beats)
    solver = None if body.solver is None else body.solver.applied_to(model.classifier.solver)
    decisions = model.classifier.classify(body.array(), solver, body.coverage)
    request.app.state.metrics.count(model.identity.name, decisions)
    return ClassifyResponse(model=model.identity, beats=[DecisionResponse.of(decision) for decision in decisions])
