"""GET /models: what is served."""

from fastapi import APIRouter, Request

from app.schemas import MethodResponse, ModelResponse, ModelsResponse, SolverResponse
from app.served import ServedModel, ServedModels
from ecg import LABELS
from ode import Method, methods

router = APIRouter(tags=["models"])


@router.get("/models")
async def models(request: Request) -> ModelsResponse:
    """The models, with how each is solved where a request does not say, and what it reached on the test beats."""
    served: ServedModels = request.app.state.served
    return ModelsResponse(models=[_describe(model, served) for model in served.by_name.values()])


def _describe(model: ServedModel, served: ServedModels) -> ModelResponse:
    solver = model.classifier.solver
    return ModelResponse(
        **model.identity.model_dump(),
        default=model is served.for_beats,
        default_for_recordings=model is served.for_recordings,
        architecture=model.info.architecture.kind,
        classes=list(LABELS),
        solver=None if solver is None else SolverResponse(**vars(solver)),
        methods=[] if solver is None else [_describe_method(method) for method in methods()],
        dial=model.info.dial,
        figures=model.info.figures,
    )


def _describe_method(method: Method) -> MethodResponse:
    return MethodResponse(name=method.name, kind=method.kind, order=method.order, stages=method.stages)
