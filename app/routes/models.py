"""GET /models: what is served."""

from fastapi import APIRouter, Request

from app.schemas import ModelResponse, ModelsResponse, SolverResponse
from app.zoo import Served, Zoo
from ecg import LABELS
from ode import METHODS

router = APIRouter(tags=["models"])


@router.get("/models")
def models(request: Request) -> ModelsResponse:
    """The models, with how each is solved where a request does not say, and what it reached on the test beats."""
    zoo: Zoo = request.app.state.zoo
    return ModelsResponse(models=[_describe(served, zoo) for served in zoo.served.values()])


def _describe(served: Served, zoo: Zoo) -> ModelResponse:
    solver = served.classifier.solver
    return ModelResponse(
        **served.identity.model_dump(),
        default=served is zoo.default,
        architecture=served.info.architecture.kind,
        classes=list(LABELS),
        solver=None if solver is None else SolverResponse(**vars(solver)),
        methods=[] if solver is None else list(METHODS),
        figures=served.info.figures,
    )
