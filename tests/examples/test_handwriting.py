import numpy as np
import pytest
import torch

from examples.handwriting import read_mnist, read_small


def test_every_small_image_is_new_in_one_split_and_known_in_the_others():
    splits = read_small(5)
    assert [len(split.new.classes) for split in splits] == [360, 360, 360, 360, 357]
    assert all(len(split.known.classes) + len(split.new.classes) == 1797 for split in splits)
    seen = torch.cat([split.new.images for split in splits]).flatten(1)
    assert len(seen.unique(dim=0)) == 1797  # no two are alike
    for split in splits:
        assert len(torch.cat((split.known.images, split.new.images)).flatten(1).unique(dim=0)) == 1797


def test_ink_is_1_and_paper_0():
    images = read_small(2)[0].new.images
    assert images.shape[1:] == (1, 8, 8) and images.min() == 0 and images.max() == 1


@pytest.fixture
def mnist(tmp_path):
    """A folder as MNIST's, of three images to learn from and two new ones."""
    for part, count in (("train", 3), ("t10k", 2)):
        header = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]
        pixels = np.arange(count * 28 * 28, dtype=np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(bytes(header) + pixels.tobytes())
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, count, *range(7, 7 + count)]))
    return tmp_path


def test_mnist_is_read_from_its_four_files(mnist):
    (split,) = read_mnist(mnist)
    assert split.known.images.shape == (3, 1, 28, 28) and split.known.classes.tolist() == [7, 8, 9]
    assert split.new.images.shape == (2, 1, 28, 28) and split.new.classes.tolist() == [7, 8]
    torch.testing.assert_close(split.known.images[0, 0, :2, 1] * 255, torch.tensor([1.0, 29.0]))
    assert split.known.images.max() == 1


def test_a_file_of_mnist_that_is_missing_is_named(mnist):
    (mnist / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte"):
        read_mnist(mnist)


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[:-1], lambda whole: whole[:7], lambda whole: b"\x1f\x8b" + whole]
)
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_a_file_that_is_cut_short_or_packed_is_refused(mnist, name, spoil):
    (mnist / name).write_bytes(spoil((mnist / name).read_bytes()))
    with pytest.raises(ValueError, match=rf"got .*{name}, expected an IDX file"):
        read_mnist(mnist)
