import numpy as np

from ecg.scoring import Comparison, Summary
from ecg.scoring.confusion import places
from training.reports.scores import OF_THREE_CLASSES, STATISTICS, class_tables, interval_tables


def compared(**cells):
    confusion = np.zeros((7, 7), np.int64)
    for (row, column), number in cells.items():  # type: ignore[str-unpack]
        confusion[places(row)[0], places(column)[0]] = number
    return Comparison("made", confusion, None, 0)


def row(text, name):
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_statistic_is_told_gross_and_average_with_its_bounds():
    some = [compared(Nn=90, No=10, Vv=9, Vn=1), compared(Nn=80, No=0, Vv=1, Vn=9), compared(Nn=50, No=50)]
    text = interval_tables(some)
    for name, statistic in {**STATISTICS, **OF_THREE_CLASSES}.items():
        gross, average = Summary(some).gross(statistic).value, Summary(some).average(statistic).value
        told = row(text, name)
        assert told[1].split(" ")[0] == ("-" if gross is None else f"{gross:.2%}")
        assert told[2].split(" ")[0] == ("-" if average is None else f"{average:.2%}")
    low, high = row(text, "QRS sensitivity")[1].split("(")[1].strip(")").split(" to ")
    assert float(low) < 80 < float(high)


def test_one_recording_has_no_bounds():
    assert row(interval_tables([compared(Nn=9, No=1)]), "QRS sensitivity")[1:] == ["90.00%", "90.00%"]


def test_of_five_classes_and_of_three_each_has_its_beats_and_its_f1():
    cells = {"Nn": 80, "Ns": 20, "Ss": 10, "Sv": 10, "Vv": 6, "Fv": 2, "Qv": 2, "So": 5}
    five, three = class_tables([compared(**cells)]).split("\n\n")
    assert row(five, "S")[1:] == ["25", "40.00%", "33.33%", f"{2 * 10 / (25 + 30):.2%}"]
    assert row(five, "V")[1:] == ["6", "100.00%", "30.00%", f"{2 * 6 / (6 + 20):.2%}"]
    assert row(three, "V")[1:] == ["8", "100.00%", "44.44%", f"{2 * 8 / (8 + 18):.2%}"]
    assert row(five, "accuracy")[1:3] == ["135", f"{96 / 135:.2%}"]
    assert row(three, "accuracy")[1:3] == ["133", f"{98 / 133:.2%}"]
    assert row(five, "macro-F1")[4] == f"{np.mean([160 / 180, 20 / 55, 12 / 26, 0, 0]):.2%}"
    assert class_tables([compared(**cells)]) in interval_tables([compared(**cells)])
