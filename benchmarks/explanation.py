"""Explanations: do they name the samples that the label hangs on? `python -m benchmarks.explanation`.

A deletion test (Petsiuk, Das and Saenko, "RISE", 2018): the samples of a beat are taken away in the order of their
relevance, a sixteenth at a time, and the probability of the label is looked at after each. The area under that
curve is its mean: the less, the better the order. Samples are taken away in two ways, since each method finds what its
own leaves: `line` draws straight lines over them, `level` puts the beat's median in their place. Beside occlusion (what
`models.explanation` does) and integrated gradients, each as it is and averaged over the same windows, stand orders that
know nothing of the network.

Of `odenet` and `resnet`, validation beats of the random split; of `rhythm`, beats of DS1, all of which it has learnt
from, in their context, the first lead's samples. The same number of each class, drawn at random. Needs the recordings
(CARDIODE_DATA).
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import benchmarks
from benchmarks.integrated_gradients import STEPS, integrated_gradients
from ecg import LABELS, BeatsInContext
from models import Classifier, Plan, explain
from models.explanation import bridged, windows_of, without_samples
from training.data.databases import DS1, data_folder
from training.data.dataset import Dataset, load_or_build, split
from training.synthesis.examples import Synthesis, make_examples
from training.table import table

EACH = 20
"""Beats of each class."""
SHARES = np.arange(1, 16) / 16
"""Of the samples that are gone."""
IN_CONTEXT = DS1[::4]
"""Recordings: a few of those of DS1."""

Remove = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From a beat, and which of its samples are gone, to the beat without them."""


def main() -> None:
    benchmarks.explain(__doc__)
    validation = drawn(split(load_or_build(Path("runs/beats.npz"), data_folder()), "random").validation)
    for name in ("odenet", "resnet"):
        compare_alone(name, validation.beats)
    compare_in_context(drawn(make_examples(data_folder(), [IN_CONTEXT], Synthesis(disturbed=0, composed=0))).beats)


def drawn(dataset: Dataset) -> Dataset:
    """So many beats of each class that has them."""
    rng = np.random.default_rng(0)
    places = [rng.permutation(np.flatnonzero(dataset.labels == label))[:EACH] for label in range(len(LABELS))]
    return dataset.select(np.concatenate(places))


def compare_alone(name: str, beats: np.ndarray) -> None:
    classifier = Classifier.load(name)
    labels = classifier.classify(beats).labels
    orders = orders_without_network(beats)
    gradients = timed(f"{name}, integrated gradients", lambda: gradients_of(classifier, beats, labels))
    orders["integrated gradients"] = gradients
    orders["integrated gradients, by windows"] = by_windows(gradients)
    orders["occlusion"] = timed(f"{name}, occlusion", lambda: relevance_of(classifier, beats))
    show(name, classifier, beats, labels, orders, {"line": bridged, "level": levelled})


def compare_in_context(beats: BeatsInContext) -> None:
    classifier = Classifier.load("rhythm")
    labels = classifier.classify(beats).labels
    orders = orders_without_network(beats.views[:, 0])
    orders["occlusion"] = timed("rhythm, occlusion", lambda: relevance_of(classifier, beats))
    show("rhythm", classifier, beats.values, labels, orders, {"line": without_samples})


def timed(what: str, work: Callable[[], np.ndarray]) -> np.ndarray:
    started = time.perf_counter()
    made = work()
    print(f"{what}: {1000 * (time.perf_counter() - started) / len(made):.0f} ms a beat", flush=True)
    return made


def relevance_of(classifier: Classifier, beats: np.ndarray | BeatsInContext) -> np.ndarray:
    plan = Plan.of(classifier, "recording")
    explanations = explain(plan, beats, [decision.label for decision in plan.decide(beats)])
    return np.stack([explanation.relevance for explanation in explanations if explanation is not None])


def gradients_of(classifier: Classifier, beats: np.ndarray, labels: np.ndarray) -> np.ndarray:
    baselines = np.stack([levelled(beat, np.ones(len(beat), np.bool_)) for beat in beats])
    rows = zip(torch.from_numpy(beats), torch.from_numpy(baselines), labels.tolist(), strict=True)
    found = np.stack([integrated_gradients(classifier.network, *row).numpy() for row in rows])
    with torch.no_grad():
        ends = [classifier.network(torch.from_numpy(end)).logits.numpy() for end in (beats, baselines)]
    differences = (ends[0] - ends[1])[np.arange(len(labels)), labels]
    missed = np.abs(found.sum(axis=1) - differences).sum() / np.abs(differences).sum()
    print(f"of what they should add up to, {STEPS} steps miss {missed:.0%}")
    return found


def levelled(beat: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """The beat's median, without its padding, in place of what is removed."""
    return np.where(removed, np.float32(np.median(np.trim_zeros(beat, "b"))), beat)


def by_windows(relevance: np.ndarray) -> np.ndarray:
    windows = windows_of(relevance.shape[1]).astype(np.float64)
    return (relevance @ windows.T / windows.sum(axis=1)) @ windows / windows.sum(axis=0)


def orders_without_network(signals: np.ndarray) -> dict[str, np.ndarray]:
    """Relevances that nothing was asked for."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=signals.shape)
    return {
        "random": noise,
        "random, by windows": by_windows(noise),
        "steepest first": np.abs(np.gradient(signals, axis=1)),
    }


def show(
    name: str,
    classifier: Classifier,
    beats: np.ndarray,
    labels: np.ndarray,
    orders: dict[str, np.ndarray],
    ways: dict[str, Remove],
) -> None:
    """A table: the area of each order, and how much less that is than the area of a random one."""
    areas = {
        way: {o: areas_of(classifier, beats, labels, r, remove) for o, r in orders.items()}
        for way, remove in ways.items()
    }
    columns = [column for way in ways for column in (way, "less than random", "of beats")]
    rows = [
        [order, *(cell for way in ways for cell in cells(areas[way][order], areas[way]["random"]))] for order in orders
    ]
    print(f"\n{table([f'{name}, {len(beats)} beats', *columns], rows)}\n", flush=True)


def cells(areas: np.ndarray, random: np.ndarray) -> list[str]:
    less = random - areas
    bound = 1.96 * less.std(ddof=1) / np.sqrt(len(less))
    return [f"{areas.mean():.3f}", f"{less.mean():.3f} ± {bound:.3f}", f"{(less > 0).mean():.0%}"]


def areas_of(
    classifier: Classifier, beats: np.ndarray, labels: np.ndarray, relevance: np.ndarray, remove: Remove
) -> np.ndarray:
    """Of each beat: the mean probability of its label while its samples go, the most relevant first."""
    ranks = np.argsort(np.argsort(-relevance, axis=1, kind="stable"), axis=1)
    curves = []
    for share in SHARES:
        removed = ranks < round(share * relevance.shape[1])
        rows = np.stack([remove(beat, gone) for beat, gone in zip(beats, removed, strict=True)]).astype(np.float32)
        answers = classifier.classify(BeatsInContext(rows) if classifier.in_context else rows)
        curves.append(answers.probabilities[np.arange(len(labels)), labels])
    return np.mean(curves, axis=0)


if __name__ == "__main__":
    main()
