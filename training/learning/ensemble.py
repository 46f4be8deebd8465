"""Members: the runs of which one model is made, each in a folder of its own; most models are made of one."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from training.data.dataset import Split
from training.learning.loop import Trainer, train
from training.learning.recipe import Recipe


def train_members(
    recipe: Recipe, split: Split, folder: Path, *, fresh: bool = False, device: torch.device
) -> list[Trainer]:
    """Train the network that a recipe asks for, or each member of a committee, with a seed and in a folder of its own.

    Raises what `train` raises.
    """
    architecture = recipe.architecture
    if architecture.kind != "committee":
        return [train(recipe, split, folder, fresh=fresh, device=device)]
    recipes = [
        recipe.model_copy(update={"architecture": architecture.of, "seed": recipe.seed + place})
        for place in range(architecture.members)
    ]
    return [
        train(member, split, folder / f"member{number}", fresh=fresh, device=device)
        for number, member in enumerate(recipes, 1)
    ]


def weights_of(recipe: Recipe, trainers: Sequence[Trainer]) -> dict[str, Tensor]:
    """The weights that these runs keep, as those of the network that the recipe asks for."""
    if recipe.architecture.kind != "committee":
        return trainers[0].best_weights
    return {
        f"members.{place}.{name}": weight
        for place, trainer in enumerate(trainers)
        for name, weight in trainer.best_weights.items()
    }
