from dataclasses import replace

import pytest

from benchmarks.services.setup import VARIABLE, Setup


@pytest.fixture
def setup(tmp_path):
    return Setup("odenet", 8000, 2, batch_beats=128, batch_wait=0.003, request_beats=1, folder=str(tmp_path))


def test_the_environment_tells_a_process_its_setup(setup, monkeypatch):
    monkeypatch.setenv(VARIABLE, setup.environment()[VARIABLE])
    assert Setup.from_environment() == setup


@pytest.mark.parametrize(("request_beats", "requests"), [(1, 128), (64, 2), (128, 1), (500, 1)])
def test_as_many_requests_make_a_batch_as_have_its_beats_and_never_none(setup, request_beats, requests):
    assert replace(setup, request_beats=request_beats).batch_requests == requests


def test_who_has_loaded_the_classifier_is_known(setup):
    assert len(setup.loaded()) == 0
    setup.note_loaded()
    assert len(setup.loaded()) == 1
