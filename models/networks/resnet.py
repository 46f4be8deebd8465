"""The residual network: stem, six residual blocks, head."""

from jaxtyping import Float
from torch import Tensor, nn

from models.errors import NoSolver
from models.networks.blocks import Head, ResidualBlock, Stem, features_of
from models.networks.network import Output, Solver
from ode import Deadline


class ResNet(nn.Module):
    """182,853 parameters with six blocks and five classes. It has no solver."""

    in_context = False

    def __init__(self, classes: int = 5, blocks: int = 6) -> None:
        super().__init__()
        self.stem = Stem()
        self.blocks = nn.Sequential(*[ResidualBlock() for _ in range(blocks)])
        self.head = Head(classes)

    def forward(
        self, beats: Float[Tensor, "beat 187"], solver: Solver | None = None, _: Deadline | None = None
    ) -> Output:
        """The logits and features of each beat, whatever the deadline. Raises NoSolver where a solver is given."""
        if solver is not None:
            raise NoSolver("got solver settings for a network that has no solver; leave them out")
        state = self.blocks(self.stem(beats.unsqueeze(1)))
        return Output(logits=self.head(state), features=features_of(state))
