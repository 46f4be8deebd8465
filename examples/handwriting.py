"""Images of handwritten digits, those of scikit-learn or MNIST's, parted into some to learn from and new ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from sklearn.datasets import load_digits
from torch import Tensor

from examples.classification import Labelled


@dataclass(frozen=True)
class Split:
    """What is learnt from, and what has not been seen then."""

    known: Labelled
    new: Labelled


def read_small(folds: int) -> list[Split]:
    """1,797 images of 8x8 pixels (Alpaydin and Kaynak 1998), parted at random: in each split another fold is new."""
    pixels, digits = map(torch.from_numpy, load_digits(return_X_y=True))
    written = Labelled(pixels.float().view(-1, 1, 8, 8) / 16, digits)
    parts = torch.randperm(len(digits)).chunk(folds)
    rest = [torch.cat([*parts[:new], *parts[new + 1 :]]) for new in range(folds)]
    return [Split(written.pick(known), written.pick(new)) for known, new in zip(rest, parts, strict=True)]


def read_mnist(folder: Path) -> list[Split]:
    """MNIST, 28x28 pixels (LeCun et al. 1998): 60,000 images are known and 10,000 new.

    The folder holds its four files, unpacked: train-images-idx3-ubyte, train-labels-idx1-ubyte, and t10k likewise.
    Raises FileNotFoundError where one is missing, ValueError where one is not what its name says.
    """
    return [Split(_read_part(folder, "train"), _read_part(folder, "t10k"))]


def _read_part(folder: Path, part: str) -> Labelled:
    images = _read_idx(folder / f"{part}-images-idx3-ubyte", dimensions=3)
    digits = _read_idx(folder / f"{part}-labels-idx1-ubyte", dimensions=1)
    return Labelled(images.float().unsqueeze(1) / 255, digits.long())


def _read_idx(file: Path, dimensions: int) -> UInt8[Tensor, "..."]:
    """The bytes of an IDX file: 0, 0, 8 for bytes, how many dimensions, the length of each, what is held."""
    content = np.fromfile(file, np.uint8)
    header, held = content[: 4 + 4 * dimensions], content[4 + 4 * dimensions :]
    whole = len(header) == 4 + 4 * dimensions and header[:4].tolist() == [0, 0, 8, dimensions]
    shape = header[4:].view(">u4").tolist() if whole else []
    if not whole or len(held) != np.prod(shape):
        raise ValueError(f"got {file}, expected an IDX file of bytes in {dimensions} dimensions, complete and unpacked")
    return torch.from_numpy(held.reshape(shape))
