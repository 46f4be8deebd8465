from asyncio import Future, new_event_loop
from contextlib import closing

import numpy as np
import pytest

from app.batching.batch import BatchKey, PendingRequest, Piece
from app.batching.experience import MOST_SETTINGS, Experience
from models import Classifier, Solver


@pytest.fixture(scope="module")
def key(checkpoints):
    return BatchKey(Classifier.load(checkpoints["odenet"]), Solver("rk4", step=0.5))


def learn(experience, key, beats, seconds):
    """What a batch of these beats taught it."""
    with closing(new_event_loop()) as loop:
        request = PendingRequest(beats, deadline=60.0, least_confidence=0.0, answer=Future(loop=loop))
        experience.learn(key, [Piece(request, 0, len(beats))], [key.classifier.decide(beats, key.solver)], seconds)


def test_nothing_is_known_but_what_settings_ask_for_until_a_batch_was_solved(key):
    experience = Experience(workers=2, enough=4)
    assert (experience.pace, experience.quickest(key), experience.effort(key)) == (0.0, 0.0, key.effort)


def test_what_a_beat_took_is_what_the_next_is_expected_to(key, beats):
    experience = Experience(workers=2, enough=4)
    learn(experience, key, beats[:2], seconds=0.5)
    assert experience.effort(key) == 8  # evaluations: four in each of two steps


def test_few_beats_say_nothing_of_the_pace_and_many_do_for_all_workers(key, beats):
    experience = Experience(workers=2, enough=4)
    learn(experience, key, beats[:3], seconds=0.5)
    assert experience.pace == 0.0
    learn(experience, key, beats[:4], seconds=0.5)
    assert experience.pace == 16.0
    learn(experience, key, beats[:4], seconds=0.25)
    assert experience.pace == pytest.approx(16 + 0.2 * (32 - 16))


def test_the_quickest_batch_is_remembered(key, beats):
    experience = Experience(workers=1, enough=64)
    for seconds in (0.5, 0.2, 0.9):
        learn(experience, key, beats[:1], seconds)
    assert experience.quickest(key) == 0.2


def test_settings_that_were_asked_for_long_ago_are_forgotten(key, beats):
    experience = Experience(workers=1, enough=64)
    learn(experience, key, beats[:1], 0.1)
    decisions = key.classifier.decide(beats[:1], key.solver)
    for number in range(MOST_SETTINGS):
        other = BatchKey(key.classifier, Solver(rtol=1e-3 * (1 + number / 1e6), atol=1e-3))
        experience.learn(other, [], [decisions], 0.1)
    assert len(experience._efforts) == MOST_SETTINGS and experience.effort(key) == key.effort


def test_batches_of_nothing_but_failures_leave_what_is_known(key, beats):
    experience = Experience(workers=1, enough=64)
    learn(experience, key, np.repeat(beats[:1], 2, axis=0), 0.1)
    experience.learn(key, [], [RuntimeError()], 0.1)
    assert experience.effort(key) == 8
