"""Writes the results of the released models into README.md and docs/results.md, the service's answer into docs/http.md,
the methods into docs/solver.md and the settings into docs/operating.md: `make readme`.
"""

import re
from pathlib import Path

from starlette.testclient import TestClient

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from models import Classifier, zoo
from ode import Method, methods
from training.commands.compare import comparison
from training.evaluation.evaluation import checkpoint_of
from training.evaluation.patients import AS_SERVED
from training.evaluation.results import Results
from training.reports.hospitals import questions_table
from training.reports.patients import MEASURES, percent, value, view_name
from training.table import table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results.md"
HTTP = ROOT / "docs" / "http.md"
NAMES = {
    "accuracy, five classes": "accuracy",
    "F1 of N": "F1 of N",
    "F1 of S": "F1 of S",
    "F1 of V": "F1 of V",
    "SVEB sensitivity": "supraventricular ectopic beats: sensitivity",
    "SVEB positive predictivity": "their positive predictivity",
    "VEB sensitivity": "ventricular ectopic beats: sensitivity",
    "VEB positive predictivity": "their positive predictivity",
}
"""Measures of new patients, and their names on the page of results."""
LEFT_OUT = ROOT / "docs" / "leave_one_out.md"
SOLVER = ROOT / "docs" / "solver.md"
OPERATING = ROOT / "docs" / "operating.md"


def answer() -> str:
    """The service's answer to the request of docs/http.md, verbatim."""
    settings = Settings()
    with TestClient(service.create(ServedModels.load(settings.model_names), settings)) as client:
        body = (ROOT / "docs" / "beat.json").read_bytes()
        return client.post("/classify", content=body, headers={"content-type": "application/json"}).text


def results() -> str:
    """The table of the released models."""
    return comparison([checkpoint_of(Classifier.load(name)) for name in ("resnet", "odenet")])


def new_patients() -> str:
    """The table of what each model, or its sibling, reaches on recordings of patients that it has not seen."""
    found = {name: Results.load(zoo.FOLDER / name).patients for name in ("rhythm", "odenet", "resnet")}
    scored = {name: patients for name, patients in found.items() if patients}
    rows = [
        [words, *(percent(value(patients, AS_SERVED, MEASURES[measure])) for patients in scored.values())]
        for measure, words in NAMES.items()
    ]
    return table([f"recordings of DS2, {view_name(AS_SERVED)}", *scored], rows)


def hospitals() -> str:
    """The table of what the model of whole recordings reaches: new hospitals first."""
    reached = Results.load(zoo.FOLDER / "rhythm")
    info = checkpoint_of(Classifier.load("rhythm")).info
    return questions_table(info, reached.hospitals, reached.patients)


def left_out() -> str:
    """What is reached where each patient is left out in turn, from the report of that run."""
    view = LEFT_OUT.read_text().split("\n## ")[1].split("class of three")[0]

    def percents(row: str) -> list[str]:
        (line,) = re.findall(rf"^\| {row} .*", view, re.MULTILINE)
        return re.findall(r"[0-9.]+%", line)

    accuracy = percents("accuracy")[0]
    n, s, v = (percents(label)[-1] for label in "NSV")
    return f"reaches {accuracy} and an F1 of {n} for N, {s} for S and {v} for V."


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


def settings_table() -> str:
    """The table of the settings."""
    fields = Settings.model_fields.items()
    rows = "".join(f"| `CARDIODE_{name.upper()}` | {field.default} | {field.description} |\n" for name, field in fields)
    return "| variable | default | meaning |\n|---|---|---|\n" + rows.rstrip()


def fill_methods(text: str) -> str:
    """The page on the solver with that table put in its place."""
    return _fill_marked(text, "methods", methods_table())


def fill_settings(text: str) -> str:
    """The operator's page with that table put in its place."""
    return _fill_marked(text, "settings", settings_table())


def _fill_marked(text: str, what: str, filling: str) -> str:
    """The text with a table put below the mark that asks for it, in place of the one that is there."""
    mark = f"<!-- {what}: `make readme` -->"
    return re.sub(rf"{mark}\n+(\|.*?\n\n)?", lambda _: f"{mark}\n\n{filling}\n\n", text, flags=re.DOTALL)


def fill_answer(text: str) -> str:
    """The page on HTTP with the service's answer in place of the one it has."""
    return re.sub(
        r"(```json\n).*?(\n```)", lambda found: found[1] + answer() + found[2], text, count=1, flags=re.DOTALL
    )


def fill_results(text: str) -> str:
    """A page with the tables of results in place of those it has."""
    flags = re.DOTALL | re.MULTILINE
    text = re.sub(r"^\| the question.*?(?=\n\n)", lambda _: hospitals(), text, count=1, flags=flags)
    text = re.sub(r"^\| recordings of DS2.*?(?=\n\n)", lambda _: new_patients(), text, count=1, flags=flags)
    text = re.sub(r"reaches [0-9.]+% and an F1 of .*", lambda _: left_out(), text, count=1)
    return re.sub(r"^\| +\| *resnet.*?(?=\n\n)", lambda _: results(), text, count=1, flags=flags)


FILLED = {
    README: fill_results,
    RESULTS: fill_results,
    HTTP: fill_answer,
    SOLVER: fill_methods,
    OPERATING: fill_settings,
}
"""Each page that is filled in, and by what."""

if __name__ == "__main__":
    for page, fill in FILLED.items():
        page.write_text(fill(page.read_text()))
