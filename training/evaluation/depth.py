"""Depth and memory: what a network keeps of a beat for its gradient, and how much more with each layer.

The depth of a residual network is its blocks, that of a neural ODE the evaluations of its solve. What autograd keeps
grows with both, unless the gradient is the adjoint's (Chen et al., "Neural ordinary differential equations", 2018,
table 1).
"""

from dataclasses import dataclass

from torch import Tensor, nn

from ecg import LABELS
from models import Architecture, Checkpoint, Solver
from models.networks.architecture import CommitteeArchitecture, ResNetArchitecture
from ode import Kept
from training.evaluation.evaluation import recipe_of

TOLERANCES = (1e-1, 1e-4)
"""Of two solves, of which the second takes more evaluations, but where torchdiffeq chooses its steps."""


@dataclass(frozen=True)
class DepthCost:
    """Bytes that are kept of a beat, by the network as it was trained, and for a block or an evaluation more.

    The second is None where both solves took the same evaluations, as they may by torchdiffeq.
    """

    kept: float
    a_layer: float | None


def depth_cost(checkpoint: Checkpoint) -> DepthCost:
    """Measured on the checkpoint's reference beats, forward and backward."""
    architecture, beats = checkpoint.info.architecture, checkpoint.reference_beats
    network = architecture.build(len(LABELS))
    network.load_state_dict(checkpoint.weights)
    solver = recipe_of(checkpoint.info).training_solver or architecture.solver
    kept, _ = _kept(network, beats, solver)
    if solver is None:
        deeper, _ = _kept(_deeper(architecture).build(len(LABELS)), beats, None)
        return DepthCost(kept, deeper - kept)
    (few, fewer), (many, more) = (
        _kept(network, beats, Solver(rtol=tolerance, atol=tolerance)) for tolerance in TOLERANCES
    )
    return DepthCost(kept, (many - few) / (more - fewer) if more > fewer else None)


def _deeper(architecture: Architecture) -> Architecture:
    """With a residual block more in each network."""
    if isinstance(architecture, CommitteeArchitecture):
        return architecture.model_copy(update={"of": _deeper(architecture.of)})
    if isinstance(architecture, ResNetArchitecture):
        return architecture.model_copy(update={"blocks": architecture.blocks + 1})
    return architecture


def _kept(network: nn.Module, beats: Tensor, solver: Solver | None) -> tuple[float, float]:
    """The most bytes that are kept of a beat at once, and the evaluations on the way there."""
    kept = Kept(network.parameters())
    with kept:
        output = network.train()(beats, solver)
        output.logits.sum().backward()
    evaluations = 0.0 if output.solution is None else float(output.solution.cost.evaluations.float().mean())
    return kept.most / len(beats), evaluations
