import re
from dataclasses import replace

import numpy as np

from ecg import LABELS
from ecg.synthetic import synthesize
from models.networks.architecture import CommitteeArchitecture
from tests.training.synthetic import TINY
from training.data.predictions import Predictions
from training.learning.recipe import read_recipe
from training.reports.leave_one_out import leave_one_out_report


def test_the_report_counts_what_the_standard_counts():
    recordings = {
        name: replace(synthesize(320, fs=125.0, ectopic={"V": 0.2}, seed=seed), name=name)
        for seed, name in enumerate(("100", "101", "103"))
    }
    marked = {name: recording.beat_annotations() for name, recording in recordings.items()}
    predictions = Predictions(
        np.concatenate([np.full(len(one.samples), name) for name, one in marked.items()]),
        np.concatenate([one.samples for one in marked.values()]),
        np.concatenate([[LABELS.index(symbol) for symbol in one.symbols] for one in marked.values()]),
    )
    recipe = read_recipe("rhythm", TINY)
    told = leave_one_out_report(recipe, predictions, recordings.__getitem__)
    assert "with one network" not in told and "`cardiode leave-one-out rhythm` does" in told
    committee = CommitteeArchitecture(members=1, of=recipe.architecture)
    of_one = leave_one_out_report(
        recipe.model_copy(update={"architecture": committee}), predictions, recordings.__getitem__
    )
    assert "with one network" in of_one and "leave-one-out rhythm architecture.members=1`" in of_one
    assert len(re.findall(r"accuracy +\| [\d,]+ \| +100.00%", told)) >= 2
    assert all(f"\n {name} " in told for name in recordings)
