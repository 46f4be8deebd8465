"""The wheel in an environment that has nothing but what it asks for."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from benchmarks.services.setup import free_port
from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.soak


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory):
    """That of a virtual environment with the wheel and what it needs."""
    place = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(ROOT))
    run(sys.executable, "-m", "venv", str(place / "env"))
    (wheel,) = place.glob("cardiode-*.whl")
    own = (str(place / "env" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    run(*own, "install", "--quiet", "--no-compile", "--constraint", str(ROOT / "constraints.txt"), str(wheel))
    return place / "env" / "bin"


def test_it_annotates_a_recording(bin_folder, tmp_path):
    write_wfdb(synthesize(60, fs=250.0, ectopic={"V": 0.2}, seed=3), tmp_path, "night")
    printed = run(str(bin_folder / "cardiode"), "annotate", "night.hea", cwd=tmp_path).stdout
    assert "night.csv" in printed and len((tmp_path / "night.csv").read_text().splitlines()) > 40


def test_it_serves_and_training_names_its_extra(bin_folder, tmp_path):
    port = free_port()
    environment = {**os.environ, "CARDIODE_PORT": str(port)}
    with subprocess.Popen([str(bin_folder / "cardiode"), "serve"], cwd=tmp_path, env=environment) as service:
        try:
            assert _ready(f"http://127.0.0.1:{port}/health/ready")
        finally:
            service.terminate()
    asked = subprocess.run(
        [str(bin_folder / "cardiode"), "train", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 2 and "pip install 'cardiode[training]'" in asked.stderr


def test_it_brings_its_licence_and_whom_its_models_learnt_from(bin_folder):
    (folder,) = bin_folder.parent.glob("lib/*/site-packages/cardiode-*.dist-info")
    assert (folder / "licenses" / "LICENSE").read_text().startswith("MIT License")
    assert "Arrhythmia Database" in (folder / "licenses" / "NOTICE").read_text()


def test_what_serving_needs_takes_at_most_1300_megabytes_of_disk(bin_folder):
    folder = bin_folder.parent
    if not list(folder.glob("lib/*/site-packages/torch-*+cpu.dist-info")):
        pytest.skip("PyTorch with CUDA is several times as large")
    assert sum(file.lstat().st_blocks * 512 for file in folder.rglob("*")) <= 1300e6


def _ready(address):
    for _ in range(120):
        try:
            with urlopen(address, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.5)
    return False
