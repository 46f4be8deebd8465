"""A network's configuration, as recipes and checkpoints write it, and the network that it describes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from models.network import Solver
from models.odenet import ODENet
from models.resnet import ResNet
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


Architecture = Annotated[ResNetArchitecture | ODENetArchitecture, Field(discriminator="kind")]
