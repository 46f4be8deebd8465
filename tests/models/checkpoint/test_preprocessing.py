import pytest

from models import ODENetArchitecture, ResNetArchitecture, RhythmODENetArchitecture
from models.checkpoint.preprocessing import ContextPreprocessing, Preprocessing, preprocessing_of

WRITTEN = {
    Preprocessing: {
        "version": 1, "fs": 125.0, "length": 187, "rr_share": 1.2, "lead": "MLII", "scale": "minimum_maximum",
    },
    ContextPreprocessing: {
        "version": 1, "fs": 125.0, "before": 55, "after": 70, "rhythm": 87, "leads": "ii_v5_or_clearest_and_another",
    },
}  # fmt: skip
"""What released checkpoints hold: whoever changes it makes them unreadable."""


@pytest.mark.parametrize("kind", WRITTEN)
def test_it_is_written_as_released_checkpoints_have_it(kind):
    assert kind().model_dump(mode="json") == WRITTEN[kind]
    assert kind.model_validate(WRITTEN[kind]) == kind()


@pytest.mark.parametrize("architecture", [ResNetArchitecture(), ODENetArchitecture(), RhythmODENetArchitecture()])
def test_a_network_gets_its_beats_as_it_takes_them(architecture):
    expected = ContextPreprocessing if architecture.in_context else Preprocessing
    assert preprocessing_of(architecture) == expected()
