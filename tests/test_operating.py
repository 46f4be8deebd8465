"""What the operator's page says is all there is."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app import service
from app.registry.models import ServedModels
from app.settings import Settings
from app.tracing import tracing
from docs import readme
from ecg.synthetic import synthesize
from tests.app.collector import collecting
from tests.deploy.expressions import alarms

PAGE = readme.OPERATING.read_text()
METRICS = re.findall(r"^\| `(cardiode_\w+)` \| (\w+) \| ([\w, ]*?) ?\| ", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def families(checkpoints, beats):
    """The metrics of a service that has been used, but for those of the process and the times of their beginning."""
    names = [str(file) for file in checkpoints.values()]
    settings = Settings(models=",".join(names), shadow="odenet=resnet:1")
    signal = synthesize(30, seed=1)
    signal.signals[0, 5000:6000] = 0.0  # a beat that is abstained on
    app = service.create(ServedModels.load(names), settings)
    with TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        assert client.post("/models/reload").status_code == 200
        client.post("/classify", json={"beats": beats.tolist()})
        client.post("/recordings", json={"signals": {"II": signal.signals[0].tolist()}, "fs": signal.fs})
        text = client.get("/metrics").text
    named = [family for family in text_string_to_metric_families(text) if family.name.startswith("cardiode_")]
    return [family for family in named if not family.name.endswith("_created")]


def test_every_setting_is_told_with_its_default_and_meaning():
    assert readme.fill_settings(PAGE) == PAGE and readme.settings_table() in PAGE
    for name, field in Settings.model_fields.items():
        assert f"| `CARDIODE_{name.upper()}` | {field.default} | {field.description} |" in PAGE
        assert field.description


def test_every_metric_is_told_with_its_kind_and_no_other_is(families):
    counted = {"counter": "_total"}
    there = {(family.name + counted.get(family.type, ""), family.type) for family in families}
    assert {(name, kind) for name, kind, _ in METRICS} == there


def test_the_labels_of_metrics_are_told(families):
    told = {name: set(labels.split(", ")) - {""} for name, _, labels in METRICS}
    looked_at = 0
    for family in families:
        for sample in family.samples[:1]:
            name = family.name + ("_total" if family.type == "counter" else "")
            assert set(sample.labels) - {"le"} == told[name], name
            looked_at += 1
    assert looked_at >= len(told) - 2  # nothing may have been abstained on, and no shadow have failed


def test_every_alarm_is_told_with_what_to_do_and_no_other_is():
    rows = re.findall(r"^\| `(Cardiode\w+)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert [name for name, _, _ in rows] == alarms()


def test_the_limits_name_settings_that_there_are():
    named = set(re.findall(r"`CARDIODE_(\w+?)`", PAGE))
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_span_and_what_it_has_is_told_and_no_other_is(checkpoints, beats, monkeypatch):
    names = [str(file) for file in checkpoints.values()]
    settings = Settings(models=",".join(names), shadow="odenet=resnet:1")
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        app = service.create(ServedModels.load(names), settings, tracing=tracing.from_environment())
        with TestClient(app) as client:
            assert client.post("/classify", json={"beats": beats.tolist()}).status_code == 200
        own = [span for span in collector.spans if not span.server]
    section = PAGE[PAGE.index("## Traces") : PAGE.index("## Upgrade")]
    assert set(re.findall(r"^\| `([a-z]+)`", section, re.MULTILINE)) == {span.name for span in own}
    attributes = {name for span in own for name in span.attributes}
    assert set(re.findall(r"`(cardiode\.\w+)`", section)) == attributes
