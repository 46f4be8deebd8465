from models import Classifier
from training.reports.comparison import Reached, comparison_table


def test_each_checkpoint_has_a_column_and_each_cost_a_row():
    checkpoints = [Classifier.load(name).checkpoint for name in ("resnet", "odenet", "odenet")]
    reached = [Reached(beats, 0.9, 0.8) for beats in ("random", "inter-patient", "left out of training")]
    text = comparison_table(checkpoints, reached)
    header, _, *lines = text.splitlines()
    assert [cell.strip() for cell in header.split("|")[2:-1]] == ["resnet", "odenet", "odenet"]
    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:-1]] for cells in (line.split("|") for line in lines)}
    assert rows["parameters"] == ["182,853", "59,333", "59,333"]
    assert rows["evaluations a beat"] == ["none", "7.0", "7.0"]
    assert float(rows["for a block or evaluation more (kB)"][0]) == 48
    assert rows["kept for a beat's gradient (kB)"][1] == rows["kept for a beat's gradient (kB)"][2] != "0"
    assert rows["test beats"] == ["random", "inter-patient", "left out of training"]
    assert rows["accuracy"] == ["90.00%"] * 3 and rows["macro-F1"] == ["0.8000"] * 3
