"""Messages: what is sent for beats and recordings, and what is made of the answer."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
from jaxtyping import Float32, Shaped

from client.errors import CardiodeError
from client.options import Options
from client.retries import Outcome

BEAT_LENGTH = 187
SOLVER = ("method", "rtol", "atol", "step", "max_evaluations")

Beats = Shaped[np.ndarray, "beat 187"] | Iterable[Any]
"""An array `[beat, 187]`, or beats one by one: each has 187 numbers in 0..1, at 125 Hz from its R peak on."""


def headers(key: str | None) -> dict[str, str]:
    """What every request carries."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def classify(beats: Beats, options: Options, deadline: float | None) -> dict[str, Any]:
    """The request for decisions on beats, within `deadline` seconds."""
    sent = {"Content-Type": "application/octet-stream"}
    if deadline is not None:
        sent["Cardiode-Deadline-Ms"] = str(max(round(1e3 * deadline), 1))
    return {"url": "classify", "content": _numbers(beats).tobytes(), "params": options.given, "headers": sent}


def _numbers(beats: Beats) -> Float32[np.ndarray, "beat 187"]:
    values = np.asarray(beats if isinstance(beats, np.ndarray) else list(beats), dtype="<f4")
    if values.ndim != 2 or values.shape[1] != BEAT_LENGTH:
        raise ValueError(f"got beats of shape {list(values.shape)}, expected [beat, {BEAT_LENGTH}]")
    return values


def annotate(
    files: Iterable[Path | str], options: Options, fields: dict[str, str | float | None], opened: ExitStack
) -> dict[str, Any]:
    """The request for what is said of a recording, whose files are `opened` until it is answered."""
    given = options.given
    solver = {name: given.pop(name) for name in SOLVER if name in given}
    said = given | {name: value for name, value in fields.items() if value is not None}
    if solver:
        said["solver"] = json.dumps(solver)
    streams = [opened.enter_context(Path(file).open("rb")) for file in files]  # noqa: SIM115 - the stack closes it
    parts = [("files", (Path(stream.name).name, stream)) for stream in streams]
    form = {name: str(value) for name, value in said.items()}
    return {"url": "recordings", "files": parts, "data": form, "headers": {"Accept": "application/json"}}


def answered(outcome: Outcome) -> dict[str, Any]:
    """The JSON of a good answer. Raises CardiodeError for any other, and what was raised for none."""
    if not isinstance(outcome, httpx.Response):
        raise outcome
    if outcome.status_code != httpx.codes.OK:
        raise CardiodeError.of(outcome)
    content: dict[str, Any] = outcome.json()
    return content


def batches(beats: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """So many beats at once, the last time fewer. Raises ValueError."""
    if size < 1:
        raise ValueError(f"got batches of {size} beats, expected 1 or more")
    source = iter(beats)
    while batch := list(islice(source, size)):
        yield batch
