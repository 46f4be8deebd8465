"""GET /health/live and /health/ready: whether the process works, and whether it takes requests."""

from typing import Any

from fastapi import APIRouter

from app.problems import MEDIA_TYPE, schema
from app.schemas import HealthResponse

ENDING: dict[int | str, dict[str, Any]] = {
    503: {"description": "The service is ending.", "content": {MEDIA_TYPE: {"schema": schema()}}}
}

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> HealthResponse:
    """The process answers."""
    return HealthResponse(status="live")


@router.get("/ready", responses=ENDING)
async def ready() -> HealthResponse:
    """The models have answered their reference beats: the service listens to nobody before they have.

    While it is ending `app.ending` answers in its place.
    """
    return HealthResponse(status="ready")
