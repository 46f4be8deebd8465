from dataclasses import fields

from training.synthesis.script import Script

PROBABILITIES = ("fibrillation", "premature", "alone", "grouped", "ventricular", "pause", "block", "variant")


def test_by_default_nothing_happens_but_a_little_drift():
    quiet = Script()
    assert all(getattr(quiet, name) == 0 for name in PROBABILITIES if name != "alone")
    assert (quiet.rate, quiet.breathing, quiet.unrest) == (1.0, 0.0, 0.0)
    assert {field.name for field in fields(Script)} >= set(PROBABILITIES)
