import torch

from tests.training.learning.test_loop import CPU, recipe
from training.learning.ensemble import train_members, weights_of

ONE_EPOCH = "cycles=[{epochs=1, learning_rate=3e-3}]"


def committee_recipe():
    return recipe("resnet", ONE_EPOCH, "architecture={kind='committee', members=2, of={kind='resnet', blocks=1}}")


def test_each_member_is_trained_by_itself_with_a_seed_and_a_folder_of_its_own(small, tmp_path):
    made = committee_recipe()
    trainers = train_members(made, small, tmp_path, device=CPU)
    assert [trainer.recipe.seed for trainer in trainers] == [made.seed, made.seed + 1]
    assert {folder.name for folder in tmp_path.iterdir()} == {"member1", "member2"}
    network = made.architecture.build(5)
    network.load_state_dict(weights_of(made, trainers))
    for member, trainer in zip(network.members, trainers, strict=True):
        for name, weight in member.state_dict().items():
            torch.testing.assert_close(weight, trainer.best_weights[name])
    first, second = (trainer.best_weights["stem.0.weight"] for trainer in trainers)
    assert not torch.equal(first, second)


def test_a_member_goes_on_where_it_was_interrupted(small, tmp_path, capsys):
    once = train_members(committee_recipe(), small, tmp_path, device=CPU)
    again = train_members(committee_recipe(), small, tmp_path, device=CPU)
    assert capsys.readouterr().out.count("resuming after epoch 1 of 1") == 2
    for one, other in zip(once, again, strict=True):
        torch.testing.assert_close(one.best_weights, other.best_weights)


def test_what_is_no_committee_is_one_run_in_the_folder_itself(small, tmp_path):
    alone = recipe("resnet", ONE_EPOCH, "architecture={kind='resnet', blocks=1}")
    (trainer,) = train_members(alone, small, tmp_path, device=CPU)
    assert (tmp_path / "state.pt").exists()
    assert weights_of(alone, [trainer]) is trainer.best_weights
