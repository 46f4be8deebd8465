"""Explanations: why beats got their labels, for so many of a request as the settings allow."""

from pydantic import BaseModel, Field

from app.errors import TooManyToExplain
from app.http.schemas import DecisionResponse
from models import Explanation, ModelIdentity

DIGITS = 4
EXPLAINED_AS = 50
"""Beats that cost as much as one that is explained."""


def check_explained(beats: int, most: int) -> None:
    """Raises TooManyToExplain."""
    if beats > most:
        raise TooManyToExplain(beats, most)


class PartsResponse(BaseModel):
    """What a beat's label loses where nothing is known of a part of it, as the weight of evidence, in nats."""

    first_lead: float
    second_lead: float
    rhythm: float = Field(
        description="the intervals around the beat, and how much it and others resemble the usual one"
    )


class ExplanationResponse(BaseModel):
    """How much each sample counted for the label: above 0 it spoke for it, below 0 against it.

    In nats: the logarithm of the label's odds, less that of the odds that are left without the 96 ms around the sample.
    """

    relevance: list[float] = Field(
        description="of each sample at 125 Hz: of the beat's 187, or for a model of whole recordings of the 125 of the "
        "first lead around the R peak"
    )
    before: int = Field(description="how many of these samples come before the R peak")
    parts: PartsResponse | None = Field(description="of a model of whole recordings; null for any other")

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplanationResponse":
        """The same, as JSON."""
        parts = explanation.parts
        return cls(
            relevance=explanation.relevance.round(DIGITS).tolist(),
            before=explanation.before,
            parts=parts and PartsResponse(**{name: round(value, DIGITS) for name, value in vars(parts).items()}),
        )


class ExplainedResponse(DecisionResponse):
    """What is said of one beat, and where that was asked for, why."""

    explanation: ExplanationResponse | None = Field(
        None, description="only there where the request asks to explain; null for a beat without a label"
    )


class ClassifyResponse(BaseModel):
    """A decision for each beat, in the request's order."""

    model: ModelIdentity
    beats: list[ExplainedResponse]
