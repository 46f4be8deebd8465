"""An answer that is not a question's own is never taken for it: else no fault would be seen."""

import json

import numpy as np
import pytest

from soak.connection import Reply
from soak.load import end_of
from soak.marked import APART, TOLERANCE, questions


@pytest.fixture(scope="module")
def asked(checkpoints):
    return questions(checkpoints["odenet"], sizes=(1, 4), each=4)


def body(probabilities):
    return json.dumps({"beats": [{"probabilities": dict(zip("NSVFQ", row, strict=True))} for row in probabilities]})


def end(question, probabilities):
    return end_of(Reply(200, None, body(probabilities).encode()), question)


def test_no_question_has_anothers_answer(asked):
    for question in asked:
        own = question.probabilities.tolist()
        assert end(question, own) == "right"
        for other in asked:
            if not np.array_equal(other.probabilities, question.probabilities):
                assert end(question, other.probabilities.tolist()) == "wrong"


def test_an_answer_whose_beats_are_in_another_order_or_not_all_there_is_wrong(asked):
    question = next(question for question in asked if len(question.probabilities) == 4)
    own = question.probabilities.tolist()
    assert end(question, own[1:] + own[:1]) == "wrong"
    assert end(question, own[:3]) == end(question, []) == "wrong"
    null = json.loads(body(own))
    null["beats"][2]["probabilities"] = None
    assert end_of(Reply(200, None, json.dumps(null).encode()), question) == "wrong"


def test_beats_are_further_apart_than_answers_may_be_off(asked):
    rows = np.unique(np.concatenate([question.probabilities for question in asked]), axis=0)
    for row in rows:
        assert np.sort(np.abs(rows - row).max(axis=1))[1] > APART > 2 * TOLERANCE


@pytest.mark.parametrize(
    ("status", "retry", "expected"),
    [(503, 1, "refused"), (503, None, "failed"), (500, None, "failed"), (429, 1, "failed")],
)
def test_a_refusal_says_when_to_come_again(asked, status, retry, expected):
    assert end_of(Reply(status, retry, b""), asked[0]) == expected
