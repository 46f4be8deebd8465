"""GET /health/live and /health/ready: whether the process works, and whether it takes requests."""

from fastapi import APIRouter, Request, Response

from app.schemas import HealthResponse

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> HealthResponse:
    """The process answers."""
    return HealthResponse(status="live")


@router.get("/ready", responses={503: {"model": HealthResponse, "description": "Not yet, or no longer."}})
async def ready(request: Request, response: Response) -> HealthResponse:
    """The models are loaded and have answered their reference beats."""
    if request.app.state.ready:
        return HealthResponse(status="ready")
    response.status_code = 503
    return HealthResponse(status="not ready")
