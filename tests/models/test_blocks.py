import torch

from models.blocks import ConcatConv1d, Head, Stem


def test_the_stem_shortens_a_beat_to_46_steps_of_64_channels():
    assert Stem()(torch.zeros(2, 1, 187)).shape == (2, 64, 46)


def test_the_head_gives_a_logit_for_each_class():
    assert Head(5)(torch.zeros(2, 64, 46)).shape == (2, 5)


def test_the_folded_time_channel_is_the_concatenated_one():
    torch.manual_seed(0)
    layer, x, t = ConcatConv1d(), torch.randn(3, 64, 46), torch.tensor([0.0, 0.4, 1.0])
    concatenated = torch.cat((t.view(3, 1, 1).expand(3, 1, 46), x), dim=1)
    torch.testing.assert_close(layer(t, x), layer.conv(concatenated), atol=1e-5, rtol=1e-5)
