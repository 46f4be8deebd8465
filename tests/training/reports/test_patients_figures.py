import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.training.reports.test_noise import level
from tests.training.reports.test_patients import confusion, of
from tests.training.synthetic import patients_of_matrices
from training.reports.patients_figures import draw_confusion, draw_intervals, draw_noise, draw_recordings


@pytest.mark.parametrize("draw", [draw_recordings, draw_confusion, draw_intervals])
@pytest.mark.parametrize("patients", [patients_of_matrices(), of(confusion(Nn=3)), of(confusion(Nn=3), confusion())])
def test_figures_are_drawn_of_whatever_there_is(tmp_path, draw, patients):
    draw(patients, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved."""
    saved = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: saved.append(figure))
    return saved


def test_bars_are_as_high_as_the_shares_and_undefined_ones_are_dashes(drawn, tmp_path):
    draw_recordings(of(confusion(Vv=8, Vn=2, Nv=8), confusion(Nn=5)), tmp_path / "figure.png")
    upper, _ = drawn[0].axes
    heights = [bar.get_height() for bars in upper.containers for bar in bars]
    assert heights == [80, 0, 50, 0]
    texts = [text.get_text() for text in upper.texts]
    assert texts.count("-") == 2 and "10" in texts and "0" in texts


def test_the_matrix_has_all_pairs_but_those_of_nothing_with_nothing(drawn, tmp_path):
    cells = np.arange(1, 50).reshape(7, 7)
    draw_confusion(of(cells), tmp_path / "figure.png")
    (axes,) = drawn[0].axes
    shown = [int(text.get_text().split("\n")[0].replace(",", "")) for text in axes.texts]
    assert len(shown) == 35 and sum(shown) == cells.sum() - cells[5:, 5:].sum()


def test_noise_is_drawn_from_none_to_most(drawn, tmp_path):
    draw_noise([level(None, Nn=9), level(6.0, Nn=5, No=4)], tmp_path / "figure.png")
    left, _ = drawn[0].axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in left.lines}
    assert lines["QRS"] == lines["N"] == pytest.approx([100, 500 / 9])
    assert np.isnan(lines["V"]).all() and "Q" not in lines
