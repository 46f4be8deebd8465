"""GET /metrics: figures for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from app.http.refusals import Responses, refusals
from app.state import state_of

FIGURES: Responses = {200: {"content": {"text/plain": {}}}}

router = APIRouter(tags=["metrics"])


@router.get("/metrics", response_class=Response, responses=FIGURES | refusals({}, ending=False))
async def metrics(request: Request) -> Response:
    """Requests, beats, solver evaluations and errors since the process began."""
    return Response(state_of(request).metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
