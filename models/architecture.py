"""A network's configuration, as recipes and checkpoints write it, and the network that it describes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from models.network import Solver
from models.odenet import ODENet
from models.resnet import ResNet
from models.rhythm_odenet import RhythmODENet
from ode import Gradient


class ResNetArchitecture(BaseModel):
    """Stem, residual blocks, head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["resnet"] = "resnet"
    blocks: int = Field(default=6, ge=1)

    @property
    def solver(self) -> None:
        """It has none."""

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return ResNet(classes, self.blocks)


class ODENetArchitecture(BaseModel):
    """Stem, one neural ODE, head; how it is solved where nobody says otherwise, and how it is differentiated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["odenet"] = "odenet"
    solver: Solver = Solver()
    gradient: Gradient = "adjoint"

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return ODENet(classes, self.solver, self.gradient)


class RhythmODENetArchitecture(BaseModel):
    """The neural ODE of whole recordings, whose beats come in their context."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["rhythm_odenet"] = "rhythm_odenet"
    solver: Solver = Solver()
    gradient: Gradient = "direct"
    dropout: float = Field(default=0.2, ge=0, lt=1)

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return RhythmODENet(classes, self.solver, self.gradient, self.dropout)


Architecture = Annotated[
    ResNetArchitecture | ODENetArchitecture | RhythmODENetArchitecture, Field(discriminator="kind")
]
