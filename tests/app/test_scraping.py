"""A real Prometheus reads what the service tells."""

import re
import subprocess
import time

import httpx2 as httpx
import pytest
import yaml

from ecg.synthetic import synthesize
from tests.app.conftest import started
from tests.deploy.expressions import DEPLOY, RULES, recorded, rules, targets

OFTEN = "100ms"


def test_promtool_finds_nothing_to_say_of_the_metrics(client, beats, promtool):
    client.post("/classify", json={"beats": beats.tolist()})
    client.post("/recordings", files=[("files", ("demo.csv", client.get("/demo").content))])
    client.get("/nothing")
    checked = subprocess.run([promtool, "check", "metrics"], input=client.get("/metrics").content, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def eventually(look, what):
    """What `look` finds, once it finds something: when that is, another process decides."""
    for _ in range(600):
        if found := look():
            return found
        time.sleep(0.05)
    pytest.fail(f"never found: {what}")


@pytest.fixture
def serving(checkpoints):
    """A process whose resnet decides in the shadow of its odenet."""
    with started(checkpoints.values(), CARDIODE_SHADOW="odenet=resnet:1") as (process, (address,)):
        yield process, address


@pytest.fixture
def ask(serving, tmp_path, prometheus_program):
    """Asks a Prometheus that scrapes the service, as it is deployed but ten times a second."""
    configuration = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": OFTEN, "evaluation_interval": OFTEN}
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [serving[1].removeprefix("http://")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    groups = [{"name": group["name"], "rules": group["rules"]} for group in yaml.safe_load(RULES.read_text())["groups"]]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
    options = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [prometheus_program, *options, "--web.listen-address=127.0.0.1:0"], stdout=output, stderr=output
        )
    try:
        found = eventually(lambda: re.search(r'"Listening on" address=([0-9.:]+)', log.read_text()), "an address")

        with httpx.Client(base_url=f"http://{found[1]}/api/v1/") as client:
            yield lambda path, **parameters: client.get(path, params=parameters).json().get("data")
    finally:
        process.kill()
        process.wait()


@pytest.mark.soak
def test_a_prometheus_scrapes_the_service_and_works_out_what_rules_and_dashboards_show(serving, ask, beats):
    signal = synthesize(60, seed=3)
    signal.signals[0, 10_000:11_000] = 0.0  # a beat that is abstained on
    recording = {"signals": {"II": signal.signals[0].tolist()}, "fs": signal.fs}
    with httpx.Client(base_url=serving[1]) as client:

        def shown(query):
            """What it finds once the service has been used, for changes are what most queries look at."""

            def look():
                client.post("/classify", json={"beats": beats[:4].tolist()})
                return (ask("query", query=query) or {}).get("result")

            return eventually(look, query)

        client.post("/classify", json={"beats": [[2.0] * 187]})
        client.post("/classify", json={"beats": beats[:2].tolist(), "solver": {"max_evaluations": 1}})
        assert client.post("/recordings", json=recording, timeout=60).status_code == 200
        assert client.post("/models/reload", timeout=60).status_code == 200
        (up,) = shown("up")
        assert (up["metric"]["job"], up["value"][1]) == ("cardiode", "1")
        for series in recorded():
            shown(series)
        for target in targets():
            labels = re.findall(r"{{(\w+)}}", target.legend)
            assert set(labels) <= set(shown(target.query)[0]["metric"]), target
    states = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
    assert len(states) == len(rules())
    assert {rule["health"] for rule in states} == {"ok"}
