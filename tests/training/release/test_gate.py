from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from ecg import LABELS
from ecg.scoring import CLASSES, Comparison
from models import Checkpoint, Classifier, Dial, Validated
from models.checkpoint.info import AddedRecordings
from tests.conftest import DIAL, make_checkpoint
from training.data.dataset import Dataset
from training.errors import UnexpectedData
from training.evaluation.evaluation import Evaluation
from training.evaluation.patients import VIEWS, Patients
from training.evaluation.results import Model, Results
from training.learning.recipe import read_recipe
from training.measures import paired
from training.measures.scores import Bin, Confidence, score
from training.release.gate import Check, calibration, check, checks_table, own_card, reference_beats, solver_grid
from training.release.sources import Sources

SHA256 = "c" * 64
CALIBRATED = Confidence((Bin(confidence=0.9, accuracy=0.902, beats=1000),))
OF_BEATS = Results(beats=Evaluation(score(np.arange(5), np.arange(5)), confidence=CALIBRATED))
BEATS = Dataset(
    np.random.default_rng(0).random((400, 187), dtype=np.float32), np.arange(400) % 5, np.repeat(["101", "100"], 200)
)
"""Half of them are in DS1, the other half in DS2."""


class Benchmark(Sources):
    """These beats in place of the benchmark's; without any, they play no part."""

    def __init__(self, beats=None):
        super().__init__()
        object.__setattr__(self, "given", beats)

    def benchmark(self):
        assert self.given is not None  # type: ignore[attr-defined]
        return self.given  # type: ignore[attr-defined]


BENCHMARK, NO_BEATS = Benchmark(BEATS), Benchmark()


@pytest.fixture(autouse=True)
def _bounds_of_a_few_resamples(monkeypatch):
    monkeypatch.setattr(paired, "RESAMPLES", 200)


class Knowing(Classifier):
    """A classifier that errs on so many of the benchmark's beats."""

    def __init__(self, checkpoint: Checkpoint, mistakes: float) -> None:
        network = checkpoint.info.architecture.build(len(LABELS))
        network.load_state_dict(checkpoint.weights)
        super().__init__(network, checkpoint.info.architecture.solver, checkpoint, checkpoint.info.dial)
        self.mistakes = mistakes

    def classify(self, beats, solver=None):
        decisions = super().classify(beats, solver)
        if len(beats) != 200:
            return decisions
        wrong = np.arange(200) < 200 * self.mistakes
        return replace(decisions, probabilities=np.eye(5, dtype=np.float32)[(np.arange(200) + wrong) % 5])


def changed(checkpoint, **info):
    return replace(checkpoint, info=checkpoint.info.model_copy(update=info), sha256=SHA256)


@pytest.fixture(scope="module")
def odenet(beats):
    made = make_checkpoint("odenet", read_recipe("odenet", []).architecture, beats[:3])
    recipe = read_recipe("odenet_ds1", []).model_dump(mode="json")
    return changed(made, recipe=recipe, data_sha256=BEATS.sha256)


@pytest.fixture(scope="module")
def rhythm(beats_in_context):
    reference = beats_in_context.select(np.arange(3))
    recipe = read_recipe("rhythm", [])
    tried = Dial(validated=(Validated(method="heun_euler", tolerances=(1e-5, 1e-1)),), auto=DIAL.auto)
    made = make_checkpoint("rhythm", recipe.architecture, reference)
    return changed(made, recipe=recipe.model_dump(mode="json"), dial=tried)


@pytest.fixture
def model(tmp_path):
    """Makes a model with a card of its own; `own` results are beside it."""

    def made(checkpoint, mistakes=0.1, own=OF_BEATS):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / "card.md").write_text(f"# {checkpoint.info.name}\n\ncheckpoint `{checkpoint.sha256[:12]}`")
        own.save(folder)
        return Model(Knowing(checkpoint, mistakes), folder)

    return made


def short(checks):
    return [one.name for one in checks if not one.passed]


def test_a_checkpoint_of_its_own_that_answers_and_was_tried_passes(odenet, model):
    checks = check(model(odenet), None, BENCHMARK)
    assert [one.name for one in checks] == ["reference beats", "solver grid", "calibration", "card"]
    assert not short(checks)


def test_other_answers_to_the_reference_beats_fall_short(odenet, model):
    wrong = replace(odenet, reference_probabilities=torch.flip(odenet.reference_probabilities, [1]))
    assert not reference_beats(model(wrong)).passed


def test_a_solver_that_was_not_tried_falls_short(odenet, model):
    dial = odenet.info.dial
    for untried in (None, Dial(validated=(), auto=dial.auto), Dial(validated=dial.validated)):
        found = solver_grid(model(changed(odenet, dial=untried)))
        assert not found.passed and found.expected == "dopri5 at 0.001 validated, and auto"


def test_a_network_without_a_solver_has_none_to_be_tried(model, beats):
    found = solver_grid(model(make_checkpoint("resnet", read_recipe("resnet", []).architecture, beats[:3])))
    assert found.passed and found.got == "no solver"


def test_a_card_of_another_checkpoint_falls_short_and_so_does_none(odenet, model):
    own = model(odenet)
    (own.folder / "card.md").write_text("checkpoint `dddddddddddd`")
    assert "is of another checkpoint" in own_card(own).got and not own_card(own).passed
    (own.folder / "card.md").unlink()
    assert own_card(own).got.startswith("none in") and "cardiode evaluate" in own_card(own).expected


@pytest.mark.parametrize(("split", "most"), [("odenet", 0.01), ("odenet_ds1", 0.04)])
@pytest.mark.parametrize("sure", [0.5, -0.5])
def test_probabilities_that_do_not_mean_what_they_say_fall_short(odenet, model, split, most, sure):
    trained = changed(odenet, recipe=read_recipe(split, []).model_dump(mode="json"))

    def found(error):
        bins = (Bin(confidence=0.5, accuracy=0.5 + error * np.sign(sure), beats=10),)
        return calibration(model(trained, own=Results(beats=replace(OF_BEATS.beats, confidence=Confidence(bins)))))

    assert found(0.9 * most).passed and not found(1.1 * most).passed
    assert found(1.1 * most).got == f"{1.1 * most:.4f}"


def test_probabilities_that_were_not_measured_fall_short(odenet, rhythm, model):
    for checkpoint in (odenet, rhythm):
        found = calibration(model(checkpoint, own=Results()))
        assert not found.passed and found.got == "not measured" and "cardiode fit" in found.expected


@pytest.mark.parametrize(("mistakes", "worse"), [(0.05, False), (0.1, False), (0.11, False), (0.3, True)])
def test_one_of_single_beats_is_held_against_the_released_one_beat_by_beat(odenet, model, mistakes, worse):
    checks = check(model(odenet, mistakes), model(odenet, 0.1), BENCHMARK)
    assert ("test beats: accuracy" in short(checks)) is worse
    assert {f"test beats: F1 of {label}" for label in LABELS} <= {one.name for one in checks}
    (accuracy,) = [one for one in checks if one.name == "test beats: accuracy"]
    assert accuracy.got.startswith(f"{1 - mistakes:.2%} (") and accuracy.expected == "90.00%, or lower by chance"


def test_figures_of_another_test_are_not_compared(odenet, model):
    random = changed(odenet, recipe=read_recipe("odenet", []).model_dump(mode="json"))
    checks = check(model(random), model(odenet), BENCHMARK)
    assert short(checks) == ["what it is tested on"]
    assert checks[-1].got == "beats of the split random"


def test_beats_other_than_those_trained_on_are_refused(odenet, model):
    with pytest.raises(UnexpectedData, match="cannot be distinguished"):
        check(model(odenet), model(odenet), Benchmark(BEATS.select(np.arange(1, len(BEATS)))))


NAMES = [str(number) for number in range(101, 121)]


def out_of_fold(mistakes, names=NAMES, told=True):
    truth = np.tile(np.arange(100) % 5, len(names))
    rng = np.random.default_rng(round(1000 * mistakes))
    said = np.where(rng.random(len(truth)) < mistakes, (truth + 1) % 5, truth)
    parts = {name: score(t, s).confusion for name, t, s in
             zip(names, np.split(truth, len(names)), np.split(said, len(names)), strict=True)}  # fmt: skip
    figures = {"out_of_fold": vars(score(truth, said)) | {"classes": {
        label: vars(one) for label, one in score(truth, said).classes.items()}}}  # fmt: skip
    figures["confidence"] = asdict(CALIBRATED)
    return figures | ({"out_of_fold_recordings": parts} if told else {})


@pytest.mark.parametrize("told", [True, False])
def test_one_of_recordings_is_held_against_the_released_one_out_of_fold(rhythm, model, told):
    released = model(changed(rhythm, figures=out_of_fold(0.1, told=told)))
    for mistakes, worse in ((0.05, False), (0.1, False), (0.3, True)):
        candidate = model(changed(rhythm, figures=out_of_fold(mistakes)))
        assert ("out of fold: accuracy" in short(check(candidate, released, NO_BEATS))) is worse
    # Itself it equals, whatever is known of it.
    assert not short(check(model(changed(rhythm, figures=out_of_fold(0.1))), released, NO_BEATS))


@pytest.mark.parametrize("told", [True, False])
def test_recordings_that_were_added_to_one_alone_are_not_compared(rhythm, model, told):
    ward = out_of_fold(0.9, ["ward"])["out_of_fold_recordings"]
    figures = out_of_fold(0.1)
    figures["out_of_fold_recordings"] |= ward
    added = AddedRecordings(names=("ward",), beats={"N": 100}, sha256="")
    released = model(changed(rhythm, figures=out_of_fold(0.1, told=told)))
    assert not short(check(model(changed(rhythm, figures=figures, added=added)), released, NO_BEATS))


def test_without_a_figure_in_common_it_falls_short(rhythm, model):
    released = model(changed(rhythm, figures=out_of_fold(0.1)))
    for figures in (out_of_fold(0.1, told=False), out_of_fold(0.1, ["ward"])):
        assert short(check(model(changed(rhythm, figures=figures)), released, NO_BEATS)) == ["out of fold: figures"]


def patients(mistakes, names=NAMES):
    """Recordings of 100 normal and 100 ventricular beats, so many of which are called each other."""
    wrong = round(100 * mistakes)
    confusion = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
    n, v = CLASSES.index("N"), CLASSES.index("V")
    confusion[n, n] = confusion[v, v] = 100 - wrong
    confusion[n, v] = confusion[v, n] = wrong
    return Patients(
        "sibling", SHA256, {view: [Comparison(name, confusion, 0.0, 0) for name in names] for view in VIEWS}
    )


def test_new_patients_are_compared_where_both_cards_have_them(rhythm, model):
    checkpoint = changed(rhythm, figures=out_of_fold(0.1))

    def found(ours, theirs):
        return check(
            model(checkpoint, own=Results(patients=ours)), model(checkpoint, own=Results(patients=theirs)), NO_BEATS
        )

    assert "new patients: F1 of V" in short(found(patients(0.2), patients(0.1)))
    assert not short(found(patients(0.1), patients(0.1)))
    assert not short(found(patients(0.1), patients(0.2)))
    assert short(found(patients(0.1), patients(0.1, NAMES[1:]))) == ["new patients"]
    assert not [one for one in found(None, patients(0.1)) if one.name.startswith("new patients")]


def test_the_table_says_what_falls_short():
    table = checks_table([Check("a", "1", "2", False), Check("b", "1", "1", True)])
    first, second = table.splitlines()[2:]
    assert "FALLS SHORT" in first and "passed" in second
