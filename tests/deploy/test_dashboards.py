import json
import subprocess
from itertools import combinations

import pytest
import yaml

from app.metrics.metrics import Metrics
from tests.deploy.expressions import DASHBOARDS, DEPLOY, known_series, panels, rules, series_of, targets

DATA_SOURCE = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text())["datasources"][0]


@pytest.mark.parametrize("target", targets(), ids=lambda target: f"{target.panel}: {target.legend}")
def test_panels_read_series_that_there_are(target):
    assert series_of(target.query) and series_of(target.query) <= known_series()


def test_every_metric_of_the_service_is_drawn_or_stands_behind_what_is():
    read = set().union(*map(series_of, [target.query for target in targets()] + [rule["expr"] for rule in rules()]))
    own = [family for family in Metrics().registry.collect() if family.name.startswith("cardiode_")]
    assert own and not [family.name for family in own if not any(name.startswith(family.name) for name in read)]


def test_prometheus_can_parse_every_query(promtool, tmp_path):
    rules = [{"record": f"panel:{n}", "expr": target.query} for n, target in enumerate(targets())]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    checked = subprocess.run([promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_say_what_they_show_in_which_unit_from_where_it_comes(dashboard):
    assert panels(dashboard)
    for panel in panels(dashboard):
        assert panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert source == {"type": DATA_SOURCE["type"], "uid": DATA_SOURCE["uid"]}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_have_ids_and_places_of_their_own(dashboard):
    every = json.loads(dashboard.read_text())["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    for one, other in combinations([panel["gridPos"] for panel in every], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in every)
