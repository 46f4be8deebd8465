import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import (
    Abstention,
    Classifier,
    InvalidCoverage,
    NeedsRecording,
    NoSolver,
    ODENetArchitecture,
    Plan,
    Solver,
    SolverSettings,
)
from models.plan import DEFAULT_STEP
from ode import InvalidSolver, UnknownMethod, methods

RELEASED = Solver(rtol=1e-2, atol=1e-2, first_step=1.0)


@pytest.fixture(scope="module")
def odenet(checkpoints):
    return Classifier.load(checkpoints["odenet"])


@pytest.fixture(scope="module")
def resnet(checkpoints):
    return Classifier.load(checkpoints["resnet"])


def test_where_nothing_is_asked_a_plan_is_as_the_model_was_released(odenet, resnet):
    assert Plan.of(odenet, "beats") == Plan(odenet, odenet.solver, 0.0)
    assert Plan.of(resnet, "recording") == Plan(resnet, None, 0.0)


def test_what_is_left_out_of_the_settings_is_as_released():
    assert SolverSettings(rtol=1e-4).applied_to(RELEASED) == Solver(rtol=1e-4, atol=1e-2, first_step=1.0)
    assert SolverSettings().applied_to(RELEASED) == RELEASED


def test_a_method_that_takes_its_steps_from_the_caller_gets_one():
    solver = SolverSettings("rk4").applied_to(RELEASED)
    assert (solver.step, solver.first_step) == (DEFAULT_STEP, None)
    assert SolverSettings("rk4", step=0.5).applied_to(RELEASED).step == 0.5


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (SolverSettings("rk5"), UnknownMethod, "rk5"),
        (SolverSettings("dopri5", step=0.1), InvalidSolver, "got a step, but dopri5 chooses its own steps"),
        (SolverSettings("rk4", rtol=0.1), InvalidSolver, "got a tolerance, but rk4 takes the steps it is given"),
        (SolverSettings("auto", atol=0.1), InvalidSolver, "got a tolerance or a step, but auto chooses them itself"),
    ],
)
def test_settings_that_a_method_does_not_take_are_refused(odenet, settings, error, message):
    with pytest.raises(error, match=message):
        Plan.of(odenet, "beats", settings)


@given(
    st.sampled_from([None, "auto", *(method.name for method in methods())]),
    *[st.none() | st.sampled_from([1e-3, 0.5])] * 3,
)
def test_what_is_not_refused_can_be_solved(beats, odenet, method, rtol, atol, step):
    try:
        plan = Plan.of(odenet, "beats", SolverSettings(method, rtol, atol, step, max_evaluations=60))
    except InvalidSolver:
        return
    assert len(plan.decide(beats[:1])) == 1


def test_a_model_without_a_solver_refuses_settings_of_one_before_any_work(resnet):
    for asked in (SolverSettings(max_evaluations=100), Solver()):
        with pytest.raises(NoSolver, match="resnet solves no equation; leave them out"):
            Plan.of(resnet, "beats", asked)


def test_a_model_of_recordings_takes_no_beats_by_themselves(rhythm_checkpoint):
    rhythm = Classifier.load(rhythm_checkpoint)
    with pytest.raises(NeedsRecording, match="rhythm_odenet takes them in the context of their recording"):
        Plan.of(rhythm, "beats")
    assert Plan.of(rhythm, "recording").in_context and Plan.of(rhythm, "live").in_context


def test_auto_is_refused_where_no_dial_was_fitted():
    untried = Classifier(ODENetArchitecture().build(5), Solver())
    with pytest.raises(InvalidSolver, match="no dial was fitted"):
        Plan.of(untried, "beats", SolverSettings("auto"))


def test_a_coverage_becomes_the_confidence_that_it_takes(resnet):
    table = Abstention(coverages=(0.5, 1.0), confidences=(0.8, 0.0))
    classifier = Classifier(resnet.network, None, abstention=table)
    assert Plan.of(classifier, "beats", coverage=0.75).least_confidence == pytest.approx(0.4)
    for refused, coverage in ((classifier, 0.3), (resnet, 0.9)):
        with pytest.raises(InvalidCoverage):
            Plan.of(refused, "beats", coverage=coverage)


def test_a_plan_decides_as_its_classifier_does(odenet, beats):
    solver = Solver("rk4", step=0.5)
    expected, decided = odenet.classify(beats, solver), Plan.of(odenet, "beats", solver).decide(beats)
    assert decided.probabilities.tobytes() == expected.probabilities.tobytes()
    assert Plan(odenet, solver, least_confidence=1.0).decide(beats).reasons == ["low_confidence"] * len(beats)
