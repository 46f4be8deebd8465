import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from training.synthesis.repertoire import Repertoire

PROBABILITIES = ("fibrillation", "premature", "alone", "grouped", "ventricular", "pause", "block", "variant")


def drawn(repertoire, count=1000, seed=0):
    rng = np.random.default_rng(seed)
    return [repertoire.draw(rng) for _ in range(count)]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31))
def test_a_drawn_script_can_be_followed(seed):
    script = Repertoire().draw(np.random.default_rng(seed))
    assert all(0 <= getattr(script, name) <= 1 for name in PROBABILITIES)
    assert 0.3 < script.rate < 3 and 0.3 < script.fibrillation_rate < 3
    spreads = (script.breathing, script.unrest, script.drift, script.fibrillation_spread, script.run_spread)
    assert all(0 <= spread < 0.5 for spread in spreads)
    assert script.longest_run >= 3


def test_equal_seeds_draw_equal_scripts():
    (one,), (same,), (other,) = (drawn(Repertoire(), 1, seed) for seed in (1, 1, 2))
    assert one == same != other


def test_scripts_are_of_every_kind_as_often_as_their_shares_say():
    repertoire = Repertoire()
    scripts = drawn(repertoire, 2000)
    always = np.mean([script.fibrillation == 1 for script in scripts])
    paroxysms = np.mean([0 < script.fibrillation < 1 for script in scripts])
    premature = np.mean([script.premature > 0 and script.fibrillation == script.grouped == 0 for script in scripts])
    grouped = np.mean([script.grouped > 0 for script in scripts])
    nothing = np.mean([script.premature == script.grouped == script.fibrillation == 0 for script in scripts])
    share = repertoire.kinds
    expected = (
        share["fibrillation"],
        share["paroxysms"],
        share["premature"] + share["runs"] + share["dominant"],
        share["bigeminy"],
        share["sinus"],
    )
    assert (always, paroxysms, premature, grouped, nothing) == pytest.approx(expected, abs=0.04)


def test_kinds_that_are_left_out_are_never_drawn():
    scripts = drawn(Repertoire(kinds={"runs": 0.5, "sinus": 0.5}, longest_run=250))
    assert all(script.fibrillation == script.grouped == 0 for script in scripts)
    assert {script.longest_run for script in scripts if script.premature} == {250}


def test_what_has_no_share_never_happens():
    scripts = drawn(Repertoire(exertion=0.0, block=0.0, flutter=0.0))
    assert all(script.exertion == script.block == script.flutter == 0 for script in scripts)
    assert all(
        any(getattr(script, name) for script in drawn(Repertoire())) for name in ("exertion", "block", "flutter")
    )


def test_a_supraventricular_rhythm_that_is_most_of_the_time_lies_over_a_steady_sinus_rhythm():
    scripts = drawn(Repertoire())
    dominant = [script for script in scripts if script.longest_run == 100]
    assert dominant
    assert max(script.unrest for script in dominant) <= 0.05 and max(script.breathing for script in dominant) <= 0.12
    assert max(script.unrest for script in scripts) > 0.05 and max(script.breathing for script in scripts) > 0.12


@pytest.mark.parametrize("kinds", [{}, {"sinus": 0.9}, {"sinus": 0.7, "runs": 0.7}])
def test_shares_that_do_not_sum_to_one_are_refused(kinds):
    with pytest.raises(ValidationError, match="expected 1"):
        Repertoire(kinds=kinds)


def test_a_kind_that_there_is_not_is_refused():
    with pytest.raises(ValidationError, match="fibrillation"):
        Repertoire(kinds={"atrial": 1.0})
