import torch
from torch import nn

from examples.layers import Perceptron


def test_the_activation_is_between_the_layers_and_not_behind_the_last():
    layers = Perceptron(3, 8, 8, 2, activation=nn.ReLU)
    assert [type(layer) for layer in layers] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert layers(torch.zeros(5, 3)).shape == (5, 2)
