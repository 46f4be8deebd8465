from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.synthesis.script import KIND_SHARES, KINDS, Script

PROBABILITIES = ("fibrillation", "premature", "alone", "grouped", "ventricular", "pause", "block", "variant")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31))
def test_a_drawn_script_can_be_followed(seed):
    script = Script.drawn(np.random.default_rng(seed))
    assert all(0 <= getattr(script, name) <= 1 for name in PROBABILITIES)
    assert 0.3 < script.rate < 3 and 0.3 < script.fibrillation_rate < 3
    spreads = (script.breathing, script.unrest, script.drift, script.fibrillation_spread, script.run_spread)
    assert all(0 <= spread < 0.5 for spread in spreads)
    assert script.longest_run >= 3


def test_equal_seeds_draw_equal_scripts():
    one, same, other = (Script.drawn(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_scripts_are_of_every_kind_as_often_as_their_shares_say():
    rng = np.random.default_rng(0)
    drawn = [Script.drawn(rng) for _ in range(2000)]
    always = np.mean([script.fibrillation == 1 for script in drawn])
    paroxysms = np.mean([0 < script.fibrillation < 1 for script in drawn])
    premature = np.mean([script.premature > 0 and script.fibrillation == script.grouped == 0 for script in drawn])
    grouped = np.mean([script.grouped > 0 for script in drawn])
    nothing = np.mean([script.premature == script.grouped == script.fibrillation == 0 for script in drawn])
    share = dict(zip(KINDS, KIND_SHARES, strict=True))
    assert sum(KIND_SHARES) == pytest.approx(1)
    expected = (
        share["fibrillation"],
        share["paroxysms"],
        share["premature"] + share["runs"] + share["dominant"],
        share["bigeminy"],
        share["sinus"],
    )
    assert (always, paroxysms, premature, grouped, nothing) == pytest.approx(expected, abs=0.04)


def test_a_supraventricular_rhythm_that_is_most_of_the_time_lies_over_a_steady_sinus_rhythm():
    rng = np.random.default_rng(0)
    drawn = [Script.drawn(rng) for _ in range(1000)]
    dominant = [script for script in drawn if script.longest_run == 100]
    assert dominant
    assert max(script.unrest for script in dominant) <= 0.05 and max(script.breathing for script in dominant) <= 0.12
    assert max(script.unrest for script in drawn) > 0.05 and max(script.breathing for script in drawn) > 0.12


def test_by_default_nothing_happens_but_a_little_drift():
    quiet = Script()
    assert all(getattr(quiet, name) == 0 for name in PROBABILITIES if name != "alone")
    assert (quiet.rate, quiet.breathing, quiet.unrest) == (1.0, 0.0, 0.0)
    assert {field.name for field in fields(Script)} >= set(PROBABILITIES)
