import numpy as np

from models import Classifier, OperatingPoint
from models.networks.resnet import ResNet


def test_offsets_are_added_to_the_logits_of_their_class():
    point = OperatingPoint(offsets=(0.0, -1.5, 2.0, 0.0, 0.0))
    logits = np.ones((2, 5), np.float32)
    assert point.applied_to(logits).tolist() == [[1.0, -0.5, 3.0, 1.0, 1.0]] * 2


def test_a_classifier_answers_at_its_operating_point(beats):
    network = ResNet()
    plain = Classifier(network, None).classify(beats)
    moved = Classifier(network, None, operating_point=OperatingPoint(offsets=(0.0, 50.0, 0.0, 0.0, 0.0)))
    assert set(moved.classify(beats).labels) == {1}
    odds = moved.classify(beats).probabilities[:, 0] / moved.classify(beats).probabilities[:, 2]
    np.testing.assert_allclose(odds, plain.probabilities[:, 0] / plain.probabilities[:, 2], rtol=1e-3)
