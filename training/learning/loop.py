"""The training loop: seeded, resumable after any epoch, and blind to the test part."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel
from torch.utils.tensorboard import SummaryWriter

from ecg import LABELS, Label
from models import Classifier, Output
from training.data.dataset import MADE, WEAK, Dataset, Split
from training.errors import UnusableDevice
from training.learning.distillation import Teachers
from training.learning.progress import Epoch, Progress, RunFolder, kept_epoch, peak_memory_mb, source_commit
from training.learning.recipe import Cycle, Mixture, Recipe
from training.measures.scores import Score, score


@runtime_checkable
class Sampling(Protocol):
    """`size` is how many beats an epoch has; `log_shares` is what its logits must be corrected by, one a class."""

    size: int
    log_shares: Float[Tensor, "class"]

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""


class Thinned:
    """Every beat once, but of some classes only a share, drawn anew.

    Where a class is thinned out, its logits stand for more beats than are there; adding the logarithm of its share
    makes the loss that of the beats that are there, and leaves the logits those of all (King and Zeng 2001).
    """

    def __init__(self, labels: Int64[Tensor, "beat"], shares: Mapping[Label, float]) -> None:
        self.labels = labels
        share = torch.tensor([shares.get(label, 1.0) for label in LABELS])
        self.log_shares = share.log()
        self.taken: list[int] = (share * torch.bincount(labels, minlength=len(LABELS))).round().long().tolist()
        self.size = sum(self.taken)

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""
        order = torch.randperm(len(self.labels), generator=generator)
        if self.size == len(order):
            return order
        labels = self.labels[order]
        order = torch.cat([order[labels == place][:count] for place, count in enumerate(self.taken)])
        return order[torch.randperm(len(order), generator=generator)]


class Mixed:
    """Beats drawn by a `Mixture`; its logits are left as they are, for the operating point is chosen afterwards."""

    def __init__(self, labels: Int64[Tensor, "beat"], recordings: np.ndarray, mixture: Mixture) -> None:
        self.size = mixture.beats
        self.log_shares = torch.zeros(len(LABELS))
        names, recording = np.unique(recordings, return_inverse=True)
        _, key, counts = np.unique(recording * len(LABELS) + labels.numpy(), return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(counts[key])
        kinds = _kinds(names, mixture)
        for place, label in enumerate(LABELS):
            of_class = labels.numpy() == place
            parts = [(share, of_class & kind[recording]) for share, kind in kinds]
            parts = [(share, part) for share, part in parts if part.any()]
            for share, part in parts:
                of_all = mixture.classes.get(label, 0.0) * share / max(sum(each for each, _ in parts), 1e-12)
                weights[part] *= of_all / weights[part].sum()
        self.weights = torch.from_numpy(weights).cumsum(0)

    def epoch(self, generator: torch.Generator) -> Int64[Tensor, "beat"]:
        """The places of one epoch's beats, in order."""
        drawn = torch.rand(self.size, generator=generator, dtype=torch.float64) * self.weights[-1]
        return torch.searchsorted(self.weights, drawn, right=True).clamp(max=len(self.weights) - 1)


def _kinds(names: np.ndarray, mixture: Mixture) -> list[tuple[float, Bool[np.ndarray, "recording"]]]:
    """How many beats of a class are of recordings of each kind, and which recordings these are, by their names."""
    weak = np.array([WEAK in name for name in names.tolist()])
    made = np.array([name.endswith(MADE) for name in names.tolist()])
    kinds = [(mixture.weak, weak)]
    if mixture.real is None:
        return [*kinds, (1 - mixture.weak, ~weak)]
    others = 1 - mixture.weak
    return [*kinds, (others * mixture.real, ~weak & ~made), (others * (1 - mixture.real), ~weak & made)]


@dataclass(frozen=True)
class Trained:
    """What a run leaves: the weights of the epoch that is kept, and how it went. The beats are gone."""

    recipe: Recipe
    weights: Mapping[str, Tensor]
    history: Sequence[Epoch]
    kept: Epoch
    commit: str
    device: torch.device
    data_sha256: str


@dataclass
class Trainer:
    """A network under training, with everything that a resumed run needs to go on as if nothing had happened."""

    recipe: Recipe
    split: Split
    device: torch.device
    network: nn.Module = field(init=False)
    history: list[Epoch] = field(init=False, default_factory=list)
    best_weights: dict[str, Tensor] = field(init=False, default_factory=dict)
    commit: str = field(init=False, default_factory=source_commit)

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network = self.recipe.architecture.build(len(LABELS)).to(self.device)
        self.values = torch.from_numpy(self.split.train.values).to(self.device)
        self.labels = torch.from_numpy(self.split.train.labels).to(self.device)
        self.average = AveragedModel(self.network, avg_fn=partial(_running_mean, self.recipe.average_decay))
        self.sampling = self._sampling()
        self.log_shares = self.sampling.log_shares.to(self.device)
        distillation = self.recipe.distillation
        self.teachers = Teachers(distillation, self.device) if distillation else None
        self._begin_cycle(self.recipe.cycles[0])

    def _sampling(self) -> Sampling:
        labels = torch.from_numpy(self.split.train.labels)
        if self.recipe.mixture is not None:
            return Mixed(labels, self.split.train.recordings, self.recipe.mixture)
        return Thinned(labels, self.recipe.shares)

    def _begin_cycle(self, cycle: Cycle) -> None:
        self.cycle = cycle
        self.optimiser = AdamW(self.network.parameters(), lr=cycle.learning_rate, weight_decay=self.recipe.weight_decay)
        self.schedule = OneCycleLR(self.optimiser, cycle.learning_rate, total_steps=cycle.epochs * self.batches)

    @property
    def batches(self) -> int:
        """Batches of one epoch; the last may be smaller."""
        return -(-self.sampling.size // self.recipe.batch_size)

    def run_epoch(self) -> Epoch:
        """Train on its share of the beats, in an order that seed and epoch fix, then score the validation part."""
        number = len(self.history) + 1
        cycle, first = self.recipe.cycle_of(number)
        if number == first:
            self._begin_cycle(cycle)
        started = time.perf_counter()
        progress = Progress(number, self.recipe.epochs, self.batches)
        self.network.train()
        changes = torch.Generator().manual_seed(self.recipe.seed * 10_000 + number)
        for batch in progress.follow(self._shuffled(number)):
            beats = self.recipe.augmentation.apply(self.values[batch].float(), changes)
            beats = self.recipe.leads.apply(beats, changes)
            progress.add(*self.step(beats, self.labels[batch]), beats=len(batch))
        trained = time.perf_counter() - started
        validation = self._validate()
        return Epoch(
            epoch=number,
            seconds=round(time.perf_counter() - started, 2),
            beats_per_second=round(self.sampling.size / trained, 1),
            learning_rate=float(self.schedule.get_last_lr()[0]),
            train_loss=progress.loss,
            train_accuracy=progress.accuracy,
            evaluations=progress.evaluations,
            validation_accuracy=validation.accuracy,
            validation_macro_f1=validation.macro_f1,
            peak_memory_mb=peak_memory_mb(self.device),
        )

    def _shuffled(self, epoch: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(self.recipe.seed * 10_000 + epoch)
        return torch.split(self.sampling.epoch(generator).to(self.device), self.recipe.batch_size)

    def step(self, beats: Tensor, labels: Tensor) -> tuple[float, int, float]:
        """One step of the optimiser: the loss, the beats that were right, the evaluations of the solve."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.cycle.autocast):
            output: Output = self.network(beats, self.recipe.training_solver)
            said = self.teachers.say(beats) if self.teachers else None
        loss = self._loss(output.logits.float(), labels, said)
        objective = loss
        if output.solver_error is not None and self.cycle.solver_error:
            objective = loss + self.cycle.solver_error * output.solver_error
        self.optimiser.zero_grad()
        torch.autograd.backward(objective)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        evaluations = 0.0 if output.solution is None else float(output.solution.cost.evaluations.float().mean())
        return loss.item(), int((output.logits.argmax(1) == labels).sum()), evaluations

    def _loss(self, logits: Tensor, labels: Tensor, said: Tensor | None) -> Tensor:
        """That of the labels, and of what the teachers said."""
        loss = F.cross_entropy(logits + self.log_shares, labels, label_smoothing=self.recipe.label_smoothing)
        if self.teachers is None or said is None or self.recipe.distillation is None:
            return loss
        return torch.lerp(loss, self.teachers.loss(logits, said), self.recipe.distillation.weight)

    def _validate(self) -> Score:
        """The scores of the validation part, answered as the service would answer."""
        classifier = Classifier(self.average.module, self.recipe.architecture.solver)
        return score(self.split.validation.labels, classifier.classify(self.split.validation.beats).labels)

    @property
    def kept(self) -> Epoch:
        """The epoch that is released."""
        if self.recipe.keep == "last":
            return self.history[-1]
        _, first = self.recipe.cycle_of(len(self.history))
        return self.history[kept_epoch([epoch.validation_macro_f1 for epoch in self.history], first) - 1]

    def finish_epoch(self, epoch: Epoch) -> None:
        """Remember the epoch, and its weights where none of its cycle validated better."""
        self.history.append(epoch)
        if self.kept == epoch:
            weights = self.average.module.state_dict()
            self.best_weights = {name: weight.detach().cpu().clone() for name, weight in weights.items()}

    def trained(self) -> Trained:
        """What it leaves."""
        return Trained(
            self.recipe, self.best_weights, self.history, self.kept, self.commit, self.device, self.split.train.sha256
        )

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "best_weights": self.best_weights,
            "history": [asdict(epoch) for epoch in self.history],
            "commit": self.commit,
            "cycles": [vars(cycle) for cycle in self.recipe.begun(len(self.history))],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        self.best_weights = state["best_weights"]
        self.commit = state["commit"]
        self._begin_cycle(self.recipe.cycle_of(len(self.history))[0])
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])


def train(recipe: Recipe, split: Split, folder: Path, *, fresh: bool = False, device: torch.device) -> Trainer:
    """Train to the recipe's last epoch, from the last one that an earlier call finished.

    That call may have been interrupted, or its recipe may have had fewer cycles.
    Raises OtherRun where the folder holds a run of another recipe or of other data.
    """
    run = RunFolder(folder, fingerprint(recipe, split.train))
    if fresh:
        run.clear()
    trainer = Trainer(recipe, split, device)
    state = run.load_state()
    if state is not None:
        if state["cycles"] != [vars(cycle) for cycle in recipe.begun(len(state["history"]))]:
            raise run.other()
        trainer.restore(state)
        run.write_metrics(trainer.history)  # a run killed just after saving its state has not written them
        print(f"{folder}: {_found(len(trainer.history), recipe.epochs)}")
    with closing(SummaryWriter(str(folder), purge_step=len(trainer.history) + 1)) as board:
        while len(trainer.history) < recipe.epochs:
            epoch = trainer.run_epoch()
            trainer.finish_epoch(epoch)
            run.save_state(trainer.state())
            run.write_metrics(trainer.history)
            for name, value in asdict(epoch).items():
                board.add_scalar(name, value, epoch.epoch)
            print(epoch.line(recipe.epochs), flush=True)
    return trainer


def _found(epochs: int, asked: int) -> str:
    return f"resuming after epoch {epochs} of {asked}" if epochs < asked else f"all {asked} epochs are done"


def _running_mean(decay: float, mean: Tensor, weight: Tensor, steps: Tensor | int) -> Tensor:
    """The mean after one more step. While steps are few it forgets faster, else the first weights would weigh most."""
    kept = min(decay, (1 + float(steps)) / (10 + float(steps)))
    return torch.lerp(weight, mean, kept)


def fingerprint(recipe: Recipe, train: Dataset) -> str:
    """What a run's state depends on beside its cycles: the rest of the recipe, and the training beats."""
    rest = recipe.model_dump_json(exclude={"cycles"})
    return hashlib.sha256(f"{rest} {train.sha256}".encode()).hexdigest()


def train_members(
    recipe: Recipe, split: Callable[[int], Split], folder: Path, *, fresh: bool = False, device: torch.device
) -> list[Trained]:
    """Train the network that a recipe asks for, or each of an ensemble in a folder of its own, one after the other.

    `split` gives that of the network at a place, and is asked when its turn comes: beats of several would fill the
    memory. Raises what `train` raises.
    """
    return [
        train(one, split(place), folder_of(recipe, folder, place), fresh=fresh, device=device).trained()
        for place, one in enumerate(recipe.each)
    ]


def folder_of(recipe: Recipe, folder: Path, place: int) -> Path:
    """Where the network at this place is trained: in the run's folder itself, unless it is one of an ensemble."""
    return folder / f"member{place + 1}" if recipe.architecture.kind == "committee" else folder


def weights_of(recipe: Recipe, trained: Sequence[Trained]) -> dict[str, Tensor]:
    """The weights that these runs keep, as those of the network that the recipe asks for."""
    if recipe.architecture.kind != "committee":
        return dict(trained[0].weights)
    return {
        f"members.{place}.{name}": weight
        for place, member in enumerate(trained)
        for name, weight in member.weights.items()
    }


def network_of(recipe: Recipe, trained: Sequence[Trained]) -> nn.Module:
    """The network that the recipe asks for, with the weights that these runs keep."""
    network = recipe.architecture.build(len(LABELS))
    network.load_state_dict(weights_of(recipe, trained))
    return network


def find_device(name: str) -> torch.device:
    """The device of that name; of "auto", CUDA's where there is one. Raises UnusableDevice where it cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UnusableDevice(
            f"got the device {name!r}, which cannot be used ({reason}); expected cpu or cuda"
        ) from error
    return device
