import pytest

from ecg import LABELS
from examples import latent_beats
from examples.latent_beats import SHARES


@pytest.fixture(scope="module")
def found(mitdb):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDIODE_DATA", str(mitdb))
        return latent_beats.study(latent_beats.SMALLEST)


def test_the_beats_are_of_patients_or_where_there_are_none_synthetic(found, monkeypatch, tmp_path):
    monkeypatch.setenv("CARDIODE_DATA", str(tmp_path))
    assert found.source == "patients of mitdb"
    assert latent_beats.study(latent_beats.Size(2, 30.0)).source == "synthetic recordings"


@pytest.mark.parametrize("share", SHARES)
def test_what_the_equation_fills_in_is_nearer_than_what_the_rnn_does(found, share):
    assert found.errors[share, "ODE"] < 0.9 * found.errors[share, "RNN"] < found.errors[share, "usual beat"]


def test_from_30_percent_of_the_samples_it_is_nearer_than_straight_lines(found):
    assert found.errors[0.3, "ODE"] < found.errors[0.3, "linear"]


def test_the_more_is_seen_the_nearer_it_is(found):
    assert found.errors[1.0, "ODE"] < found.errors[0.6, "ODE"] < found.errors[0.3, "ODE"]


def test_beats_are_drawn_of_every_class_and_the_walk_ends_elsewhere_than_it_begins(found):
    assert tuple(found.drawn) == LABELS
    assert all(beats.shape == (2, 187) and beats.std(dim=0).max() > 0.01 for beats in found.drawn.values())
    steps = found.walk.diff(dim=0).square().mean(dim=1).sqrt()
    assert (steps > 0).all() and (found.walk[-1] - found.walk[0]).abs().max() > 0.1


def test_it_shows_what_it_found(found, shown):
    assert f"{found.errors[0.3, 'ODE']:.3f}" in shown(latent_beats, found)
