"""Writes what the released models really answer and reach into the README, and the methods into docs/solver.md:
`make readme`.
"""

import re
from pathlib import Path

from starlette.testclient import TestClient

from app import service
from app.served import ServedModels
from app.settings import Settings
from models import Classifier
from ode import Method, methods
from training.label_scores import score_of
from training.report import compare_table, score_table
from training.table import table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SOLVER = ROOT / "docs" / "solver.md"


def answer() -> str:
    """What the service answers to the README's request, as it comes."""
    settings = Settings()
    with TestClient(service.create(ServedModels.load(settings.model_names), settings)) as client:
        body = (ROOT / "docs" / "beat.json").read_bytes()
        return client.post("/classify", content=body, headers={"content-type": "application/json"}).text


def results() -> str:
    """The table of the released models."""
    loaded = [Classifier.load(name).checkpoint for name in ("resnet", "odenet")]
    return compare_table([checkpoint.info for checkpoint in loaded if checkpoint])


def patients_left_out() -> str:
    """The table of the model of whole recordings, on patients that its networks had not seen."""
    checkpoint = Classifier.load("rhythm").checkpoint
    if checkpoint is None:
        raise FileNotFoundError("the zoo has no model of the name rhythm")
    return score_table(score_of(checkpoint.info.figures["out_of_fold"]))


def methods_table() -> str:
    """The table of the methods."""
    rows = [
        [f"`{method.name}`", method.kind, str(method.order), _cost(method), "yes" if method.dense else "no"]
        for method in methods()
    ]
    return table(["method", "kind", "order", "evaluations a step", "dense output"], rows)


def _cost(method: Method) -> str:
    endings = {"implicit": " and those of its equation", "multistep": " at first, then 1"}
    return f"{method.stages}{endings.get(method.kind, '')}"


def fill_methods(text: str) -> str:
    """The page on the solver with that table put in its place."""
    mark = "<!-- methods: `make readme` -->"
    return re.sub(rf"{mark}\n+(\|.*?\n\n)?", lambda _: f"{mark}\n\n{methods_table()}\n\n", text, flags=re.DOTALL)


def fill(text: str) -> str:
    """The README with answer and table put in place of those that it has."""
    text = re.sub(
        r"(```json\n).*?(\n```)", lambda found: found[1] + answer() + found[2], text, count=1, flags=re.DOTALL
    )
    flags = re.DOTALL | re.MULTILINE
    text = re.sub(r"^\| class +\|.*?(?=\n\n)", lambda _: patients_left_out(), text, count=1, flags=flags)
    return re.sub(r"^\| +\| *resnet.*?(?=\n\n)", lambda _: results(), text, count=1, flags=flags)


if __name__ == "__main__":
    README.write_text(fill(README.read_text()))
    SOLVER.write_text(fill_methods(SOLVER.read_text()))
