import pytest
import torch

from training.errors import TrainingError
from training.learning.device import find_device


def test_auto_is_cuda_where_there_is_one():
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:99"])
def test_a_device_that_cannot_be_used_is_refused(name):
    with pytest.raises(TrainingError, match=f"got the device {name!r}, which cannot be used .*; expected cpu or cuda"):
        find_device(name)
