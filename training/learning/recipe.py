"""A recipe: the TOML file that fixes a training run."""

import tomllib
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from torch import Tensor

from ecg import Label
from models import Architecture, Solver
from training.data.databases import DS2, find_part
from training.data.dataset import SplitName
from training.errors import BadRecipe, UnknownDatabase
from training.learning.distillation import Distillation
from training.synthesis.augmentation import LeadAugmentation
from training.synthesis.examples import Synthesis

RECIPES = Path(__file__).parents[1] / "recipes"


class Cycle(BaseModel):
    """Epochs over which the learning rate rises to its peak and falls again (one cycle, Smith and Topin 2019)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0, description="the peak")
    solver_error: float = Field(
        default=0.0, ge=0, description="its weight in an odenet's loss: more of it, and a solve needs fewer evaluations"
    )
    autocast: bool = Field(
        default=False,
        description="bfloat16 where it is safe; faster where the processor has it, but too coarse for small errors",
    )


class Mixture(BaseModel):
    """How many beats an epoch draws, with replacement, and how many of them are of each class.

    Within a class a recording is drawn from by the square root of how many beats of the class it has, so that a few
    recordings with most of the ectopic beats do not become what such beats are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    beats: int = Field(ge=1)
    classes: dict[Label, float]
    weak: float = Field(
        default=0.0, ge=0, lt=1, description="of those of a class, how many are of recordings labelled as a whole"
    )
    real: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="of the others, how many are of recordings as they are; left out: as many as there happen to be",
    )


class Augmentation(BaseModel):
    """How much training beats are changed at random, anew in every epoch; all 0: not at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noise: float = Field(default=0.0, ge=0, lt=1, description="standard deviation of white noise, of a scale of 0..1")
    shift: float = Field(default=0.0, ge=0, description="the most that a beat moves either way, in samples")
    stretch: float = Field(default=0.0, ge=0, lt=1, description="the most that time runs slower or faster, as a share")

    def apply(self, beats: Float[Tensor, "beat sample"], generator: torch.Generator) -> Float[Tensor, "beat sample"]:
        """The beats, each changed in its own way; values stay in 0..1, and padding that stays padding stays 0."""
        if not (self.noise or self.shift or self.stretch):
            return beats
        device = beats.device

        def uniform(most: float) -> Tensor:
            return most * (2 * torch.rand(len(beats), 1, generator=generator) - 1).to(device)

        places = torch.arange(beats.shape[1], device=device) * (1 + uniform(self.stretch)) + uniform(self.shift)
        places = places.clamp(0, beats.shape[1] - 1)
        before = places.floor().long()
        after = (before + 1).clamp(max=beats.shape[1] - 1)
        left, right = beats.gather(1, before), beats.gather(1, after)
        moved = torch.lerp(left, right, places - before)
        noise = self.noise * torch.randn(beats.shape, generator=generator).to(device)
        inside = (left != 0) | (right != 0)
        return torch.where(inside, (moved + noise).clamp(0, 1), torch.zeros_like(moved))


class MemberRecipe(BaseModel):
    """What one network of an ensemble learns from, where that is not what its recipe says of all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mixture: Mixture | None = None
    examples: Synthesis | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The entries that it has, by their names in a recipe."""
        return {name: getattr(self, name) for name in MemberRecipe.model_fields if getattr(self, name) is not None}


class Recipe(BaseModel):
    """Everything that decides what a run learns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="the model's name, and its run's folder")
    architecture: Architecture
    training_solver: Solver | None = Field(
        default=None, description="how the ODE is solved while it is trained; where left out, as it will be served"
    )
    split: SplitName = "random"
    seed: int = Field(default=0, ge=0)
    cycles: tuple[Cycle, ...] = Field(
        min_length=1, description="each begins with a fresh optimiser; the best epoch of the last one is released"
    )
    batch_size: int = Field(default=128, ge=1)
    weight_decay: float = Field(default=0.01, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    average_decay: float = Field(
        default=0.0, ge=0, lt=1, description="of the running mean of the weights, which is what is released; 0 for none"
    )
    augmentation: Augmentation = Augmentation()
    leads: LeadAugmentation = LeadAugmentation()
    shares: dict[Label, Annotated[float, Field(gt=0, le=1)]] = Field(
        default={}, description="of a class's beats, how many an epoch takes, drawn anew; all of those left out here"
    )
    mixture: Mixture | None = Field(default=None, description="in place of shares: beats drawn with replacement")
    distillation: Distillation | None = None
    examples: Synthesis | None = Field(
        default=None, description="for a network that takes beats in context: how many are made of each recording"
    )
    members: tuple[MemberRecipe, ...] = Field(
        default=(), description="of an ensemble: what each network learns from; left out: all from the same"
    )
    databases: tuple[str, ...] = Field(
        default=("mitdb/ds1",),
        min_length=1,
        description="of whole recordings: those that are learnt from, or parts of them, as `training.data` names them",
    )
    folds: int = Field(
        default=5, ge=2, description="of their patients, each left out in turn: what is chosen is chosen on them"
    )
    keep: Literal["best", "last"] = Field(
        default="best",
        description="the epoch that is released: of the last cycle the one that validated best, or the last",
    )

    @model_validator(mode="after")
    def _without_a_solve_nothing_is_asked_of_it(self) -> "Recipe":
        if self.architecture.solver is None and (self._asks_for_small_errors or self.training_solver):
            raise ValueError("got solver_error or training_solver for a network that solves no ODE; leave them out")
        return self

    @model_validator(mode="after")
    def _the_error_of_a_solve_has_a_gradient_through_all_of_it_alone(self) -> "Recipe":
        architecture = self.architecture
        if self._asks_for_small_errors and architecture.kind == "odenet" and architecture.gradient != "direct":
            raise ValueError(
                f'got solver_error with the gradient "{architecture.gradient}", expected "direct": no other gives '
                "the gradient of the error"
            )
        return self

    @model_validator(mode="after")
    def _beats_in_context_are_made_of_whole_recordings(self) -> "Recipe":
        examples = [one.examples for one in self.each]
        if self.architecture.in_context and None in examples:
            raise ValueError("got no examples for a network of whole recordings; say how many are made of each")
        if any(examples) and not self.architecture.in_context:
            raise ValueError("got examples of whole recordings for a network of single beats; leave them out")
        return self

    @model_validator(mode="after")
    def _members_are_an_ensembles(self) -> "Recipe":
        if self.members and len(self.members) != self.networks:
            raise ValueError(
                f"got {len(self.members)} members for an architecture of {self.networks}; give each network of an "
                "ensemble its own, in order, or leave them out"
            )
        return self

    @model_validator(mode="after")
    def _leads_change_places_in_whole_recordings_alone(self) -> "Recipe":
        if self.leads != LeadAugmentation() and not self.architecture.in_context:
            raise ValueError(
                "got leads that change places for a network of single beats, which sees one; leave them out"
            )
        return self

    @field_validator("databases")
    @classmethod
    def _databases_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                find_part(name)
            except UnknownDatabase as error:
                raise ValueError(str(error)) from error
        return names

    @property
    def networks(self) -> int:
        """How many networks are trained: one, or each of an ensemble."""
        return self.architecture.members if self.architecture.kind == "committee" else 1

    @property
    def each(self) -> tuple["Recipe", ...]:
        """The recipe of each network: itself, or one with a seed of its own for each network of an ensemble."""
        architecture = self.architecture
        if architecture.kind != "committee":
            return (self,)
        members = self.members or (MemberRecipe(),) * architecture.members
        return tuple(
            self.model_copy(
                update={"architecture": architecture.of, "seed": self.seed + place, "members": ()} | member.given
            )
            for place, member in enumerate(members)
        )

    @property
    def recordings(self) -> set[str]:
        """The names of all recordings that the databases publish: a network may have learnt from each of them."""
        return {name for database in self.databases for name in find_part(database)[1]}

    @property
    def ds2_is_new(self) -> bool:
        """Whether the patients whom the literature tests on are new to it: none of them is learnt from."""
        if self.architecture.in_context:
            return not self.recordings & set(DS2)
        return self.split == "inter_patient"

    @property
    def _asks_for_small_errors(self) -> bool:
        return any(cycle.solver_error for cycle in self.cycles)

    @property
    def epochs(self) -> int:
        """Epochs of all cycles."""
        return sum(cycle.epochs for cycle in self.cycles)

    def cycle_of(self, epoch: int) -> tuple[Cycle, int]:
        """The cycle that an epoch (counted from 1) belongs to, and the cycle's first epoch."""
        cycles = list(self.cycles)
        first = 1
        while epoch >= first + cycles[0].epochs and len(cycles) > 1:
            first += cycles.pop(0).epochs
        return cycles[0], first

    def begun(self, epochs: int) -> tuple[Cycle, ...]:
        """The cycles that so many epochs have begun: what a run of them depends on."""
        firsts = accumulate((cycle.epochs for cycle in self.cycles), initial=1)
        return tuple(cycle for cycle, first in zip(self.cycles, firsts, strict=False) if first <= epochs)


def read_recipe(name_or_path: str, overrides: list[str]) -> Recipe:
    """The recipe of that name in `training/recipes`, or in that file, with `key=value` overrides.

    A key may be dotted (`training_solver.rtol`); a value is TOML, or else text. Raises BadRecipe.
    """
    file = RECIPES / f"{name_or_path}.toml" if not name_or_path.endswith(".toml") else Path(name_or_path)
    try:
        content = tomllib.loads(file.read_text())
    except FileNotFoundError as error:
        known = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml")))
        raise BadRecipe(f"there is no recipe {file}; give a .toml file or one of: {known}") from error
    except (OSError, ValueError) as error:
        raise BadRecipe(f"cannot read the recipe {file}: {error}") from error
    for override in overrides:
        _set(content, override)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'recipe'}: {_message(p)}" for p in error.errors())
        raise BadRecipe(f"the recipe {file} does not hold: {problems}") from error


def _message(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return f"there is no such entry; a recipe has {', '.join(Recipe.model_fields)}"
    return problem["msg"].removeprefix("Value error, ")


def _set(content: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals:
        raise BadRecipe(f"got the override {override!r}, expected key=value, for example batch_size=64")
    *tables, last = key.strip().split(".")
    for table in tables:
        content = content.setdefault(table, {})
        if not isinstance(content, dict):
            raise BadRecipe(f"got the override {override!r}, but {table} is a value, not a table")
    content[last] = _parse(value.strip())


def _parse(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
