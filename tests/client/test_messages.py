import json
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from app.beats.request import from_raw
from client import Options, messages


def test_the_service_reads_what_is_sent(beats):
    options = Options(model="odenet", method="dopri5", rtol=1e-4, atol=1e-5, max_evaluations=100, coverage=0.9)
    sent = messages.classify(beats, options, None)
    question = from_raw(sent["content"], QueryParams({name: str(value) for name, value in sent["params"].items()}))
    np.testing.assert_array_equal(question.beats, beats)
    solver = {"method": "dopri5", "rtol": 1e-4, "atol": 1e-5, "step": None, "max_evaluations": 100}
    assert question.options.model_dump() == {"model": "odenet", "solver": solver, "coverage": 0.9, "explain": False}


def test_arrays_lists_and_iterators_of_beats_are_sent_alike(beats):
    expected = messages.classify(beats, Options(), None)
    for same in (beats.astype(np.float64), beats.tolist(), iter(beats), np.asfortranarray(beats)):
        assert messages.classify(same, Options(), None) == expected


@pytest.mark.parametrize("beats", [[], np.zeros(187), np.zeros((2, 186)), np.zeros((1, 2, 187))])
def test_beats_of_another_shape_are_not_sent(beats):
    with pytest.raises(ValueError, match=r"expected \[beat, 187\]"):
        messages.classify(beats, Options(), None)


@pytest.mark.parametrize(("seconds", "told"), [(0.25, "250"), (1, "1000"), (1e-9, "1")])
def test_a_deadline_is_told_in_milliseconds(beats, seconds, told):
    assert messages.classify(beats, Options(), seconds)["headers"]["Cardiode-Deadline-Ms"] == told
    assert "Cardiode-Deadline-Ms" not in messages.classify(beats, Options(), None)["headers"]


def test_a_recording_is_sent_with_its_options_and_its_files_are_closed_again(tmp_path):
    files = [tmp_path / name for name in ("a.hea", "a.dat")]
    for file in files:
        file.write_text(file.name)
    with ExitStack() as opened:
        sent = messages.annotate(files, Options(model="rhythm", method="auto"), {"fs": 250, "lead": None}, opened)
        parts = [(name, file, stream.read()) for name, (file, stream) in sent["files"]]
        streams = [stream for _, (_, stream) in sent["files"]]
    assert parts == [("files", "a.hea", b"a.hea"), ("files", "a.dat", b"a.dat")]
    assert all(stream.closed for stream in streams)
    assert json.loads(sent["data"].pop("solver")) == {"method": "auto"}
    assert sent["data"] == {"model": "rhythm", "fs": "250"}


@given(beats=st.lists(st.integers()), size=st.integers(1, 9))
def test_batches_are_the_beats_in_their_order(beats, size):
    made = list(messages.batches(iter(beats), size))
    assert [beat for batch in made for beat in batch] == beats
    assert all(len(batch) == size for batch in made[:-1]) and all(made)


def test_batches_of_none_are_refused():
    with pytest.raises(ValueError, match="got batches of 0 beats"):
        list(messages.batches([1], 0))
