import pytest
import torch

from models.networks.blocks import ConcatConv1d, Head, Stem, widened


def test_the_stem_shortens_a_beat_to_46_steps_of_64_channels():
    assert Stem()(torch.zeros(2, 1, 187)).shape == (2, 64, 46)


def test_the_head_gives_a_logit_for_each_class():
    assert Head(5)(torch.zeros(2, 64, 46)).shape == (2, 5)
    assert Head(5, 72)(torch.zeros(2, 72, 46)).shape == (2, 5)


def test_a_state_is_widened_by_channels_of_zeros_after_its_own():
    state = torch.randn(2, 3, 4)
    wide = widened(state, 2)
    assert torch.equal(wide[:, :3], state) and torch.equal(wide[:, 3:], torch.zeros(2, 2, 4))
    assert torch.equal(widened(state, 0), state)


@pytest.mark.parametrize("channels", [64, 72])
def test_the_folded_time_channel_is_the_concatenated_one(channels):
    torch.manual_seed(0)
    layer, x, t = ConcatConv1d(channels), torch.randn(3, channels, 46), torch.tensor([0.0, 0.4, 1.0])
    concatenated = torch.cat((t.view(3, 1, 1).expand(3, 1, 46), x), dim=1)
    torch.testing.assert_close(layer(t, x), layer.conv(concatenated), atol=1e-5, rtol=1e-5)
