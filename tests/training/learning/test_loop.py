import numpy as np
import pytest
import torch

from ecg import LABELS
from training.errors import OtherRun, TrainingError
from training.learning import loop
from training.learning.loop import Mixed, Thinned, find_device, train_members, weights_of
from training.learning.recipe import Mixture, read_recipe

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


LABELLED = torch.tensor([0] * 400 + [1] * 20 + [2] * 60 + [3] * 5 + [4] * 15)
RECORDINGS = np.array(["a"] * 300 + ["b"] * 100 + ["a"] * 16 + ["b"] * 4 + ["a"] * 60 + ["b"] * 5 + ["a"] * 15)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_nothing_thinned_takes_every_beat_once():
    order = Thinned(LABELLED, {}).epoch(generator())
    assert sorted(order.tolist()) == list(range(len(LABELLED)))


def test_a_class_is_thinned_to_its_share_and_drawn_anew():
    sampling = Thinned(LABELLED, {"N": 0.25})
    first, second = sampling.epoch(generator(1)), sampling.epoch(generator(2))
    assert torch.bincount(LABELLED[first], minlength=5).tolist() == [100, 20, 60, 5, 15]
    assert len(set(first.tolist())) == len(first) == sampling.size
    assert set(first.tolist()) != set(second.tolist())


def test_what_corrects_the_logits_is_the_logarithm_of_the_share():
    torch.testing.assert_close(Thinned(LABELLED, {"N": 0.25}).log_shares.exp(), torch.tensor([0.25, 1, 1, 1, 1]))


@pytest.fixture
def mixed():
    return Mixed(LABELLED, RECORDINGS, Mixture(beats=40_000, classes={"N": 0.5, "S": 0.2, "V": 0.3}))


def test_a_mixture_has_each_class_as_often_as_it_says(mixed):
    drawn = LABELLED[mixed.epoch(generator())]
    shares = torch.bincount(drawn, minlength=len(LABELS)) / len(drawn)
    assert len(drawn) == mixed.size == 40_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.2, 0.3, 0.0, 0.0]), atol=0.02, rtol=0)


def test_within_a_class_recordings_count_by_the_root_of_their_beats(mixed):
    drawn = mixed.epoch(generator())
    of_s = RECORDINGS[drawn[LABELLED[drawn] == 1].numpy()]
    assert np.mean(of_s == "a") == pytest.approx(4 / (4 + 2), abs=0.03)


def test_equal_generators_draw_the_same(mixed):
    assert torch.equal(mixed.epoch(generator(3)), mixed.epoch(generator(3)))


ONE_EPOCH = "cycles=[{epochs=1, learning_rate=3e-3}]"


def committee_recipe():
    return recipe("resnet", ONE_EPOCH, "architecture={kind='committee', members=2, of={kind='resnet', blocks=1}}")


def test_each_member_is_trained_by_itself_with_a_seed_and_a_folder_of_its_own(small, tmp_path):
    made = committee_recipe()
    trainers = train_members(made, lambda _: small, tmp_path, device=CPU)
    assert [trainer.recipe.seed for trainer in trainers] == [made.seed, made.seed + 1]
    assert {folder.name for folder in tmp_path.iterdir()} == {"member1", "member2"}
    network = made.architecture.build(5)
    network.load_state_dict(weights_of(made, trainers))
    for member, trainer in zip(network.members, trainers, strict=True):
        for name, weight in member.state_dict().items():
            torch.testing.assert_close(weight, trainer.weights[name])
    first, second = (trainer.weights["stem.0.weight"] for trainer in trainers)
    assert not torch.equal(first, second)


def test_a_member_goes_on_where_it_was_interrupted(small, tmp_path, capsys):
    once = train_members(committee_recipe(), lambda _: small, tmp_path, device=CPU)
    again = train_members(committee_recipe(), lambda _: small, tmp_path, device=CPU)
    assert capsys.readouterr().out.count("all 1 epochs are done") == 2
    for one, other in zip(once, again, strict=True):
        torch.testing.assert_close(one.weights, other.weights)


def test_what_is_no_committee_is_one_run_in_the_folder_itself(small, tmp_path):
    alone = recipe("resnet", ONE_EPOCH, "architecture={kind='resnet', blocks=1}")
    (trainer,) = train_members(alone, lambda _: small, tmp_path, device=CPU)
    assert (tmp_path / "state.pt").exists()
    assert weights_of(alone, [trainer]) == trainer.weights


def test_auto_is_cuda_where_there_is_one():
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:99"])
def test_a_device_that_cannot_be_used_is_refused(name):
    with pytest.raises(TrainingError, match=f"got the device {name!r}, which cannot be used .*; expected cpu or cuda"):
        find_device(name)
