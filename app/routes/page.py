"""GET /: the page; GET /demo: a synthetic recording to try it with."""

from functools import cache
from pathlib import Path

import numpy as np
from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from ecg import Recording
from ecg.synthetic import synthesize

FOLDER = Path(__file__).parents[1] / "page"

router = APIRouter(tags=["page"])


@router.get("/", response_class=FileResponse, include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(FOLDER / "index.html")


@router.get("/demo", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def demo() -> Response:
    """A synthetic recording of five minutes as CSV, with ectopic beats, a gap and some noise. No patient is in it."""
    return Response(_demo(), media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="demo.csv"'})


@cache
def _demo() -> str:
    recording = synthesize(300, fs=250, ectopic={"V": 0.08, "S": 0.05, "F": 0.01}, leads=("MLII", "V1"), seed=12)
    signals = recording.signals.copy()
    signals[:, 200 * 250 : 206 * 250] = np.nan
    return _csv(recording, signals)


def _csv(recording: Recording, signals: np.ndarray) -> str:
    rows = [f"time (s),{','.join(f'{lead} (mV)' for lead in recording.leads)}"]
    for number, values in enumerate(signals.T.tolist()):
        cells = ["" if value != value else f"{value:.3f}" for value in values]  # NaN is not itself
        rows.append(f"{number / recording.fs:.3f},{','.join(cells)}")
    return "\n".join(rows) + "\n"
