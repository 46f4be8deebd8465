"""GET /formats: the files that a recording may be sent as."""

from fastapi import APIRouter

from app.http.refusals import refusals
from app.http.schemas import FormatResponse, FormatsResponse
from ecg.formats import FORMATS

router = APIRouter(tags=["recordings"])


@router.get("/formats", responses=refusals({}))
async def formats() -> FormatsResponse:
    """The formats that are read. A file is known by its content, or else by its name."""
    return FormatsResponse(
        formats=[FormatResponse(name=one.name, extensions=list(one.extensions), extra=one.extra) for one in FORMATS]
    )
