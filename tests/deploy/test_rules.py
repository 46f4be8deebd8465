import subprocess

import pytest
import yaml

from tests.deploy.expressions import DEPLOY, RULES, alarms, known_series, recorded, rules, series_of, targets

TESTED = DEPLOY / "rules_test.yml"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def test_promtool_accepts_the_rules(promtool):
    checked = run(promtool, "check", "rules", RULES)
    assert checked.returncode == 0, checked.stderr


def test_promtool_accepts_the_configuration_that_names_them(promtool):
    checked = run(promtool, "check", "config", DEPLOY / "prometheus.yml")
    assert checked.returncode == 0 and "1 rule files found" in checked.stdout, checked.stdout + checked.stderr


def test_each_alarm_sounds_when_it_should_and_not_before(promtool):
    tested = run(promtool, "test", "rules", TESTED)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("alarm", alarms())
def test_each_alarm_is_tried_both_ways(alarm):
    tries = [
        bool(tried.get("exp_alerts"))
        for test in yaml.safe_load(TESTED.read_text())["tests"]
        for tried in test["alert_rule_test"]
        if tried["alertname"] == alarm
    ]
    assert True in tries and False in tries


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_read_series_that_there_are(rule):
    assert series_of(rule["expr"]) and series_of(rule["expr"]) <= known_series()


def test_series_are_found_in_what_is_asked():
    query = (
        'sum by (job, le) (rate(a_bucket{b=~"c{2}", d="e"}[5m])) / on (f) group_left g:h:i > 0.5e3 and absent(j) or k'
    )
    assert series_of(query) == {"a_bucket", "g:h:i", "j", "k"}


def test_what_is_recorded_is_used():
    used = set().union(*(series_of(rule["expr"]) for rule in rules()))
    used |= set().union(*(series_of(target.query) for target in targets()))
    assert set(recorded()) <= used
