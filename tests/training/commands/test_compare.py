from training.__main__ import main


def test_it_prints_both_side_by_side(capsys, checkpoints):
    assert main(["compare", "resnet", "odenet"]) == 0
    printed = capsys.readouterr().out
    assert "182,853" in printed and "59,333" in printed


def test_it_tells_of_one_that_takes_recordings_what_it_reached_on_those_left_out(capsys):
    assert main(["compare", "rhythm", "odenet"]) == 0
    printed = capsys.readouterr().out
    assert "left out of training" in printed and "random" in printed


def test_a_file_stands_beside_a_model_of_the_zoo(trained, capsys):
    assert main(["compare", str(trained), "odenet"]) == 0
    assert "inter-patient" in capsys.readouterr().out
