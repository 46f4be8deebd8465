from importlib.metadata import version

import numpy as np
import pytest

from ecg import LABELS
from models import Calibration, Classifier
from models.checkpoint import file as checkpoint_file
from tests.training.learning.test_loop import CPU, recipe
from training.data.dataset import Dataset
from training.errors import UnexpectedData
from training.evaluation.evaluation import evaluate, kept_epoch_of, recipe_of, split_of
from training.evaluation.results import Results
from training.learning import loop
from training.learning.recipe import RECIPES, read_recipe
from training.release.run import BeatRun, RecordingRun, reference_beats, run_of
from training.reports.evaluation import score_table
from training.reports.figures import draw_beats, draw_confidence, draw_confusion, draw_dial, draw_sweep, draw_training


@pytest.mark.parametrize("name", [file.stem for file in RECIPES.glob("*.toml")])
def test_the_architecture_of_a_recipe_decides_of_which_kind_its_run_is(name):
    asked = read_recipe(name, [])
    assert isinstance(run_of(asked), RecordingRun if asked.architecture.in_context else BeatRun)


@pytest.fixture(scope="module")
def exported(small, tmp_path_factory):
    """The checkpoint file of a short odenet run."""
    folder = tmp_path_factory.mktemp("run")
    short = recipe("odenet", "cycles=[{epochs=1, learning_rate=3e-3}]")
    trained = loop.train(short, small, folder, device=CPU).trained()
    file = folder / "checkpoint.safetensors"
    checkpoint_file.save(run_of(short).export([trained], small, small.train), file)
    return file


@pytest.fixture(scope="module")
def classifier(exported):
    return Classifier.load(exported)


@pytest.fixture(scope="module")
def evaluation(classifier, small):
    return evaluate(classifier, small.test)


def test_a_run_gives_a_checkpoint_that_tells_its_story(exported):
    info = checkpoint_file.load(exported).info
    assert info.recipe["name"] == info.name == "odenet"
    assert len(info.history) == 1 and info.commit and info.data_sha256
    assert info.libraries["torch"] == version("torch")
    assert info.figures["parameters"] == 59_333
    assert info.dial.auto is not None and info.calibration != Calibration() and info.abstention is not None


def test_without_a_dial_nothing_but_the_dial_is_missing(small, tmp_path):
    short = recipe("odenet", "cycles=[{epochs=1, learning_rate=3e-3}]")
    trained = loop.train(short, small, tmp_path, device=CPU).trained()
    info = run_of(short).export([trained], small, small.train, dial=False).info
    assert info.dial is None and info.calibration != Calibration() and info.abstention is not None


def test_evaluating_the_released_file_reproduces_its_figures(classifier, evaluation):
    assert evaluation.score.accuracy == classifier.checkpoint.info.figures["test_accuracy"]
    assert evaluation.score.macro_f1 == classifier.checkpoint.info.figures["test_macro_f1"]


def test_the_sweep_shows_cost_rising_as_the_tolerance_falls(evaluation):
    *tolerances, auto = evaluation.sweep
    costs = [point.evaluations for point in tolerances]
    assert [point.setting for point in evaluation.sweep] == [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, None]
    assert costs == sorted(costs) and costs[0] < costs[-1]
    assert tolerances[-1].agreement == 1 and auto.agreement > 0.9


def test_the_card_and_figures_are_drawn(classifier, evaluation, small, tmp_path):
    info = classifier.checkpoint.info
    text = run_of(recipe_of(info)).card(classifier.checkpoint, Results(evaluation))
    assert f"{evaluation.score.accuracy:.2%}" in text and score_table(evaluation.score) in text and "medical" in text
    draw_confusion(evaluation.score, tmp_path / "confusion.png")
    draw_confidence(evaluation.confidence, tmp_path / "confidence.png")
    draw_training(info.history, kept_epoch_of(info), tmp_path / "training.png")
    draw_sweep(evaluation.sweep, tmp_path / "tolerance.png")
    draw_dial(evaluation.grid, evaluation.sweep[-1], tmp_path / "dial.png")
    draw_beats(small.test, tmp_path / "beats.png")
    for file in tmp_path.iterdir():
        assert file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size > 5000


def test_reference_beats_are_one_synthetic_beat_of_each_class():
    assert reference_beats().shape == (len(LABELS), 187)


def test_beats_other_than_those_trained_on_are_refused(exported):
    other = Dataset(np.zeros((5, 187), np.float32), np.arange(5), np.full(5, "100"))
    with pytest.raises(UnexpectedData, match="cannot be distinguished"):
        split_of(Classifier.load(exported).checkpoint.info, other)
