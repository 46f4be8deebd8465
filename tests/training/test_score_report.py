import numpy as np

from ecg.scoring import Comparison, Summary
from ecg.scoring.confusion import places
from training.score_report import OF_THREE_CLASSES, STATISTICS, interval_tables


def compared(**cells):
    confusion = np.zeros((7, 7), np.int64)
    for (row, column), number in cells.items():
        confusion[places(row)[0], places(column)[0]] = number
    return Comparison("made", confusion, None, 0)


def row(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} ")]
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
