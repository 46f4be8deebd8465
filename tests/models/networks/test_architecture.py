import pytest

from models import ODENetArchitecture, ResNetArchitecture


@pytest.mark.parametrize(("architecture", "size"), [(ResNetArchitecture(), 182_853), (ODENetArchitecture(), 59_333)])
def test_the_networks_have_the_studys_sizes(architecture, size):
    assert sum(parameter.numel() for parameter in architecture.build(5).parameters()) == size
