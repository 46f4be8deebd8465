"""GET /models: what is served. POST /models/reload: what is there now is served from now on."""

from fastapi import APIRouter, Depends, Request

from app.http.refusals import refusals
from app.http.schemas import MethodResponse, ModelResponse, ModelsResponse, ReloadResponse, SolverResponse
from app.middleware.access import require_admin
from app.registry.models import ServedModels
from app.state import state_of
from ecg import LABELS
from models import Classifier
from ode import Method, methods

RELOAD_REFUSALS = refusals({403: "Who asks may not.", 422: "A checkpoint cannot be served; nothing has changed."})

router = APIRouter(tags=["models"])


@router.get("/models", responses=refusals({}))
async def models(request: Request) -> ModelsResponse:
    """The models, with how each is solved where a request does not say, and what it reached on the test beats."""
    served = state_of(request).registry.served
    return ModelsResponse(models=[_describe(model, served) for model in served.models])


@router.post("/models/reload", responses=RELOAD_REFUSALS, dependencies=[Depends(require_admin)])
async def reload(request: Request) -> ReloadResponse:
    """Read anew what CARDIODE_MODELS names. Where a checkpoint is bad, all models stay what they are."""
    return await state_of(request).reloader.reload()


def _describe(model: Classifier, served: ServedModels) -> ModelResponse:
    solver, info = model.solver, model.info
    return ModelResponse(
        **vars(model.identity),
        pin=model.identity.pin,
        current=model is served.by_name[model.identity.name],
        default=model is served.for_beats,
        default_for_recordings=model is served.for_recordings,
        architecture=info.architecture.kind,
        classes=list(LABELS),
        solver=None if solver is None else SolverResponse(**vars(solver)),
        methods=[] if solver is None else [_describe_method(method) for method in methods()],
        dial=info.dial,
        figures=info.figures,
    )


def _describe_method(method: Method) -> MethodResponse:
    return MethodResponse(name=method.name, kind=method.kind, order=method.order, stages=method.stages)
