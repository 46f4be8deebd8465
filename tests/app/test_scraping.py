"""A real Prometheus reads what the service tells."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx2 as httpx
import pytest
import yaml

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "prometheus.yml"


def installed(name):
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name}: install Debian's package prometheus")
    return found


def test_promtool_finds_nothing_to_say_of_the_metrics(client, beats):
    promtool = installed("promtool")
    client.post("/classify", json={"beats": beats.tolist(), "coverage": 0.9})
    client.post("/recordings", files=[("files", ("demo.csv", client.get("/demo").content))])
    client.get("/nothing")
    checked = subprocess.run([promtool, "check", "metrics"], input=client.get("/metrics").content, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@pytest.fixture
def prometheus(serving, tmp_path):
    """The address of a Prometheus that scrapes the service ten times a second, otherwise as it is deployed."""
    binary = installed("prometheus")
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    configuration["global"] = {"scrape_interval": "100ms"}
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [serving[1].removeprefix("http://")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    log = tmp_path / "log"
    options = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [binary, *options, "--web.listen-address=127.0.0.1:0"], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        listening = eventually(lambda: re.search(r'"Listening on" address=([0-9.:]+)', log.read_text()), process)
        yield f"http://{listening[1]}"
    finally:
        process.kill()
        process.wait()


def eventually(look, process=None):
    """What `look` finds, once it finds something: another process decides when."""
    for _ in range(1200):
        if found := look():
            return found
        assert process is None or process.poll() is None, "Prometheus ended"
        time.sleep(0.05)
    pytest.fail("nothing came of it")


def test_a_prometheus_scrapes_the_running_service(serving, prometheus, beats):
    def ask(query):
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}).json()
        return answer.get("data", {}).get("result")

    answer = httpx.post(f"{serving[1]}/classify", json={"beats": beats.tolist()})
    assert answer.status_code == 200
    (counted,) = eventually(lambda: ask("sum(cardiode_beats_total)"))
    assert counted["value"][1] == str(len(beats))
    (up,) = ask("up")
    assert (up["metric"]["job"], up["value"][1]) == ("cardiode", "1")
    (length,) = ask("histogram_quantile(0.5, cardiode_beat_length_seconds_bucket)")
    assert 0.3 < float(length["value"][1]) < 1.5
