"""Smoke: does the service work at all, with whatever versions of its packages are installed?

`python -m soak.smoke` starts it, and asks each kind of question once: beats of each model, a recording in each form,
what is wrong, metrics. It needs nothing beside what the service needs, and ends with 1 where an answer is wrong.
`make lowest` runs it with the lowest versions that pyproject.toml allows.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request

from ecg.synthetic import synthesize
from models.annotation.forms import FORMS
from soak.bars import Bars
from soak.service import Service, end_by_sigterm, served

SECONDS = 60


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    end_by_sigterm()
    bars = Bars()
    with served(CARDIODE_WORKERS="1") as service:
        made = synthesize(20, fs=250.0, leads=("MLII", "V1"), seed=1)
        beat = {"beats": [[0.5] * 187]}
        for model in ("odenet", "resnet"):
            status, body = ask(service, "/classify", beat | {"model": model})
            bars.check(status == 200 and len(json.loads(body)["beats"]) == 1, f"{model} classifies: {status}")
        status, _ = ask(service, "/classify", beat | {"solver": {"rtol": 0}})
        bars.check(status == 422, f"what is wrong is refused: {status}")
        signals = {lead: signal.tolist() for lead, signal in zip(made.leads, made.signals, strict=True)}
        for form in FORMS:
            status, body = ask(service, "/recordings", {"signals": signals, "fs": 250}, form.media_type)
            bars.check(status == 200 and len(body) > 0, f"a recording is answered as {form.name}: {status}")
        status, _ = ask(service, "/stream", {})
        bars.check(status in (404, 405), f"what is no WebSocket gets that answer: {status}")
        bars.check("cardiode_beats_total" in service.get("/metrics"), "metrics are there")
        bars.check("openapi" in service.get("/openapi.json"), "the description is there")
    sys.exit(bars.status)


def ask(service: Service, path: str, body: object, accept: str = "application/json") -> tuple[int, bytes]:
    """Status and body of an answer."""
    request = urllib.request.Request(  # noqa: S310 - it is our own
        f"{service.address}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": accept},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


if __name__ == "__main__":
    main()
