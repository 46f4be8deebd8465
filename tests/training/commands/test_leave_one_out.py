import pytest

from training.__main__ import main


def test_a_recipe_of_single_beats_is_refused(capsys):
    assert main(["leave-one-out", "odenet"]) == 1
    assert "makes no examples of whole recordings" in capsys.readouterr().err


@pytest.mark.parametrize("members", [0, -1])
def test_a_committee_has_at_least_one_member(members, capsys):
    assert main(["leave-one-out", "rhythm", f"architecture.members={members}"]) == 1
    assert "members" in capsys.readouterr().err
