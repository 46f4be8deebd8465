"""GET /health/live and /health/ready: whether the process works, and whether it takes requests."""

from fastapi import APIRouter

from app.http.refusals import refusals
from app.http.schemas import HealthResponse

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> HealthResponse:
    """The process answers."""
    return HealthResponse(status="live")


@router.get("/ready", responses=refusals({}, key=False))
async def ready() -> HealthResponse:
    """The models have answered their reference beats: the service listens to nobody before they have.

    While it is ending `app.middleware.draining` answers in its place.
    """
    return HealthResponse(status="ready")
