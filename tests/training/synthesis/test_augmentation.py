import numpy as np
import pytest
import torch

from ecg import CONTEXT_LENGTH, FoundBeats, Stretch, find_beats
from ecg.context.context import columns_of
from ecg.synthetic import synthesize
from training.synthesis.augmentation import LeadAugmentation

MADE = synthesize(90, leads=("MLII", "V1"), ectopic={"V": 0.1, "S": 0.1}, seed=1)
FOUND = FoundBeats.joined([part.beats for part in find_beats(MADE, (0, 1))])
STRETCH = Stretch.cut(MADE, (0, 1), FOUND.peaks, FOUND.broken)


def rows(stretch: Stretch) -> torch.Tensor:
    return torch.from_numpy(stretch.in_context().values)


def applied(beats: torch.Tensor, seed: int = 0, **shares: float) -> torch.Tensor:
    return LeadAugmentation(**shares).apply(beats, torch.Generator().manual_seed(seed))


def test_beats_with_swapped_leads_are_those_of_the_recording_with_its_leads_swapped():
    torch.testing.assert_close(applied(rows(STRETCH), swapped=1.0), rows(STRETCH.swapped), rtol=0, atol=0)


def test_beats_of_a_single_lead_are_those_of_the_recording_without_the_other():
    alone = Stretch(STRETCH.views[:1], STRETCH.peaks, STRETCH.intervals)
    torch.testing.assert_close(applied(rows(STRETCH), single=1.0), rows(alone), rtol=0, atol=0)


def test_beats_whose_leads_are_turned_over_are_those_of_the_recording_turned_over():
    over = Stretch(-STRETCH.views, STRETCH.peaks, STRETCH.intervals)
    torch.testing.assert_close(applied(rows(STRETCH), inverted=1.0), rows(over), rtol=1e-5, atol=1e-5)


def test_a_single_lead_is_never_swapped_away():
    alone = rows(Stretch(STRETCH.views[:1], STRETCH.peaks, STRETCH.intervals))
    torch.testing.assert_close(applied(alone, swapped=1.0, single=0.5), alone, rtol=0, atol=0)


def test_so_many_beats_are_changed_as_is_asked_for_and_the_rest_are_not():
    beats = rows(STRETCH).repeat(40, 1)
    changed = (applied(beats, swapped=0.3) != beats).any(dim=1)
    assert float(changed.float().mean()) == pytest.approx(0.3, abs=0.03)


def test_the_same_draw_changes_the_same_beats_and_another_does_not():
    shares = {"swapped": 0.5, "single": 0.2, "inverted": 0.3}
    one, same, other = (applied(rows(STRETCH), seed, **shares) for seed in (1, 1, 2))
    torch.testing.assert_close(one, same, rtol=0, atol=0)
    assert not torch.equal(one, other)


def test_without_shares_nothing_changes_not_even_beats_of_another_length():
    beats = torch.rand(3, 187)
    assert applied(beats) is beats


def test_the_columns_of_two_leads_and_those_of_the_intervals_make_up_a_row():
    first, second = columns_of(0), columns_of(1)
    assert len(first) == len(second) and not set(first.tolist()) & set(second.tolist())
    assert CONTEXT_LENGTH - len(first) - len(second) == 31
    assert np.concatenate((first, second)).max() == CONTEXT_LENGTH - 1
