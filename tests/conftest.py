"""What many tests stand on: checkpoints with fresh weights, synthetic beats, and the recordings where they are."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from ecg import LABELS, BeatsInContext, Label, Stretch, cut_annotated_beats
from ecg.synthetic import synthesize
from models import (
    Architecture,
    Auto,
    Checkpoint,
    CheckpointInfo,
    Classifier,
    Dial,
    ODENetArchitecture,
    ResNetArchitecture,
    Solver,
    Validated,
)
from models.checkpoint import file as checkpoint_file
from models.checkpoint.preprocessing import preprocessing_of
from models.networks.architecture import RhythmODENetArchitecture
from models.process import use_one_core
from tests import UNCHECKED
from training.data.databases import data_folder, missing_recordings

# How fast inputs are made says more of what else the machine does than of the test.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# What tests solve is small: threads would wait for each other longer than they work, in processes that they start too.
use_one_core()
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_runtest_setup() -> None:
    """In each test, and in what is made for it, the first calls of a function have types and shapes checked."""
    UNCHECKED.begin()


@pytest.fixture(scope="session")
def beats() -> np.ndarray:
    """Forty synthetic beats of all classes, `[40, 187]`."""
    shares: dict[Label, float] = {"S": 0.15, "V": 0.15, "F": 0.1, "Q": 0.1}
    return cut_annotated_beats(synthesize(120, ectopic=shares, seed=7)).values[:40]


@pytest.fixture(scope="session")
def beats_in_context() -> BeatsInContext:
    """Forty synthetic beats of three classes in the context of their recording."""
    made = synthesize(120, ectopic={"S": 0.15, "V": 0.15}, leads=("MLII", "V1"), seed=7)
    peaks = made.beat_annotations().samples
    return Stretch.cut(made, (0, 1), peaks, np.arange(len(peaks)) == 0).in_context().select(np.arange(40))


@pytest.fixture(scope="session")
def mitdb() -> Path:
    """The folder that holds mitdb/; the test is skipped where the recordings are not there."""
    data = data_folder()
    if missing_recordings(data):
        pytest.skip(f"no recordings in {data}/mitdb: get them with `cardiode data`, or set CARDIODE_DATA")
    return data


DIAL = Dial(
    validated=(Validated(method="dopri5", tolerances=(1e-6, 1e-2)),),
    auto=Auto(
        cheap=Solver("heun_euler", rtol=1.0, atol=1.0, first_step=1.0), tight=Solver(rtol=1e-4, atol=1e-4), doubt=30.0
    ),
)


def make_checkpoint(
    name: str, architecture: Architecture, reference: np.ndarray | BeatsInContext, *, version: str = "0", seed: int = 0
) -> Checkpoint:
    """A checkpoint of a network with fresh weights, whose reference answers are its own."""
    torch.manual_seed(seed)
    network = architecture.build(len(LABELS))
    answers = Classifier(network, architecture.solver).classify(reference)
    return Checkpoint(
        info=CheckpointInfo(
            name=name,
            model_version=version,
            architecture=architecture,
            preprocessing=preprocessing_of(architecture),
            dial=DIAL if architecture.solver else None,
        ),
        weights=network.state_dict(),
        reference_beats=torch.from_numpy(reference.values if isinstance(reference, BeatsInContext) else reference),
        reference_probabilities=torch.from_numpy(answers.probabilities),
    )


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory, beats: np.ndarray) -> dict[str, Path]:
    """Files of an `odenet` and a `resnet` with fresh weights; the odenet's dial is made up."""
    folder = tmp_path_factory.mktemp("checkpoints")
    files = {}
    for name, architecture in (("odenet", ODENetArchitecture()), ("resnet", ResNetArchitecture())):
        files[name] = folder / f"{name}.safetensors"
        checkpoint_file.save(make_checkpoint(name, architecture, beats[:3]), files[name])
    return files


@pytest.fixture(scope="session")
def rhythm_checkpoint(tmp_path_factory: pytest.TempPathFactory, beats_in_context: BeatsInContext) -> Path:
    """The file of a `rhythm_odenet` with fresh weights, which takes beats in the context of their recording."""
    file = tmp_path_factory.mktemp("rhythm") / "rhythm_odenet.safetensors"
    reference = beats_in_context.select(np.arange(3))
    checkpoint_file.save(make_checkpoint("rhythm_odenet", RhythmODENetArchitecture(), reference), file)
    return file


def installed(name: str) -> str:
    """The path of a program that Debian's package prometheus brings; the test is skipped where it is not there."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name}: install Debian's package prometheus, or that of prometheus.io")
    return found


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of Prometheus' tool that checks metrics, rules and configurations."""
    return installed("promtool")


@pytest.fixture(scope="session")
def prometheus_program() -> str:
    """The path of Prometheus."""
    return installed("prometheus")
