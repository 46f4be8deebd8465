import pytest
import torch
from torch.nn import functional as F

from models import UnknownModel
from training.learning import loop
from training.learning.distillation import Distillation, Teachers
from training.learning.recipe import read_recipe

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def teachers():
    return Teachers(Distillation(teachers=("resnet", "odenet"), weight=0.5, temperature=2.0), CPU)


def test_teachers_say_the_mean_of_their_softened_probabilities(teachers, small):
    beats = torch.from_numpy(small.validation.values[:4])
    with torch.no_grad():
        each = [F.softmax(network(beats).logits / 2.0, dim=1) for network in teachers.networks]
    torch.testing.assert_close(teachers.say(beats), (each[0] + each[1]) / 2)


def test_the_loss_is_least_for_a_pupil_that_says_the_same(teachers):
    said = torch.tensor([[0.7, 0.1, 0.1, 0.05, 0.05]])
    logits = (2.0 * said.log()).requires_grad_()
    loss = teachers.loss(logits, said)
    (gradient,) = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(loss, torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-6, rtol=0)


def test_a_pupil_comes_nearer_to_its_teacher_than_one_that_learns_from_labels_alone(small, tmp_path):
    def distance(name, *overrides):
        cycles = "cycles=[{epochs=6, learning_rate=3e-3}]"
        asked = read_recipe("resnet", [cycles, "batch_size=32", "average_decay=0.5", *overrides])
        trainer = loop.train(asked, small, tmp_path / name, device=CPU)
        beats = torch.from_numpy(small.validation.values)
        teacher = Teachers(Distillation(teachers=("odenet",), weight=1.0), CPU)
        with torch.no_grad():
            return float(teacher.loss(trainer.average.module.eval()(beats).logits, teacher.say(beats)))

    assert distance("taught", 'distillation={teachers=["odenet"], weight=1.0}') < distance("alone")


def test_an_unknown_teacher_is_an_error():
    with pytest.raises(UnknownModel):
        Teachers(Distillation(teachers=("nobody",), weight=0.5), CPU)
