import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from ecg import LABELS
from ecg.scoring import Comparison
from ecg.scoring.tables import summary_table
from models import CheckpointInfo, ResNetArchitecture
from tests.ecg.scoring.test_statistics import confusion
from tests.training.synthetic import patients_of_matrices
from training.data.databases import DS1
from training.evaluation.evaluation import Evaluation
from training.evaluation.patients import AS_PAPERS, AS_SERVED, VIEWS, Patients
from training.measures.scores import ClassScore, Score
from training.reports.patients import MEASURES, card_section, full_report, printed_report, value, view_name, views_table

INFO = CheckpointInfo(
    name="net",
    model_version="0",
    architecture=ResNetArchitecture(),
    figures={"parameters": 1234},
    recipe={"split": "inter_patient"},
)
KNOWS_ALL = INFO.model_copy(update={"recipe": {"split": "random"}})
SCORE = Score(
    0.9876, 0.91, {label: ClassScore(0.9, 0.9, 0.8 + place / 50, 10) for place, label in enumerate(LABELS)}, []
)


def of(*confusions, name="net"):
    comparisons = [Comparison(f"r{number}", cells, None, 0) for number, cells in enumerate(confusions)]
    return Patients(name, "0123456789abcdef", dict.fromkeys(VIEWS, comparisons))


def test_of_beats_that_are_all_found_the_measures_are_those_of_scikit_learn():
    five = np.random.default_rng(1).integers(1, 30, (5, 5))
    cells = np.zeros((7, 7), np.int64)
    cells[:5, :5] = five
    truth, said = (np.repeat(places, five.ravel()) for places in (np.arange(25) // 5, np.arange(25) % 5))

    def told(name):
        return value(of(cells), AS_SERVED, MEASURES[name])

    assert told("accuracy, five classes") == pytest.approx(accuracy_score(truth, said))
    assert told("macro-F1, five classes") == pytest.approx(f1_score(truth, said, average="macro"))
    assert told("macro-F1 of N, S, V, F") == pytest.approx(f1_score(truth, said, average=None)[:4].mean())
    three = truth != 4  # unknown beats are left out, fusion beats are ventricular
    as_three = np.array([0, 1, 2, 2, 4])
    truth, said = as_three[truth[three]], as_three[said[three]]
    assert told("accuracy, three classes") == pytest.approx(accuracy_score(truth, said))
    assert told("macro-F1, three classes") == pytest.approx(f1_score(truth, said, labels=[0, 1, 2], average="macro"))


def test_every_measure_is_told_of_every_view():
    patients = of(confusion(Nn=90, Nv=10, Vv=8, Vo=2), confusion(Nn=1))
    patients = replace(patients, views={**patients.views, AS_PAPERS: of(confusion(Vv=1)).views[AS_PAPERS]})
    lines = views_table(patients).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[2:-1]] == [view_name(view) for view in VIEWS]
    assert [line.split("|")[1].strip() for line in lines[2:]] == list(MEASURES)
    (sensitivity,) = [line for line in lines if line.startswith("| VEB sensitivity")]
    assert [cell.strip() for cell in sensitivity.split("|")[2:-1]] == ["80.00%", "80.00%", "80.00%", "100.00%"]


def test_what_is_printed_has_the_standards_table_and_bounds():
    patients = patients_of_matrices()
    text = printed_report(patients)
    assert summary_table(patients.views[AS_SERVED]) in text and views_table(patients) in text
    assert "literature" in text and "95% confidence, by drawing the 3 recordings again" in text
    assert re.search(r"\| S +\| +[\d,]+ \| +\d+\.\d\d% \(\d", text)


def test_the_full_report_has_all_views():
    patients = patients_of_matrices()
    text = full_report(patients)
    for view in VIEWS:
        assert f"## {view_name(view)}" in text and summary_table(patients.views[view]) in text


def section(patients, beats=None, info=INFO):
    return "\n".join(card_section(patients, info, beats))


def test_a_card_begins_with_new_patients_and_is_its_own_or_its_siblings():
    own = section(patients_of_matrices(name="net"), Evaluation(SCORE))
    of_sibling = section(patients_of_matrices(name="net_ds1"), Evaluation(SCORE), KNOWS_ALL)
    for text in (own, of_sibling):
        assert text.startswith("## On patients it has never seen\n\nOf ventricular ectopic beats")
        assert set(re.findall(r"\((\w+\.png)\)", text)) == {
            "patients.png", "patients_confusion.png", "patients_intervals.png",
        }  # fmt: skip
    assert "1,234 parameters" in own and "sibling" not in own
    assert "on its sibling `net_ds1` (`0123456789ab`)" in of_sibling


def test_both_worlds_stand_side_by_side_where_there_are_both():
    patients = patients_of_matrices(name="net_ds1")
    text = section(patients, Evaluation(SCORE), KNOWS_ALL)
    _, table = text.split("## Both worlds, side by side")
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:-1]] for cells in map(split, table.splitlines()) if cells
    }
    assert rows["accuracy, five classes"][0] == "98.76%" and rows["F1 of S"][0] == "82.00%"
    assert rows["macro-F1 of N, S, V, F"][0] == f"{np.mean([0.8, 0.82, 0.84, 0.86]):.2%}"
    assert rows["F1 of V"][1] == f"{value(patients, AS_PAPERS, MEASURES['F1 of V']):.2%}"
    assert "side by side" not in section(patients, None, KNOWS_ALL) + section(patients, Evaluation(SCORE))


def split(line):
    return line.split("|") if line.startswith("|") else []


def named(name):
    comparisons = [Comparison(name, confusion(Nn=1), None, 0)]
    return Patients("net", "", dict.fromkeys(VIEWS, comparisons))


def test_the_man_whom_the_split_takes_apart_is_told():
    assert "Recording 202 is of a man who is in DS1 too" in section(named("202"))
    assert "of a man" not in section(named("200"))


def test_recordings_that_it_was_trained_on_are_no_news():
    seen = named(DS1[2])
    for text in (section(seen), printed_report(seen), full_report(seen)):
        assert f"**It was trained on {DS1[2]}: these figures say nothing of new patients.**" in text
    assert "say nothing of new patients" not in section(of(confusion(Nn=1)))
