"""A network's configuration, as recipes and checkpoints write it, and the network that it describes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from models.networks.ensemble import Committee
from models.networks.network import Solver
from models.networks.odenet import ODENet
from models.networks.resnet import ResNet
from models.networks.rhythm import RhythmODENet
from ode import Gradient


class ResNetArchitecture(BaseModel):
    """Stem, residual blocks, head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["resnet"] = "resnet"
    blocks: int = Field(default=6, ge=1)

    @property
    def solver(self) -> None:
        """It has none."""

    @property
    def in_context(self) -> bool:
        """Whether the network takes beats in the context of their recording."""
        return ResNet.in_context

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return ResNet(classes, self.blocks)


class ODENetArchitecture(BaseModel):
    """Stem, one neural ODE, head; how it is solved where nobody says otherwise, and how it is differentiated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["odenet"] = "odenet"
    solver: Solver = Solver()
    gradient: Gradient = "adjoint"
    augmented: int = Field(default=0, ge=0, le=448)
    """Channels that the state has beside those of the stem, and that begin at zero."""

    @property
    def in_context(self) -> bool:
        """Whether the network takes beats in the context of their recording."""
        return ODENet.in_context

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return ODENet(classes, self.solver, self.gradient, self.augmented)


class RhythmODENetArchitecture(BaseModel):
    """The neural ODE of whole recordings, whose beats come in their context."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["rhythm_odenet"] = "rhythm_odenet"
    solver: Solver = Solver()
    gradient: Gradient = "direct"
    dropout: float = Field(default=0.2, ge=0, lt=1)

    @property
    def in_context(self) -> bool:
        """Whether the network takes beats in the context of their recording."""
        return RhythmODENet.in_context

    def build(self, classes: int) -> nn.Module:
        """The network, with fresh weights."""
        return RhythmODENet(classes, self.solver, self.gradient, self.dropout)


Member = Annotated[ResNetArchitecture | ODENetArchitecture | RhythmODENetArchitecture, Field(discriminator="kind")]


class CommitteeArchitecture(BaseModel):
    """Several networks of one architecture, each trained by itself, which decide together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["committee"] = "committee"
    members: int = Field(ge=1)
    of: Member

    @property
    def solver(self) -> Solver | None:
        """How its members are solved where nobody says otherwise."""
        return self.of.solver

    @property
    def in_context(self) -> bool:
        """Whether its members take beats in the context of their recording."""
        return self.of.in_context

    def build(self, classes: int) -> nn.Module:
        """The networks, each with fresh weights of its own."""
        return Committee([self.of.build(classes) for _ in range(self.members)])


Architecture = Annotated[
    ResNetArchitecture | ODENetArchitecture | RhythmODENetArchitecture | CommitteeArchitecture,
    Field(discriminator="kind"),
]
