import pytest
import torch

from ecg import LABELS
from training.errors import OtherRun
from training.learning import loop, run
from training.learning.recipe import read_recipe

CPU = torch.device("cpu")
SMALL = ["batch_size=32", "average_decay=0.5", "shares={}"]


def recipe(name="resnet", *overrides):
    return read_recipe(
        name, ["cycles=[{epochs=2, learning_rate=3e-3}, {epochs=1, learning_rate=1e-3}]", *SMALL, *overrides]
    )


def weights(trainer):
    return torch.cat([weight.flatten() for weight in trainer.network.state_dict().values()])


def test_training_learns(small, tmp_path):
    trainer = loop.train(recipe("resnet", "cycles=[{epochs=12, learning_rate=3e-3}]"), small, tmp_path, device=CPU)
    assert trainer.history[-1].train_loss < 0.75 * trainer.history[0].train_loss
    assert trainer.history[-1].validation_accuracy > 0.6


@pytest.mark.parametrize("gradient", ["adjoint", "direct"])
def test_an_odenet_trains_by_either_gradient_and_counts_evaluations(small, tmp_path, gradient):
    asked = recipe("odenet", "cycles=[{epochs=2, learning_rate=3e-3}]", f"architecture.gradient={gradient}")
    trainer = loop.train(asked, small, tmp_path, device=CPU)
    assert trainer.network.gradient == gradient
    assert trainer.history[-1].evaluations >= 7
    assert trainer.history[-1].train_loss < trainer.history[0].train_loss


def test_the_weight_of_the_solvers_error_makes_it_smaller(small, tmp_path):
    def error_after(weight):
        asked = recipe("odenet", f"cycles=[{{epochs=3, learning_rate=3e-3, solver_error={weight}}}]")
        network = loop.train(asked, small, tmp_path / str(weight), device=CPU).network.train()
        with torch.no_grad():
            return float(network(torch.from_numpy(small.validation.values), asked.training_solver).solver_error)

    assert error_after(10) < 0.5 * error_after(0)


def test_an_epoch_takes_its_share_of_a_class_and_others_in_the_next(small, tmp_path):
    trainer = loop.Trainer(recipe("resnet", "shares={N=0.25}"), small, CPU)
    first, second = (torch.cat(trainer._shuffled(epoch)) for epoch in (1, 2))
    counts = small.train.counts()
    for place, label in enumerate(LABELS):
        expected = round(0.25 * counts[label]) if label == "N" else counts[label]
        assert int((trainer.labels[first] == place).sum()) == expected
    assert len(set(first.tolist())) == len(first) and set(first.tolist()) != set(second.tolist())


def test_the_loss_of_thinned_out_beats_has_its_minimum_at_the_odds_of_all(small):
    """With no input to tell beats apart, the best logits are the logarithms of the classes' frequencies."""
    share = 0.25
    trainer = loop.Trainer(recipe("resnet", f"shares={{N={share}}}"), small, CPU)
    labels = trainer.labels[torch.cat(trainer._shuffled(1))]
    counts = torch.bincount(trainer.labels, minlength=len(LABELS)).double()
    counts[0] = (labels == 0).sum() / share
    logits = counts.log().float().requires_grad_()
    (gradient,) = torch.autograd.grad(trainer._loss(logits.expand(len(labels), -1), labels, None), logits)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-6, rtol=0)


def test_equal_seeds_give_equal_weights_and_others_do_not(small, tmp_path):
    one, same = (loop.train(recipe(), small, tmp_path / name, device=CPU) for name in ("one", "same"))
    other = loop.train(recipe("resnet", "seed=1"), small, tmp_path / "other", device=CPU)
    torch.testing.assert_close(weights(one), weights(same), atol=1e-6, rtol=0)
    assert not torch.allclose(weights(one), weights(other), atol=1e-3)


def test_a_finished_run_goes_on_where_its_recipe_has_a_further_cycle(small, tmp_path):
    whole = loop.train(recipe(), small, tmp_path / "whole", device=CPU)
    loop.train(recipe("resnet", "cycles=[{epochs=2, learning_rate=3e-3}]"), small, tmp_path / "longer", device=CPU)
    longer = loop.train(recipe(), small, tmp_path / "longer", device=CPU)
    torch.testing.assert_close(weights(longer), weights(whole), atol=1e-6, rtol=0)
    with pytest.raises(OtherRun):
        loop.train(recipe("resnet", "cycles=[{epochs=4, learning_rate=3e-3}]"), small, tmp_path / "longer", device=CPU)


def test_the_weights_kept_are_the_best_of_the_last_cycle():
    assert run.kept_epoch([0.5, 0.9, 0.7, 0.8, 0.8], first=3) == 5
    assert run.kept_epoch([0.5, 0.9, 0.7], first=1) == 2


@pytest.mark.parametrize("finished", [1, 2])
def test_a_run_killed_at_any_epoch_resumes_as_if_nothing_had_happened(small, tmp_path, monkeypatch, finished):
    whole = loop.train(recipe(), small, tmp_path / "whole", device=CPU)
    step, steps = loop.Trainer.step, []

    def killed(trainer, *batch):
        steps.append(1)
        if len(steps) == finished * trainer.batches + 2:  # in the midst of an epoch
            raise KeyboardInterrupt
        return step(trainer, *batch)

    monkeypatch.setattr(loop.Trainer, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        loop.train(recipe(), small, tmp_path / "killed", device=CPU)
    monkeypatch.undo()
    resumed = loop.train(recipe(), small, tmp_path / "killed", device=CPU)
    assert len(resumed.history) == 3
    torch.testing.assert_close(weights(resumed), weights(whole), atol=1e-6, rtol=0)
    lines = (tmp_path / "killed" / "metrics.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "1", "2", "3"]


def test_a_run_killed_between_its_state_and_its_metrics_has_them_when_started_again(small, tmp_path):
    loop.train(recipe(), small, tmp_path, device=CPU)
    metrics = (tmp_path / "metrics.csv").read_text()
    (tmp_path / "metrics.csv").unlink()
    loop.train(recipe(), small, tmp_path, device=CPU)
    assert (tmp_path / "metrics.csv").read_text() == metrics


def test_the_running_mean_of_a_short_run_is_not_its_first_weights(small, tmp_path):
    trainer = loop.train(recipe("resnet", "average_decay=0.9999"), small, tmp_path, device=CPU)
    torch.manual_seed(trainer.recipe.seed)
    first = trainer.recipe.architecture.build(5).state_dict()
    mean, last = trainer.average.module.state_dict(), trainer.network.state_dict()
    name = "head.4.weight"
    assert (mean[name] - last[name]).norm() < 0.7 * (first[name] - last[name]).norm()


def test_a_finished_run_is_not_trained_again(small, tmp_path, capsys):
    loop.train(recipe(), small, tmp_path, device=CPU)
    capsys.readouterr()
    loop.train(recipe(), small, tmp_path, device=CPU)
    assert "epoch 1/" not in capsys.readouterr().out


def test_another_recipes_run_is_not_overwritten_unless_asked(small, tmp_path):
    loop.train(recipe(), small, tmp_path, device=CPU)
    with pytest.raises(OtherRun, match="--fresh"):
        loop.train(recipe("resnet", "seed=1"), small, tmp_path, device=CPU)
    assert loop.train(recipe("resnet", "seed=1"), small, tmp_path, device=CPU, fresh=True).recipe.seed == 1


def test_the_weights_kept_are_those_that_validated_best(small, tmp_path):
    trainer = loop.train(recipe(), small, tmp_path, device=CPU)
    best = max(trainer.history, key=lambda epoch: epoch.validation_macro_f1)
    trainer.average.module.load_state_dict(trainer.best_weights)
    assert trainer._validate().macro_f1 == pytest.approx(best.validation_macro_f1)


def test_metrics_are_there_for_tensorboard(small, tmp_path):
    loop.train(recipe(), small, tmp_path, device=CPU)
    assert list(tmp_path.glob("events.out.tfevents.*"))
