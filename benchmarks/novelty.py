"""Novelty: which score of the features shows best what is no heartbeat?

`python -m benchmarks.novelty [MODEL ...]` (of the zoo, or files) fits each candidate to the features of the training
beats, and prints the area under the curve (AUROC) of validation beats against each kind of `benchmarks.foreign`, the
share of that kind beyond the threshold which 99.5 % of validation beats pass, and the share of beats of patients that a
candidate was not fitted to which is.

    Mahalanobis  distance from the nearest class, one covariance (Lee et al. 2018): `models.checkpoint.novelty`
    neighbours   distance from the 5th nearest of 10,000 training beats, features whitened (Sun et al. 2022)
    SVDD         distance from a centre, by a network that draws training beats to it (deep SVDD, Ruff et al. 2018)
    flow         minus the log density by a continuous normalising flow (`examples.flow`)

Test beats play no part.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from benchmarks.foreign import foreign_beats
from examples.flow import fit_flow
from models import Classifier
from training.data.databases import data_folder
from training.data.dataset import BEATS_FILE, Dataset, load_or_build
from training.evaluation.evaluation import split_of
from training.posthoc.fit import PASSED, fit_novelty
from training.table import table

COUNT = 400
TRAINED, VALIDATED = 12_000, 5_000
"""Beats that are drawn of each part: more change the figures by thousandths."""
NEIGHBOUR, KNOWN = 5, 10_000
KEPT = 64
"""Dimensions that SVDD and flow work in: the principal components."""
STEPS = 500
FIFTH = 5

Score = Callable[[np.ndarray], np.ndarray]
"""The more of it, the less alike."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["resnet", "odenet"], help="of the zoo (default: resnet odenet)")
    names = parser.parse_args().models
    dataset = load_or_build(BEATS_FILE, data_folder())
    for name in names:
        classifier = Classifier.load(name)
        split = split_of(classifier.checkpoint.info, dataset)
        kinds = foreign_beats(split.validation.values, COUNT)
        features = {kind: classifier.answer(beats).features for kind, beats in kinds.items()}
        trained, validated = drawn(split.train, TRAINED), drawn(split.validation, VALIDATED)
        train = classifier.answer(trained.beats).features
        validation = classifier.answer(validated.beats).features
        rows = []
        for candidate, fit in CANDIDATES.items():
            score = fit(train, trained.labels)
            own = score(validation)
            limit = np.quantile(own, PASSED)
            scores = {kind: score(foreign) for kind, foreign in features.items()}
            rows.append([candidate, "AUROC", *(f"{auroc(own, other):.4f}" for other in scores.values()), ""])
            beyond = [f"{np.mean(other > limit):.1%}" for other in scores.values()]
            rows.append([candidate, "beyond", *beyond, f"{unseen(fit, train, trained):.1%}"])
            print(*rows[-2], *rows[-1], sep="\t", flush=True, file=sys.stderr)
        print(f"\n{name}\n\n{transposed(['score', 'figure', *kinds, 'patients not fitted to'], rows)}")


def drawn(part: Dataset, count: int) -> Dataset:
    return part.select(np.sort(np.random.default_rng(0).permutation(len(part))[:count]))


def auroc(own: np.ndarray, other: np.ndarray) -> float:
    return float(roc_auc_score(np.repeat([0, 1], [len(own), len(other)]), np.concatenate((own, other))))


def unseen(fit: Callable[[np.ndarray, np.ndarray], Score], features: np.ndarray, beats: Dataset) -> float:
    """The share of beats beyond the threshold of a fifth of the patients, whose beats were not fitted to."""
    left_out = np.isin(beats.recordings, np.unique(beats.recordings)[::FIFTH])
    rest = np.random.default_rng(0).permutation(np.flatnonzero(~left_out))
    fitted, held = rest[len(rest) // 5 :], rest[: len(rest) // 5]
    score = fit(features[fitted], beats.labels[fitted])
    limit = np.quantile(score(features[held]), PASSED)
    return float(np.mean(score(features[left_out]) > limit))


def transposed(header: list[str], rows: list[list[str]]) -> str:
    first, *rest = zip(header, *rows, strict=True)
    return table(first, rest)


def mahalanobis(features: np.ndarray, labels: np.ndarray) -> Score:
    return fit_novelty(features, labels, features[:1]).distances


def whitener(features: np.ndarray, kept: int) -> Callable[[np.ndarray], torch.Tensor]:
    """The principal components, each with a variance of 1."""
    mean = features.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov(features.T.astype(np.float64)))
    last = slice(-kept, None)
    onto = directions[:, last] / np.sqrt(np.maximum(variances[last], 1e-5 * variances.mean()))
    return lambda others: torch.from_numpy(((others - mean) @ onto).astype(np.float32))


def neighbours(features: np.ndarray, labels: np.ndarray) -> Score:
    del labels
    whiten = whitener(features, features.shape[1])
    drawn = np.random.default_rng(0).permutation(len(features))[:KNOWN]
    known = whiten(features[drawn])

    def score(others: np.ndarray) -> np.ndarray:
        parts = torch.split(whiten(others), 256)
        return torch.cat(
            [torch.cdist(part, known).topk(NEIGHBOUR, largest=False).values[:, -1] for part in parts]
        ).numpy()

    return score


def svdd(features: np.ndarray, labels: np.ndarray) -> Score:
    del labels
    torch.manual_seed(0)
    whiten = whitener(features, KEPT)
    points = whiten(features)
    # without biases, or the network could map all to the centre (Ruff et al., proposition 2)
    network = nn.Sequential(nn.Linear(KEPT, 128, bias=False), nn.LeakyReLU(), nn.Linear(128, 32, bias=False))
    with torch.no_grad():
        centre = network(points).mean(dim=0)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-6)
    for _ in range(STEPS):
        loss = ((network(points[torch.randint(len(points), (512,))]) - centre) ** 2).sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def score(others: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return ((network(whiten(others)) - centre) ** 2).sum(dim=1).numpy()

    return score


def flow(features: np.ndarray, labels: np.ndarray) -> Score:
    del labels
    whiten = whitener(features, KEPT)
    fitted = fit_flow(whiten(features), STEPS)

    def score(others: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return torch.cat([-fitted.log_density(part) for part in torch.split(whiten(others), 4096)]).numpy()

    return score


CANDIDATES: dict[str, Callable[[np.ndarray, np.ndarray], Score]] = {
    "Mahalanobis": mahalanobis,
    "neighbours": neighbours,
    "SVDD": svdd,
    "flow": flow,
}


if __name__ == "__main__":
    main()
