"""What an answer says of the recording itself."""

from datetime import UTC, datetime

from ecg import Recording
from ecg.reading import LeadRead, LeftOut, ReadAs, ReadingWarning
from ecg.synthetic import synthesize
from models import Classifier, Plan
from models.annotation.json import begun_object

MADE = synthesize(2, fs=250.0, leads=("MLII",), seed=1)


def said_of(recording, checkpoints):
    return begun_object(recording, Plan.of(Classifier.load(checkpoints["resnet"]), "recording"), 0)


def test_it_says_how_the_file_was_read_what_was_warned_of_and_when_it_began(checkpoints):
    read_as = ReadAs("CSV", 250.0, "times", (LeadRead("MLII", "V", "values", 2),), (LeftOut("HR", "why"),))
    warnings = (ReadingWarning("unit_guessed", "what"),)
    begun = datetime(2024, 3, 5, 8, tzinfo=UTC)
    recording = Recording("made", MADE.signals, MADE.leads, 250.0, read_as=read_as, warnings=warnings, begun=begun)
    said = said_of(recording, checkpoints)
    assert said["read_as"] == {
        "format": "CSV",
        "fs": 250.0,
        "fs_from": "times",
        "leads": ({"name": "MLII", "unit": "V", "unit_from": "values", "column": 2},),
        "left_out": ({"name": "HR", "reason": "why"},),
    }
    assert said["warnings"] == [{"kind": "unit_guessed", "message": "what"}]
    assert said["begun"] == "2024-03-05T08:00:00+00:00"


def test_where_nothing_had_to_be_understood_it_says_nothing(checkpoints):
    said = said_of(MADE, checkpoints)
    assert (said["read_as"], said["warnings"], said["begun"]) == (None, [], None)
