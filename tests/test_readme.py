"""What the README and the cards say is what really happens."""

import json
import re
import shlex
from pathlib import Path

import httpx2 as httpx
import pytest
import wfdb
from starlette.testclient import TestClient

from app import service
from app.__main__ import main
from app.recordings.live import StreamRequest
from app.recordings.schemas import SignalsRequest
from app.registry.models import ServedModels
from app.settings import Settings
from cardiode import command
from docs import readme
from models import Classifier, zoo
from tests.app.conftest import started
from training import __main__ as training_command
from training.data.dataset import load_or_build
from training.evaluation.evaluation import evaluate, recipe_of, split_of
from training.evaluation.results import Results
from training.release.run import run_of

HOST = "http://127.0.0.1:8000"
ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_WORDS = 800


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readme_is_short_and_lists_every_page():
    assert len(README.split()) <= MOST_WORDS
    for file in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{file.name})" in README, f"{file.name} is missing from the index of README.md"


def without_rounding(value):
    """The same JSON, with numbers that another processor may round otherwise made comparable."""
    if isinstance(value, dict):
        return {key: without_rounding(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_rounding(inner) for inner in value]
    return pytest.approx(value, abs=1e-3) if isinstance(value, float) else value


def test_the_curl_of_the_readme_answers_as_the_page_on_http_prints():
    (line,) = [block for block in blocks("sh") if "/classify" in block]
    assert line in blocks("sh", page("http"))
    words = shlex.split(line)
    assert words[2] == "http://127.0.0.1:8000/classify" and words[words.index("-d") + 1] == "@docs/beat.json"
    assert json.loads(readme.answer()) == without_rounding(json.loads(blocks("json", page("http"))[0]))


def test_the_recording_of_the_readme_is_answered_by_its_curl_and_by_its_command(mitdb, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").symlink_to(mitdb.resolve())
    monkeypatch.chdir(tmp_path)
    (line,) = [block for block in blocks("sh") if "/recordings" in block]
    words = shlex.split(line)
    name, value = words[words.index("-H") + 1].split(": ")
    files = [word.removeprefix("files=@") for word in words if word.startswith("files=@")]
    parts = [("files", (Path(file).name, Path(file).read_bytes())) for file in files]
    with TestClient(service.create(ServedModels.load(["resnet"]), Settings())) as client:
        rows = client.post("/recordings", files=parts, headers={name: value}).text.splitlines()
    (line,) = [block for block in blocks("sh") if "cardiode annotate" in block]
    monkeypatch.setenv("CARDIODE_MODELS", "resnet")
    assert main(shlex.split(line)[1:]) == 0
    assert f"{len(rows) - 1:,}" in capsys.readouterr().out
    assert len(wfdb.rdann("results/100", "cde").sample) == len(rows) - 1
    (line,) = [
        block for block in blocks("sh", page("scoring")) if block.endswith("cardiode score data/mitdb results\n")
    ]
    assert training_command.main(shlex.split(line)[1:]) == 0
    assert "Summary of results from 1 record" in capsys.readouterr().out


def test_the_example_of_the_page_on_scoring_runs(mitdb, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").symlink_to(mitdb.resolve())
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python", page("scoring"))
    exec(example, {})
    assert capsys.readouterr().out == "Ratio(part=1, whole=1) 1.0\n"


def test_the_json_of_the_page_on_recordings_is_taken():
    recording, stream = blocks("json", page("recordings"))
    SignalsRequest.model_validate_json(recording)
    StreamRequest.model_validate_json(stream)


def test_the_examples_of_the_page_on_inference_are_answered_as_printed(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (line,), (printed,), (example,) = (blocks(language, page("inference")) for language in ("sh", "json", "python"))
    with started(["odenet"]) as (_, (address,)):
        words = shlex.split(line.replace(HOST, address))
        name, value = words[words.index("-H") + 1].split(": ")
        content = Path(words[words.index("-d") + 1].removeprefix("@")).read_bytes()
        answer = httpx.post(words[2], content=content, headers={name: value})
        exec(example.replace(HOST.removeprefix("http://"), address.removeprefix("http://")), {})
    assert answer.json() == without_rounding(json.loads(printed))
    assert capsys.readouterr().out.startswith("[b'N'] [[9.9")


def test_the_python_of_the_readme_that_needs_no_service_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (example,) = [block for block in blocks("python") if "import Classifier" in block]
    assert example in blocks("python", page("python"))
    exec(example, {})
    assert "dopri5" in capsys.readouterr().out


def test_the_commands_of_the_readme_exist():
    commands = " ".join(blocks("sh"))
    for target in re.findall(r"make (\w+)", commands):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    asked = re.findall(r"bin/cardiode ([\w-]+)", commands)
    assert asked and set(asked) <= {*command.ONLINE, *command.OFFLINE}


def test_the_results_are_those_of_the_released_files():
    assert readme.fill_results(README) == README and readme.hospitals() in README
    shown = readme.RESULTS.read_text()
    assert shown == readme.fill_results(shown)
    for part in (readme.hospitals, readme.new_patients, readme.left_out, readme.results):
        assert part() in shown


def test_the_page_on_the_solver_lists_the_methods_that_there_are_and_its_example_runs(capsys):
    solver = readme.SOLVER.read_text()
    assert solver == readme.fill_methods(solver) and readme.methods_table() in solver
    (example,) = blocks("python", solver)
    exec(example, {})
    assert "0.3679" in capsys.readouterr().out


BEAT_MODELS = [name for name in zoo.names() if name != "rhythm"]


@pytest.mark.parametrize("name", BEAT_MODELS)
def test_a_card_is_that_of_its_file(name):
    checkpoint = Classifier.load(name).checkpoint
    card = (zoo.FOLDER / name / "card.md").read_text()
    both = Results.load(zoo.FOLDER / name)
    assert card == run_of(recipe_of(checkpoint.info)).card(checkpoint, both)
    assert both.beats.score.accuracy == checkpoint.info.figures["test_accuracy"]
    assert both.beats.score.macro_f1 == checkpoint.info.figures["test_macro_f1"]
    for figure in re.findall(r"\((\w+\.png)\)", card):
        assert (zoo.FOLDER / name / figure).exists()


def test_the_card_of_the_recordings_model_is_that_of_its_file():
    checkpoint = Classifier.load("rhythm").checkpoint
    card = (zoo.FOLDER / "rhythm" / "card.md").read_text()
    both = Results.load(zoo.FOLDER / "rhythm")
    assert card == run_of(recipe_of(checkpoint.info)).card(checkpoint, both)
    for figure in re.findall(r"\((\w+\.png)\)", card):
        assert (zoo.FOLDER / "rhythm" / figure).exists()


def test_the_zoo_has_all_networks():
    assert {"odenet", "resnet", "rhythm"} <= set(zoo.names())


@pytest.mark.soak
@pytest.mark.parametrize("name", BEAT_MODELS)
def test_the_released_files_reach_what_their_cards_say(name, mitdb, tmp_path_factory):
    classifier = Classifier.load(name)
    test = split_of(classifier.checkpoint.info, load_or_build(tmp_path_factory.getbasetemp() / "beats.npz", mitdb)).test
    reached = evaluate(classifier, test, sweep=False).score
    claimed = Results.load(zoo.FOLDER / name).beats.score
    assert reached.accuracy == pytest.approx(claimed.accuracy, abs=3e-4)  # other processors round otherwise
    assert reached.macro_f1 == pytest.approx(claimed.macro_f1, abs=3e-3)
