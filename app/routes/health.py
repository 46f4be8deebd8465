"""GET /health/live and /health/ready: whether the process works, and whether it takes requests."""

from fastapi import APIRouter

from app.schemas import HealthResponse

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> HealthResponse:
    """The process answers."""
    return HealthResponse(status="live")


@router.get("/ready")
async def ready() -> HealthResponse:
    """The models have answered their reference beats: the service listens to nobody before they have."""
    return HealthResponse(status="ready")
