"""The device that a network is trained on."""

import torch

from training.errors import TrainingError


def find_device(name: str) -> torch.device:
    """The device of that name; of "auto", CUDA's where there is one. Raises TrainingError where it cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(
            f"got the device {name!r}, which cannot be used ({reason}); expected cpu or cuda"
        ) from error
    return device
