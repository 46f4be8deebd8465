"""The operating point: where, between missing beats of a class and seeing too many of them, a classifier works."""

import numpy as np
from jaxtyping import Float32
from pydantic import BaseModel, ConfigDict


class OperatingPoint(BaseModel):
    """What is added to the logits of each class, in the order of `LABELS`; chosen on beats of training patients."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offsets: tuple[float, ...]

    def applied_to(self, logits: Float32[np.ndarray, "beat class"]) -> Float32[np.ndarray, "beat class"]:
        """The logits of this point."""
        return logits + np.array(self.offsets, dtype=np.float32)
