import numpy as np

from ecg.scoring import VEB, Comparison
from tests.ecg.scoring.test_statistics import confusion
from training.evaluation.noise_stress import NoiseLevel
from training.reports.noise import level_name, noise_tables, percent


def level(decibels, unjudged=0.0, abstained=0.0, **cells):
    comparisons = [Comparison(name, confusion(**cells), None, 0) for name in ("one", "two")]
    return NoiseLevel(decibels, comparisons, unjudged, abstained)


def test_a_level_is_told_in_a_line_by_the_standard_and_by_classes():
    by_standard, by_class = noise_tables(
        [level(None, Nn=9, Vv=1), level(-6.0, 0.25, 0.125, Nn=5, Nv=4, Fv=1, Vv=1)]
    ).split("\n\n")
    assert [line.split("|")[1].strip() for line in by_standard.splitlines()[2:]] == ["no noise", "-6 dB"]
    assert [cell.strip() for cell in by_standard.splitlines()[3].split("|")[4:6]] == ["100.00%", "20.00%"]
    assert by_standard.splitlines()[3].replace(" ", "").endswith("|25.00%|12.50%|")
    header = [cell.strip() for cell in by_class.splitlines()[0].split("|")]
    last = [cell.strip() for cell in by_class.splitlines()[3].split("|")]
    assert last[header.index("V +P")] == "16.67%"  # a fusion beat that is called V is wrong here
    assert last[header.index("S Se")] == "-"


def test_shares_are_of_the_beats_of_all_recordings():
    both = NoiseLevel(24.0, [*level(24.0, Vv=1, Vn=1).comparisons, *level(24.0, Vv=8).comparisons], 0.0)
    assert percent(both, VEB.sensitivity) == np.float64(90.0)
    assert level_name(both) == "24 dB"
