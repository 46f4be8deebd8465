"""The training loop: seeded, resumable after any epoch, and blind to the test part."""

import hashlib
import resource
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel
from torch.utils.tensorboard import SummaryWriter

from ecg import LABELS
from models import Classifier, Output
from training.data.dataset import Dataset, Split
from training.learning.distillation import Teachers
from training.learning.progress import Progress
from training.learning.recipe import Cycle, Recipe
from training.learning.run import Epoch, Run, kept_epoch
from training.learning.sampling import Mixed, Sampling, Thinned
from training.learning.source import source_commit
from training.measures.label_scores import Score, score


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
            peak_memory_mb=_peak_memory_mb(self.device),
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
        evaluations = 0.0 if output.solution is None else float(output.solution.evaluations.float().mean())
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
    run = Run(folder, fingerprint(recipe, split.train))
    if fresh:
        run.clear()
    trainer = Trainer(recipe, split, device)
    state = run.load_state()
    if state is not None:
        if state["cycles"] != [vars(cycle) for cycle in recipe.begun(len(state["history"]))]:
            raise run.other()
        trainer.restore(state)
        run.write_metrics(trainer.history)  # a run killed just after saving its state has not written them
        print(f"{folder}: resuming after epoch {len(trainer.history)} of {recipe.epochs}")
    with closing(SummaryWriter(str(folder), purge_step=len(trainer.history) + 1)) as board:
        while len(trainer.history) < recipe.epochs:
            epoch = trainer.run_epoch()
            trainer.finish_epoch(epoch)
            run.save_state(trainer.state())
            run.write_metrics(trainer.history)
            for name, value in asdict(epoch).items():
                board.add_scalar(name, value, epoch.epoch)
            print(_line(epoch, recipe.epochs), flush=True)
    return trainer


def _running_mean(decay: float, mean: Tensor, weight: Tensor, steps: Tensor | int) -> Tensor:
    """The mean after one more step. While steps are few it forgets faster, else the first weights would weigh most."""
    kept = min(decay, (1 + float(steps)) / (10 + float(steps)))
    return torch.lerp(weight, mean, kept)


def fingerprint(recipe: Recipe, train: Dataset) -> str:
    """What a run's state depends on beside its cycles: the rest of the recipe, and the training beats."""
    rest = recipe.model_dump_json(exclude={"cycles"})
    return hashlib.sha256(f"{rest} {train.sha256}".encode()).hexdigest()


def _line(epoch: Epoch, epochs: int) -> str:
    evaluations = f"{epoch.evaluations:.1f} evaluations  " if epoch.evaluations else ""
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.train_loss:.4f}  accuracy {epoch.train_accuracy:.2%}  "
        f"validation: accuracy {epoch.validation_accuracy:.2%}, macro-F1 {epoch.validation_macro_f1:.4f}  "
        f"{epoch.beats_per_second:,.0f} beats/s  {evaluations}{epoch.seconds:,.0f} s"
    )


def _peak_memory_mb(device: torch.device) -> float:
    """The most memory this process has held: on the device where that is a GPU, else in all."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
