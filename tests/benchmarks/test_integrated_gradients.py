import pytest
import torch

from benchmarks.integrated_gradients import integrated_gradients
from models import Architecture, ODENetArchitecture, Output, ResNetArchitecture, Solver

ARCHITECTURES: dict[str, Architecture] = {
    "odenet": ODENetArchitecture(solver=Solver("rk4", step=0.25), gradient="direct"),
    "resnet": ResNetArchitecture(),
}


class Polynomial(torch.nn.Module):
    """The logit of the only class is the sum of the cubes of the samples."""

    def forward(self, beats):
        return Output(logits=(beats**3).sum(dim=1, keepdim=True), features=beats)


def test_of_a_sum_each_sample_adds_its_own_term():
    beat, baseline = torch.linspace(0, 1, 187), torch.full((187,), 0.5)
    found = integrated_gradients(Polynomial(), beat, baseline, 0, steps=500)
    torch.testing.assert_close(found, beat**3 - baseline**3, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_all_samples_together_add_the_difference_of_the_logit_between_baseline_and_beat(kind, beats):
    """Completeness: proposition 1 of Sundararajan et al. 2017; through the solve, in 64 bits.

    The way is short. On a long one there are places where a norm has next to nothing to divide by, and the slope there
    is so steep that it takes thousands of steps to be met.
    """
    torch.manual_seed(0)
    network = ARCHITECTURES[kind].build(5).double().eval()
    beat, other = torch.from_numpy(beats[:2]).double()
    baseline = beat + 0.02 * (other - beat)
    with torch.no_grad():
        ends = network(torch.stack([beat, baseline])).logits
    for label in (0, 2):
        found = integrated_gradients(network, beat, baseline, label, steps=200)
        difference = ends[0, label] - ends[1, label]
        assert difference.abs() > 1e-4
        torch.testing.assert_close(found.sum(), difference, atol=0, rtol=1e-2)


def test_a_sample_that_is_as_in_the_baseline_adds_nothing(beats):
    torch.manual_seed(0)
    network = ARCHITECTURES["odenet"].build(5).eval()
    beat = torch.from_numpy(beats[0])
    baseline = beat.clone()
    baseline[40:60] += 0.1
    found = integrated_gradients(network, beat, baseline, 0)
    changed = torch.zeros(187, dtype=torch.bool)
    changed[40:60] = True
    assert (found[~changed] == 0).all() and (found[changed] != 0).all()
