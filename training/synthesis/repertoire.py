"""A repertoire: which scripts are drawn, and how often each kind of them."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from training.synthesis.script import Script

Kind = Literal["fibrillation", "paroxysms", "premature", "bigeminy", "runs", "dominant", "sinus"]
Share = Annotated[float, Field(ge=0, le=1)]


class Repertoire(BaseModel):
    """How often scripts of each kind are drawn; a kind that is left out never is.

    What happens in each is drawn from what is known of rhythms (Goldberger's textbook of electrocardiography, chapters
    13 to 17), widely rather than truly: a classifier is to meet every rhythm, not each as often as in a clinic.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: dict[Kind, Share] = Field(
        default={
            "fibrillation": 0.13,
            "paroxysms": 0.13,
            "premature": 0.2,
            "bigeminy": 0.2,
            "runs": 0.12,
            "dominant": 0.05,
            "sinus": 0.17,
        },
        description="of the scripts; the shares sum to 1",
    )
    exertion: Share = Field(
        default=0.3, description="of the scripts: how many have a sinus rate that rises and falls by much in minutes"
    )
    block: Share = Field(default=0.16, description="of the scripts: how many have second-degree block now and then")
    flutter: Share = Field(
        default=0.3,
        description="of what fibrillates all the time: how often it is flutter, whose beats come after whole numbers "
        "of its waves",
    )
    hardly_early: Share = Field(
        default=0.0, description="of premature beats: how many come nearly in time, and have another P wave"
    )
    reshaped: Share = Field(
        default=0.0, description="of ventricular beats: how many are narrower or wider than the other patient's"
    )
    longest_run: int = Field(default=60, ge=3, description="beats of supraventricular runs, where these are the script")

    @field_validator("kinds")
    @classmethod
    def _shares_sum_to_one(cls, kinds: dict[Kind, float]) -> dict[Kind, float]:
        total = sum(kinds.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"got kinds whose shares sum to {total:.6g}, expected 1")
        return kinds

    def draw(self, rng: np.random.Generator) -> Script:
        """One of many: fibrillation all the time or now and then, premature beats rare or often, or none of these."""
        quiet = self._quiet(rng)
        kind = rng.choice(list(self.kinds), p=list(self.kinds.values()))
        if kind == "fibrillation":
            flutter = rng.uniform(0.18, 0.28) if rng.random() < self.flutter else 0.0
            return replace(quiet, fibrillation=1.0, flutter=flutter)
        if kind == "paroxysms":
            return replace(
                quiet, fibrillation=rng.choice([0.0005, 0.002, 0.005]), premature=rng.choice([0.0, 0.0, 0.03])
            )
        if kind == "premature":
            return replace(quiet, premature=rng.uniform(0.02, 0.12), alone=0.75)
        if kind == "bigeminy":
            return replace(quiet, grouped=rng.uniform(0.005, 0.05), premature=rng.uniform(0.0, 0.05), alone=0.8)
        if kind == "runs":
            often, spread = rng.uniform(0.01, 0.08), rng.uniform(0.01, 0.08)
            return replace(quiet, premature=often, alone=0.2, longest_run=self.longest_run, run_spread=spread)
        if kind == "dominant":
            # Only where the sinus rhythm is steady is it clear which of the two it is.
            steady = replace(quiet, unrest=min(quiet.unrest, 0.05), breathing=min(quiet.breathing, 0.12))
            often, spread = rng.uniform(0.1, 0.35), rng.uniform(0.01, 0.1)
            return replace(steady, premature=often, alone=0.1, longest_run=100, run_spread=spread)
        block = rng.choice([quiet.block, 0.01], p=[0.7, 0.3]) if self.block else 0.0
        return replace(quiet, pause=rng.choice([0.0, 0.03, 0.1]), block=block)

    def _quiet(self, rng: np.random.Generator) -> Script:
        """What happens beside that, whatever the kind."""
        return Script(
            rate=_spread(rng, 0.0, 0.25),
            breathing=rng.choice([0.0, 0.05, 0.12, 0.25]),
            unrest=rng.choice([0.0, 0.02, 0.05, 0.1]),
            drift=rng.choice([0.005, 0.01, 0.03]),
            exertion=rng.uniform(0.15, 0.7) if rng.random() < self.exertion else 0.0,
            exertion_seconds=rng.uniform(120, 1200),
            wandering=rng.choice([0.0, 1.0, 2.0, 6.0]),
            fibrillation_spread=rng.uniform(0.1, 0.35),
            fibrillation_rate=_spread(rng, -0.15, 0.25),
            ventricular=rng.choice([0.0, 0.02, 0.1, 0.3, 0.6], p=[0.3, 0.25, 0.2, 0.15, 0.1]),
            variant=rng.choice([0.0, 0.002, 0.01, 0.03]),
            block=rng.choice([0.0, 0.003, 0.02], p=[1 - self.block, self.block / 2, self.block / 2]),
            hardly_early=self.hardly_early,
            reshaped=self.reshaped,
        )


def _spread(rng: np.random.Generator, middle: float, spread: float) -> float:
    return float(np.exp(rng.normal(middle, spread)))
