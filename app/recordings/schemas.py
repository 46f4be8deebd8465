"""What requests and answers about recordings look like in JSON."""

from datetime import datetime
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from app.http.schemas import DecisionOptions, DecisionResponse, Signal, bounds
from ecg import Label, Quality
from ecg.reading import ReadAs, ReadingWarning
from ecg.rhythm.events import Event
from ecg.rhythm.summary import Burden, HeartRate, Hour, Variability
from ecg.segments import Segment
from ecg.source import FS, MAX_LEADS, MAX_NAME
from ecg.units import UNITS
from models import AnnotatedBeats, ModelIdentity, Reason

Rate = Annotated[float, bounds(*FS)]
Unit = Annotated[str, Field(json_schema_extra={"enum": list(UNITS)})]

LEAD = "a lead's name; left out: II by any of its names where there is one that can be judged, else the clearest lead"


class RecordingOptions(DecisionOptions):
    """What a request may say beside its recording."""

    lead: str | None = Field(None, max_length=MAX_NAME, description=LEAD)
    fs: Rate | None = Field(None, description="samples a second, whatever the file says; left out: what it says")
    unit: Unit | None = Field(
        None, description="of the signals, whatever the file says: mV, uV or V; left out: what it says, else mV"
    )
    strict: bool | None = Field(
        None,
        description="refuse what is otherwise read with a warning; left out: as the service is set (CARDIODE_STRICT)",
    )
    keep: bool = Field(False, description="keep the recording for a while, for GET /recordings/{id}")
    beats: bool = Field(True, description="whether an NDJSON answer has a line a beat")


class SignalsRequest(RecordingOptions):
    """A recording as JSON, whose values are of the types they should be: in a form all are text."""

    model_config = ConfigDict(strict=True)

    signals: dict[str, Signal] = Field(
        min_length=1,
        description="the samples of each lead, by its name, as many of each; null is a gap",
        json_schema_extra={"maxProperties": MAX_LEADS, "propertyNames": {"maxLength": MAX_NAME}},
    )
    fs: Rate = Field(description="samples a second: 50 to 2,000")
    name: str = Field("recording", max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="what to call it")


class DecisionsRequest(DecisionOptions):
    """How to decide again on the beats of a recording that is kept."""

    model_config = ConfigDict(strict=True)


class RecordingResponse(BaseModel):
    """The recording that was read, and how its beats were found."""

    id: str | None = Field(description="for GET /recordings/{id}; null where it was not asked to be kept")
    name: str
    fs: float = Field(description="samples a second; `sample` counts at this rate")
    samples: int
    seconds: float
    leads: list[str]
    lead: str | None = Field(description="the one that the beats were cut from; null for none")
    left_out: list[str] = Field(description="signals in it that are no leads of an ECG")
    read_as: ReadAs | None = Field(
        description="how the file was understood; `column` counts its signals from 1; null where nothing had to be"
    )
    warnings: list[ReadingWarning] = Field(description="what was read all the same, and may make the answer wrong")
    begun: datetime | None = Field(
        description="date and time of the first sample, where the file states them; without a zone where it names none"
    )
    model: ModelIdentity
    beats: int | None = Field(description="how many were found; null while nobody knows")
    reason: str | None = Field(description="why no beats are reported; null where there are")
    segments: list[Segment] | None = Field(
        description="by which lead each part was judged, or why it could not be; seconds; null while nobody knows"
    )


class BeatResponse(DecisionResponse):
    """A beat of a recording; one that cannot be judged has no label, and `quality` says why."""

    sample: int
    time: float = Field(description="seconds since the beginning")
    quality: Quality


class RhythmResponse(BaseModel):
    """What the beats say together; `seconds` are those between beats that follow each other."""

    seconds: float
    counts: dict[Label | Literal["none"], int] = Field(description="beats of each label; none: those without one")
    heart_rate: HeartRate | None
    burden: dict[Label, Burden]
    variability: Variability
    longest_run: Event | None
    events: list[Event]
    hours: list[Hour]


class AnnotatedResponse(BaseModel):
    """A recording, its beats, and what they say together."""

    recording: RecordingResponse
    beats: list[BeatResponse]
    rhythm: RhythmResponse


class ColumnsResponse(BaseModel):
    """The beats of a recording in columns, as a page draws them."""

    sample: list[int]
    label: str = Field(description="a letter a beat; ? for one without a label")
    evaluations: list[int] = Field(description="0 where there was no solve")
    quality: dict[int, Quality] = Field(description="of the beats that are not good, by their number from 0")
    abstained: dict[int, Reason] = Field(description="why, of the other beats it abstains on, by their number from 0")


def columns(beats: AnnotatedBeats) -> ColumnsResponse:
    """The beats in columns."""
    found, evaluations = beats.found, np.zeros(len(beats), dtype=np.int64)
    if beats.decisions is not None and beats.decisions.receipts is not None:
        evaluations[found.good] = beats.decisions.receipts.evaluations
    return ColumnsResponse(
        sample=found.peaks.tolist(),
        label="".join(label or "?" for label in beats.labels),
        evaluations=evaluations.tolist(),
        quality={number: quality for number, quality in enumerate(found.quality) if quality != "good"},
        abstained={number: reason for number, reason in enumerate(beats.reasons) if reason and found.good[number]},
    )
