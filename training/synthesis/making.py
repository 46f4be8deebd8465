"""Making: how many recordings are made of each that there is."""

from pydantic import BaseModel, ConfigDict, Field


class Making(BaseModel):
    """Beside each recording as it is: so many disturbed ones, and so many composed anew and disturbed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    disturbed: int = Field(default=2, ge=0)
    composed: int = Field(default=8, ge=0)
    seed: int = Field(default=0, ge=0)
