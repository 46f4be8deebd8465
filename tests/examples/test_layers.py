from typing import Any

import torch
from torch import nn

from examples.layers import Perceptron, Residual, Stem, TimedConvolution


def test_the_activation_is_between_the_layers_and_not_behind_the_last():
    layers = Perceptron(3, 8, 8, 2, activation=nn.ReLU)
    assert [type(layer) for layer in layers] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert layers(torch.zeros(5, 3)).shape == (5, 2)


def test_a_stem_halves_an_image_until_it_is_small():
    assert Stem(8, 8)(torch.zeros(2, 1, 8, 8)).shape == (2, 8, 4, 4)
    assert Stem(8, 28)(torch.zeros(2, 1, 28, 28)).shape == (2, 8, 7, 7)
    assert Stem(8, 7)(torch.zeros(2, 1, 7, 7)).shape == (2, 8, 7, 7)


def test_a_residual_block_adds_to_what_it_is_given():
    block = Residual(8)
    last: Any = block[-1]
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    x = torch.randn(2, 8, 4, 4)
    torch.testing.assert_close(block(x), x)


def test_no_image_sees_another():
    torch.manual_seed(0)
    network, images = nn.Sequential(Stem(8, 8), Residual(8)), torch.randn(3, 1, 8, 8)
    torch.testing.assert_close(network(images)[:1], network(images[:1]))


def test_a_timed_convolution_is_that_of_the_state_and_a_channel_that_holds_the_time():
    torch.manual_seed(0)
    layer, t, x = TimedConvolution(2), torch.tensor([0.0, 3.0]), torch.randn(2, 2, 4, 4)
    first = layer.layer.weight[:, :1]
    held = torch.ones(1, 1, 4, 4) * t.view(2, 1, 1, 1)
    expected = nn.functional.conv2d(held, first, padding=1) + nn.functional.conv2d(
        x, layer.layer.weight[:, 1:], layer.layer.bias, padding=1
    )
    torch.testing.assert_close(layer(t, x), expected)
