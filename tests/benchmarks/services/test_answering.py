import json
from itertools import chain

import numpy as np
import pytest

from benchmarks.load import JSON, RAW, synthetic_beats, written
from benchmarks.services import answering
from ecg import LABELS
from models import Classifier, Decisions, Receipts, Solver
from ode import Cost, Status

BEATS = synthetic_beats()[:6]


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load("odenet")


def test_the_beats_of_a_body_are_those_that_were_written(tmp_path):
    text = written(BEATS, JSON, tmp_path).file.read_text()
    np.testing.assert_allclose(answering.from_json(json.loads(text)), BEATS, atol=5e-5)
    np.testing.assert_array_equal(answering.from_bytes(written(BEATS, RAW, tmp_path).file.read_bytes()), BEATS)


def test_requests_that_are_decided_on_together_get_each_its_own_answer(classifier):
    together = answering.answer(classifier, [BEATS[:1], BEATS[1:5], BEATS[5:]])
    assert [len(answer) for answer in together] == [1, 4, 1]
    for place, told in enumerate(chain(*together)):
        alone = classifier.classify(BEATS[place : place + 1])[0]
        assert told["label"] == alone.label
        assert told["probabilities"] == pytest.approx(alone.probabilities, abs=1e-4)


def test_a_beat_whose_solve_failed_has_no_label():
    zeros = np.zeros(2, dtype=np.int64)
    status = np.array([Status.OK, Status.EVALUATIONS_EXHAUSTED], dtype=np.int64)
    receipts = Receipts(Solver(), Cost(zeros, zeros, zeros, zeros.astype(np.float32), status))
    told = answering.answer_of(Decisions(np.eye(5, dtype=np.float32)[:2], receipts))
    assert [beat["label"] for beat in told] == [LABELS[0], None]
